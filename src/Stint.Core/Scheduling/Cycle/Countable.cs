using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Cycle;

/// <summary>What the timelines need of the resource model beyond plain amounts.</summary>
internal static class Countable
{
    /// <summary>What so many tasks of a request take of a node, at most.</summary>
    public static ResourceAmount Need(Request request, Node node, int tasks, in ResourceAmount free)
    {
        var kind = node.Kind;
        if (request.Exclusive || request.Ranges is not null) return free;
        var need = new ResourceAmount { DiskBytes = (long)request.DiskBytes };
        var gpus = AddGres(request, node, tasks, free, ref need);
        need.Cores = Math.Min(free.Cores, Placing.Room.CoresFor(request, kind, tasks, gpus) + Placing.Room.CoresKept(request, kind));
        need.MemoryBytes = request.WholeMemory ? free.MemoryBytes
            : request.MemoryPerGpu is > 0 and var perGpu ? (long)perGpu * gpus
            : request.MemoryPerCpu is > 0 and var perCpu ? (long)perCpu * need.Cores * kind.Threads
            : (long)(request.MemoryPerNode ?? 0);
        need.MemoryBytes = Math.Min(need.MemoryBytes, free.MemoryBytes);
        return need;
    }

    /// <returns>The GPUs among it.</returns>
    private static int AddGres(Request request, Node node, int tasks, in ResourceAmount free, ref ResourceAmount need)
    {
        var gpus = 0L;
        foreach (var demand in request.Gres)
        {
            var count = demand.Per switch
            {
                GresPer.PerTask => (long)demand.Count * tasks,
                GresPer.PerSocket => (long)demand.Count * Math.Max(1, request.SocketsPerNode),
                _ => demand.Count,
            };
            if (demand.IsGpu) gpus += count;
            foreach (var pool in node.Kind.Pools)
            {
                if (count <= 0 || !pool.Is(demand.Name, demand.Type)) continue;
                var here = (int)Math.Min(count, Math.Max(0, free.Gres[pool.Slot] - need.Gres[pool.Slot]));
                need.Gres[pool.Slot] += here;
                count -= here;
            }
        }
        return (int)Math.Min(gpus, int.MaxValue);
    }

    /// <summary>A node's balance cut down to an amount: which cores and units they are does not matter. Null when what is planned on the
    /// node can not be told apart in it.</summary>
    public static NodeBalance? Limit(Node node, NodeBalance balance, in ResourceAmount amount)
    {
        var has = balance.AmountOn(node);
        if (amount.Covers(has)) return balance;
        var cpus = has.Cores > amount.Cores ? balance.Cpus.LowestCores(Math.Max(0, amount.Cores), node.ThreadsPerCore) : balance.Cpus;
        return new NodeBalance(cpus, Math.Min(balance.MemoryBytes, (ulong)Math.Max(0, amount.MemoryBytes)), false)
        {
            DiskBytes = Math.Min(balance.DiskBytes, (ulong)Math.Max(0, amount.DiskBytes)),
            Gres = CutGres(node, balance.Gres, amount.Gres), Rows = balance.Rows, Users = balance.Users,
        };
    }

    private static GresFree CutGres(Node node, GresFree gres, in GresCounts keep)
    {
        int[]? cells = null;
        foreach (var pool in node.Kind.Pools)
        {
            var has = 0;
            for (var i = 0; i < pool.Cells; i++) has += gres.Cells[pool.FirstCell + i];
            for (var i = pool.Cells - 1; i >= 0 && has > keep[pool.Slot]; i--)
            {
                cells ??= gres.ToArray();
                var cut = Math.Min(cells[pool.FirstCell + i], has - Math.Max(0, keep[pool.Slot]));
                cells[pool.FirstCell + i] -= cut;
                has -= cut;
            }
        }
        return cells is null ? gres : new GresFree(cells);
    }
}
