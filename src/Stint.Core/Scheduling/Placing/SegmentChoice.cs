namespace Stint.Core.Scheduling.Placing;

/// <summary>
/// Nodes in groups of <c>--segment</c>, each group within one block of the topology. Blocks that are just large enough come first, so that
/// large ones stay whole.
/// </summary>
internal static class SegmentChoice
{
    public static bool Make(NodeSearch search)
    {
        var segment = search.Request.Segment;
        search.Restart();
        var named = search.Chosen.ToArray();
        var groups = new Dictionary<int, List<Candidate>>();
        foreach (ref readonly var candidate in search.Others) Enlist(groups, search, candidate);
        var wanted = Math.Max(search.Request.NodesMin, NodeChoice.Target(search.Request));
        for (var nodes = wanted - wanted % segment; nodes >= search.Request.NodesMin; nodes -= segment)
            if (Take(search, groups, named, nodes, segment)) return true;
        return false;
    }

    private static void Enlist(Dictionary<int, List<Candidate>> groups, NodeSearch search, in Candidate candidate)
    {
        var part = search.NodeAt(candidate).TopologyPart;
        if (part < 0) return;
        if (!groups.TryGetValue(part, out var group)) groups.Add(part, group = []);
        group.Add(candidate);
    }

    private static bool Take(NodeSearch search, Dictionary<int, List<Candidate>> groups, Candidate[] named, int nodes, int segment)
    {
        search.Clear();
        var left = nodes;
        var used = new HashSet<int>();
        // Blocks of named nodes first: each named node is in a segment with others of its block.
        foreach (var ofBlock in named.GroupBy(candidate => search.NodeAt(candidate).TopologyPart))
        {
            if (ofBlock.Key < 0) return false;
            var members = ofBlock.Concat(groups.GetValueOrDefault(ofBlock.Key, [])).ToList();
            var size = (ofBlock.Count() + segment - 1) / segment * segment;
            if (members.Count < size || size > left) return false;
            foreach (var candidate in members.Take(size)) search.Add(candidate);
            left -= size;
            used.Add(ofBlock.Key);
        }
        var free = groups.Where(entry => !used.Contains(entry.Key)).Select(static entry => entry.Value).ToList();
        while (left > 0)
        {
            free.RemoveAll(group => group.Count < segment);
            if (free.Count == 0) return false;
            // The smallest that takes all that is left, else the largest.
            var best = free.Where(group => group.Count - group.Count % segment >= left).MinBy(static group => group.Count) ?? free.MaxBy(static group => group.Count)!;
            var size = Math.Min(left, best.Count - best.Count % segment);
            foreach (var candidate in best.Take(size)) search.Add(candidate);
            free.Remove(best);
            left -= size;
        }
        return NodeChoice.IsEnough(search);
    }
}
