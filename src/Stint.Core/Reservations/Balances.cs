using Stint.Core.Journal;
using Stint.Core.Resources;
using Stint.Core.Scheduling;

namespace Stint.Core.Reservations;

/// <summary>Arithmetic of what is free on a node with parts of it: the one place that knows all kinds of resources of a balance.</summary>
internal static class Balances
{
    /// <summary>Of what is free, what lies in a reserved part that some jobs use already.</summary>
    public static NodeBalance Within(NodeBalance free, NodeShare part, IEnumerable<NodeShare> used)
    {
        var cpus = CpuSet.FromBytes(part.Cpus);
        var memory = free.MemoryBytes;
        if (part.MemoryBytes > 0) memory = Math.Min(memory, Less(part.MemoryBytes, used));
        return free with { Cpus = Intersection(free.Cpus, cpus), MemoryBytes = memory, IsIdle = false };
    }

    /// <summary>What is free less a reserved part, as far as its own jobs do not have it already.</summary>
    public static NodeBalance Without(NodeBalance free, NodeShare part, IEnumerable<NodeShare> used)
    {
        var kept = part.MemoryBytes == 0 ? 0 : Less(part.MemoryBytes, used);
        return free with
        {
            Cpus = free.Cpus.Except(CpuSet.FromBytes(part.Cpus)), IsIdle = false,
            MemoryBytes = free.MemoryBytes > kept ? free.MemoryBytes - kept : 0,
        };
    }

    /// <summary>With what a job would give back; all of it, or only its CPUs when it is suspended.</summary>
    public static NodeBalance Plus(NodeBalance free, NodeShare share, bool cpusOnly) => free with
    {
        Cpus = free.Cpus.Union(CpuSet.FromBytes(share.Cpus)),
        MemoryBytes = cpusOnly ? free.MemoryBytes : free.MemoryBytes + share.MemoryBytes,
    };

    public static bool Covers(NodeBalance free, NodeShare share) =>
        CpuSet.FromBytes(share.Cpus).IsSubsetOf(free.Cpus) && share.MemoryBytes <= free.MemoryBytes;

    public static CpuSet Intersection(CpuSet a, CpuSet b) => a.Except(a.Except(b));

    public static bool MeetGres(NodeShare a, NodeShare b)
    {
        foreach (var one in a.Gres)
            foreach (var other in b.Gres)
                if (one.Name == other.Name && (one.Type == other.Type || one.Type.Length == 0 || other.Type.Length == 0)
                    && (one.Indices.Count == 0 ? other.Count > 0 : one.Indices.Any(other.Indices.Contains))) return true;
        return false;
    }

    private static ulong Less(ulong whole, IEnumerable<NodeShare> used)
    {
        foreach (var share in used) whole -= Math.Min(whole, share.MemoryBytes);
        return whole;
    }
}
