namespace Stint.Core.Scheduling.Placing;

/// <summary>Nodes that lie side by side in the partition's list: the shortest run of neighbours in which it fits, and of those the first.</summary>
internal static class ContiguousChoice
{
    public static bool Make(NodeSearch search)
    {
        var named = search.Chosen[..search.RequiredCount].ToArray();
        var all = new Candidate[search.Others.Length + named.Length];
        search.Others.CopyTo(all);
        named.CopyTo(all, search.Others.Length);
        Array.Sort(all, static (a, b) => a.Index.CompareTo(b.Index));
        Candidate[]? best = null;
        for (var first = 0; first < all.Length;)
        {
            var end = first + 1;
            while (end < all.Length && all[end].Index == all[end - 1].Index + 1) end++;
            var run = all.AsSpan(first, end - first);
            if ((best is null || run.Length < best.Length) && Within(search, run, named) is { } found) best = found;
            first = end;
        }
        return best is not null && Take(search, best);
    }

    /// <summary>The first window of the run that is enough and has the named nodes.</summary>
    private static Candidate[]? Within(NodeSearch search, ReadOnlySpan<Candidate> run, Candidate[] named)
    {
        var most = Math.Min(NodeChoice.NodesMost(search.Request), run.Length);
        for (var length = Math.Min(NodeChoice.Target(search.Request), most); length <= most; length++)
            if (Window(search, run, named, length) is { } found) return found;
        for (var length = Math.Min(NodeChoice.Target(search.Request), most) - 1; length >= search.Request.NodesMin; length--)
            if (Window(search, run, named, length) is { } found) return found;
        return null;
    }

    private static Candidate[]? Window(NodeSearch search, ReadOnlySpan<Candidate> run, Candidate[] named, int length)
    {
        for (var at = 0; at + length <= run.Length; at++)
        {
            var window = run.Slice(at, length);
            if (named.Length > 0 && (named.Min(static c => c.Index) < window[0].Index || named.Max(static c => c.Index) > window[^1].Index)) continue;
            if (Take(search, window)) return window.ToArray();
        }
        return null;
    }

    private static bool Take(NodeSearch search, ReadOnlySpan<Candidate> window)
    {
        search.Clear();
        foreach (ref readonly var candidate in window) search.Add(candidate);
        return NodeChoice.IsEnough(search);
    }
}
