namespace Stint.Core.Resources;

/// <summary>Tasks over nodes, and which task is where: the first level of <c>--distribution</c>.</summary>
public static class TaskSpread
{
    /// <summary>Tasks for each node; null when they do not fit.</summary>
    /// <param name="capacity">Most tasks of each node.</param>
    /// <param name="onEach">Every node gets one at least.</param>
    public static int[]? Over(ReadOnlySpan<int> capacity, int tasks, bool onEach, TaskDistribution distribution)
    {
        long room = 0;
        var nodes = 0;
        foreach (var most in capacity)
        {
            room += most;
            if (most > 0) nodes++;
        }
        if (room < tasks || onEach && (nodes < capacity.Length || tasks < nodes)) return null;
        var counts = new int[capacity.Length];
        var turn = distribution.Nodes switch { NodeOrder.Cyclic => 1, NodeOrder.Plane => Math.Max(1, distribution.PlaneSize), _ => int.MaxValue };
        for (var (left, isFirst) = (tasks, true); left > 0; isFirst = false)
            for (var i = 0; i < counts.Length && left > 0; i++)
            {
                // Nodes behind this one that have nothing yet keep one task each.
                var kept = onEach && isFirst ? counts.Length - 1 - i : 0;
                var here = Math.Min(Math.Min(turn, capacity[i] - counts[i]), left - kept);
                counts[i] += here;
                left -= here;
            }
        return counts;
    }

    /// <summary>The global ids of each node's tasks, ascending.</summary>
    public static uint[][] Ids(ReadOnlySpan<uint> counts, TaskDistribution distribution)
    {
        var ids = new uint[counts.Length][];
        var filled = new int[counts.Length];
        uint total = 0;
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = new uint[counts[i]];
            total += counts[i];
        }
        var turn = distribution.Nodes switch { NodeOrder.Cyclic => 1, NodeOrder.Plane => Math.Max(1, distribution.PlaneSize), _ => int.MaxValue };
        for (uint next = 0; next < total;)
            for (var i = 0; i < ids.Length; i++)
                for (var taken = 0; taken < turn && filled[i] < ids[i].Length; taken++) ids[i][filled[i]++] = next++;
        return ids;
    }
}
