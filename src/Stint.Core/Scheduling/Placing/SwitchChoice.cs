using Stint.Core.Topologies;

namespace Stint.Core.Scheduling.Placing;

/// <summary>
/// Nodes under as few leaf switches (or in as few blocks) as can be: below the lowest switch under which it fits, and of several the one
/// with the fewest candidates (best fit); below that, leaves with the most candidates first.
/// </summary>
internal static class SwitchChoice
{
    public static bool Make(NodeSearch search, Topology topology)
    {
        var parts = topology.HasBlocks ? topology.Blocks.Count : topology.Switches.Count;
        var counts = new int[parts];
        var tasks = new long[parts];
        foreach (ref readonly var candidate in search.Others)
        {
            for (int at = search.NodeAt(candidate).TopologyPart, depth = 0; at >= 0 && depth < 16; depth++)
            {
                counts[at]++;
                tasks[at] += candidate.Tasks;
                at = topology.HasBlocks ? -1 : topology.Parents[at];
            }
        }
        var under = new Candidate[search.Others.Length];
        foreach (var top in ByFit(topology, counts))
        {
            if (counts[top] + search.RequiredCount < search.Request.NodesMin || tasks[top] + RequiredTasks(search) < search.Request.Tasks) continue;
            var length = Below(search, topology, counts, top, under);
            if (NodeChoice.Extend(search, under.AsSpan(0, length)) && WithinSwitches(search)) return true;
        }
        // Across all: the parts with the most candidates first; nodes on no switch last.
        var everywhere = Below(search, topology, counts, -1, under);
        if (NodeChoice.Extend(search, under.AsSpan(0, everywhere)) && WithinSwitches(search)) return true;
        return search.Request.SwitchesMax == 0 && NodeChoice.Plain(search);
    }

    private static long RequiredTasks(NodeSearch search)
    {
        long sum = 0;
        foreach (ref readonly var candidate in search.Chosen[..search.RequiredCount]) sum += candidate.Tasks;
        return sum;
    }

    private static bool WithinSwitches(NodeSearch search)
    {
        if (search.Request.SwitchesMax == 0) return true;
        var leaves = new HashSet<int>();
        foreach (ref readonly var candidate in search.Chosen) leaves.Add(search.NodeAt(candidate).TopologyPart);
        if (leaves.Count <= search.Request.SwitchesMax && !leaves.Contains(-1)) return true;
        search.Restart();
        return false;
    }

    /// <summary>Switches from the lowest level up, on a level those with the fewest candidates first.</summary>
    private static IEnumerable<int> ByFit(Topology topology, int[] counts)
    {
        var order = new List<(int Level, int Count, int At)>();
        for (var at = 0; at < counts.Length; at++)
            if (counts[at] > 0) order.Add((topology.HasBlocks ? 0 : -topology.DepthOf(at), counts[at], at));
        order.Sort();
        foreach (var (_, _, at) in order) yield return at;
    }

    /// <summary>The candidates below a switch (-1: all), those of full parts first, each part together and in its own order.</summary>
    private static int Below(NodeSearch search, Topology topology, int[] counts, int top, Candidate[] into)
    {
        var length = 0;
        foreach (ref readonly var candidate in search.Others)
        {
            var part = search.NodeAt(candidate).TopologyPart;
            if (top < 0 || part >= 0 && (topology.HasBlocks ? part == top : topology.IsAbove(top, part))) into[length++] = candidate;
        }
        if (top >= 0 && (topology.HasBlocks || topology.Parents.AsSpan().IndexOf(top) < 0 && length == counts[top])) return length;
        var keyed = new (int NegativeCount, int Part, int Place)[length];
        for (var i = 0; i < length; i++)
        {
            var part = search.NodeAt(into[i]).TopologyPart;
            keyed[i] = (part < 0 ? 1 : -counts[part], part, i);
        }
        Array.Sort(keyed, into, 0, length);
        return length;
    }
}
