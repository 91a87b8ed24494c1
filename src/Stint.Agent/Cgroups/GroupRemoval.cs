using System.Diagnostics;
using Stint.Agent.Kernel;

namespace Stint.Agent.Cgroups;

/// <summary>
/// Removes a group in every hierarchy, with what runs in it and what is below it. A group counts as empty when rmdir succeeds: the kernel knows,
/// while a pid can stay visible as a zombie of a process that nobody has waited for.
/// </summary>
internal sealed class GroupRemoval(CgroupLayout layout, IGroupFiles files, ICgroupVersion version, ProcessList processes)
{
    /// <summary>Returns when nothing of the group is left; throws <see cref="CgroupException"/> with the pids that would not die.</summary>
    public void Remove(string group, TimeSpan deadline)
    {
        var started = Stopwatch.GetTimestamp();
        for (var round = 0; ; round++)
        {
            var errno = TryRemove(group);
            if (errno == 0) return;
            var subtree = Subtree(group);
            if (processes.Of(subtree).Count > 0) version.Kill(subtree);
            else if (subtree.Count > 1 && RemoveBelow(subtree)) continue;
            if (Stopwatch.GetElapsedTime(started) > deadline) throw TooLate(group, subtree, errno, deadline);
            Wait(round);
        }
    }

    /// <summary>One rmdir for each hierarchy; 0 or the last errno other than "is not there".</summary>
    public int TryRemove(string group)
    {
        var last = 0;
        foreach (var hierarchy in layout.Hierarchies)
        {
            var errno = files.RemoveGroup($"{hierarchy.Mount}/{group}");
            if (errno is not (0 or Errno.NoEntry)) last = errno;
        }
        return last;
    }

    /// <summary>The group and everything below it, parents first, over all hierarchies.</summary>
    public IReadOnlyList<string> Subtree(string group)
    {
        var found = new List<string> { group };
        for (var at = 0; at < found.Count; at++)
        {
            foreach (var child in Children(found[at])) found.Add($"{found[at]}/{child}");
        }
        return found;
    }

    /// <summary>Names of the groups below, over all hierarchies.</summary>
    public IReadOnlyCollection<string> Children(string group)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var hierarchy in layout.Hierarchies) names.UnionWith(files.Children($"{hierarchy.Mount}/{group}"));
        return names;
    }

    private bool RemoveBelow(IReadOnlyList<string> subtree)
    {
        var all = true;
        for (var at = subtree.Count - 1; at > 0; at--) all &= TryRemove(subtree[at]) == 0;
        return all;
    }

    /// <summary>The kernel is finishing what was killed: usually some 100 µs, so the first looks are quick and later ones rare.</summary>
    private static void Wait(int round)
    {
        if (round < 8) Thread.Yield();
        else Thread.Sleep(round < 40 ? 1 : 10);
    }

    private CgroupException TooLate(string group, IReadOnlyList<string> subtree, int errno, TimeSpan deadline)
    {
        var pids = processes.Of(subtree);
        var who = pids.Count == 0 ? "no process is listed in it" : "still there: " + string.Join("; ", pids.Take(16).Select(processes.Describe));
        return new CgroupException($"group {group} could not be removed within {deadline.TotalSeconds:0.###} s: {Errno.Describe(errno)}; {who}", group, errno);
    }
}
