using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;
using Stint.Core.Scheduling;

namespace Stint.Core.Reservations;

/// <summary>Arithmetic of what is free on a node with parts of it: the one place that knows all kinds of resources of a balance.</summary>
internal static class Balances
{
    /// <summary>Of what is free, what lies in a reserved part that some jobs use already. Kinds of which the part says nothing are not
    /// limited by it.</summary>
    public static NodeBalance Within(Node node, NodeBalance free, NodeShare part, IEnumerable<NodeShare> used)
    {
        var users = used.ToList();
        var memory = free.MemoryBytes;
        if (part.MemoryBytes > 0) memory = Math.Min(memory, MemoryLeft(part, users));
        return free with
        {
            // A reservation of devices alone says nothing of CPUs: its jobs take them of what others leave.
            Cpus = CpuSet.FromBytes(part.Cpus) is { IsEmpty: false } cpus ? free.Cpus.Intersect(cpus) : free.Cpus, MemoryBytes = memory, IsIdle = false,
            Gres = part.Gres.Count == 0 ? free.Gres : GresWithin(node.Kind, free.Gres, part, users),
        };
    }

    /// <summary>What is free less a reserved part, as far as its own jobs do not have it already.</summary>
    public static NodeBalance Without(Node node, NodeBalance free, NodeShare part, IEnumerable<NodeShare> used)
    {
        var users = used.ToList();
        var kept = part.MemoryBytes == 0 ? 0 : MemoryLeft(part, users);
        return free with
        {
            Cpus = free.Cpus.Except(CpuSet.FromBytes(part.Cpus)), IsIdle = false,
            MemoryBytes = free.MemoryBytes > kept ? free.MemoryBytes - kept : 0,
            Gres = part.Gres.Count == 0 ? free.Gres : GresTaking.Squeeze(node.Kind, free.Gres, Unused(part, users)),
        };
    }

    /// <summary>With what a job would give back; all of it, or only its CPUs when it is suspended.</summary>
    public static NodeBalance Plus(Node node, NodeBalance free, NodeShare share, bool cpusOnly)
    {
        free = free with { Cpus = free.Cpus.Union(CpuSet.FromBytes(share.Cpus)) };
        return cpusOnly ? free : free with
        {
            MemoryBytes = free.MemoryBytes + share.MemoryBytes, DiskBytes = free.DiskBytes + share.DiskBytes,
            Gres = GresTaking.GiveBack(node.Kind, free.Gres, share) ?? free.Gres,
        };
    }

    public static bool MeetGres(NodeShare a, NodeShare b)
    {
        foreach (var one in a.Gres)
            foreach (var other in b.Gres)
                if (one.Name == other.Name && one.Type == other.Type
                    && (one.Indices.Count == 0 ? other.Count > 0 : one.Indices.Any(other.Indices.Contains))) return true;
        return false;
    }

    private static ulong MemoryLeft(NodeShare part, List<NodeShare> users)
    {
        var left = part.MemoryBytes;
        foreach (var share in users) left -= Math.Min(left, share.MemoryBytes);
        return left;
    }

    /// <summary>Devices of the part stay as they are (its jobs have taken theirs off what is free); of what is only counted, what its jobs
    /// do not have.</summary>
    private static NodeShare Unused(NodeShare part, List<NodeShare> users)
    {
        var left = new NodeShare { Node = part.Node };
        foreach (var gres in part.Gres)
        {
            var rest = gres.Clone();
            if (gres.Indices.Count == 0) rest.Count -= Math.Min(rest.Count, CountUsed(users, gres.Name, gres.Type));
            left.Gres.Add(rest);
        }
        return left;
    }

    private static ulong CountUsed(List<NodeShare> users, string name, string type)
    {
        var used = 0UL;
        foreach (var share in users)
            foreach (var gres in share.Gres)
                if (gres.Name == name && gres.Type == type) used += gres.Count;
        return used;
    }

    private static GresFree GresWithin(NodeKind kind, GresFree free, NodeShare part, List<NodeShare> users)
    {
        var unused = Unused(part, users);
        var cells = free.ToArray();
        foreach (var pool in kind.Pools)
        {
            var own = unused.Gres.FirstOrDefault(gres => gres.Name == pool.Name && gres.Type == pool.Type);
            for (var i = 0; i < pool.Cells; i++)
            {
                var cell = pool.FirstCell + i;
                var allowed = pool.Form switch
                {
                    PoolForm.Units => own?.Indices.Contains(pool.Units[i].Index) == true ? int.MaxValue : 0,
                    PoolForm.Parts when own is null => HasGpu(kind, part, kind.Gres.GpuOf(cell)) ? int.MaxValue : 0,
                    _ => (int)Math.Min(own?.Count ?? 0, int.MaxValue),
                };
                cells[cell] = Math.Min(cells[cell], allowed);
            }
        }
        return new GresFree(cells);
    }

    private static bool HasGpu(NodeKind kind, NodeShare part, int gpuCell) =>
        part.Gres.Any(gres => gres.Name == GresNames.Gpu && gres.Type == kind.Gres.TypeOf(gpuCell) && gres.Indices.Contains(kind.Gres.IndexOf(gpuCell)));
}
