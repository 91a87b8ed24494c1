using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;
using Stint.Core.Scheduling;

namespace Stint.Core.Reservations;

/// <summary>What of a node a reservation that is being made could still have.</summary>
internal sealed class ReservedRoom(Node node)
{
    private NodeBalance left = NodeBalance.Empty(node.Kind);

    public Node Node => node;
    /// <summary>Nobody else has anything of it.</summary>
    public bool IsWhole { get; private set; } = true;
    public int Cores => left.Cpus.WholeCores(node.ThreadsPerCore);

    /// <summary>Somebody else's part; null: all of it.</summary>
    public void Less(NodeShare? share)
    {
        IsWhole = false;
        left = share is null ? default : left.Squeeze(node, share, default);
    }

    public ulong FreeGres(GresRequest wanted)
    {
        if (left.Gres.Cells.IsEmpty) return 0;
        var sum = 0UL;
        foreach (var pool in node.Kind.Pools)
            if (pool.Is(wanted.Name, wanted.Type)) sum += (ulong)node.Kind.Gres.Usable(left.Gres.Cells, pool);
        return sum;
    }

    /// <summary>Takes whole cores, the lowest that are free.</summary>
    public CpuSet TakeCores(int cores)
    {
        var taken = left.Cpus.LowestCores(cores, node.ThreadsPerCore);
        left = left with { Cpus = left.Cpus.Except(taken) };
        return taken;
    }

    /// <summary>Devices by their number, the first that are free.</summary>
    public void TakeGres(GresRequest wanted, ulong count, NodeShare into)
    {
        foreach (var pool in node.Kind.Pools)
        {
            if (count == 0 || left.Gres.Cells.IsEmpty || !pool.Is(wanted.Name, wanted.Type)) continue;
            var share = new NodeShare { Node = node.Name };
            if (pool.Form == PoolForm.Count) Add(share, pool, Math.Min(count, (ulong)node.Kind.Gres.Usable(left.Gres.Cells, pool)));
            else if (pool.Form == PoolForm.Units) Add(share, pool, count, UsableUnits(pool));
            else
                for (var i = 0; i < pool.Cells && Sum(share) < count; i++)
                    Add(share, pool, Math.Min(count - Sum(share), (ulong)node.Kind.Gres.UsableParts(left.Gres.Cells, pool, i)),
                        [node.Kind.Gres.IndexOf(node.Kind.Gres.GpuOf(pool.FirstCell + i))], isPart: true);
            count -= Sum(share);
            left = left with { Gres = GresTaking.Squeeze(node.Kind, left.Gres, share) };
            into.Gres.AddRange(share.Gres);
        }
    }

    private List<uint> UsableUnits(GresPool pool)
    {
        var usable = new List<uint>();
        for (var i = 0; i < pool.Cells; i++)
            if (node.Kind.Gres.IsUsable(left.Gres.Cells, pool, i)) usable.Add(pool.Units[i].Index);
        return usable;
    }

    private static void Add(NodeShare share, GresPool pool, ulong count, List<uint>? indices = null, bool isPart = false)
    {
        if (indices is not null && !isPart)
        {
            indices = [.. indices.Take((int)Math.Min(count, int.MaxValue))];
            count = (ulong)indices.Count;
        }
        if (count > 0) share.Gres.Add(new GresShare { Name = pool.Name, Type = pool.Type, Count = count, Indices = { indices ?? [] } });
    }

    private static ulong Sum(NodeShare share)
    {
        var sum = 0UL;
        foreach (var gres in share.Gres) sum += gres.Count;
        return sum;
    }
}
