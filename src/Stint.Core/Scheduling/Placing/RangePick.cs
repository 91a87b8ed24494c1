using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Placing;

/// <summary>What a request in ranges gets of one node: the fewest free blocks that match, or the node.</summary>
internal static class RangePick
{
    /// <summary>Null when nothing that is free matches.</summary>
    public static NodeShare? Find(Request request, Node node, in NodeBalance balance)
    {
        var (ranges, kind) = (request.Ranges!, node.Kind);
        if (ranges.WholeNodes && !balance.IsIdle) return null;
        if (RangeOffer.Of(ranges, kind) is not { } offer || ranges.DiskMin > balance.DiskBytes && kind.DiskBytes > 0) return null;
        var (cpus, gpus) = (balance.Cpus, default(List<int>));
        if (offer.Blocks > 0)
        {
            if (FreeBlocks(kind, balance, offer.Blocks) is not { } blocks) return null;
            (cpus, gpus) = (default(CpuSet), []);
            foreach (var block in blocks)
            {
                cpus = cpus.Union(kind.Blocks.CpusOf(block));
                gpus.AddRange(kind.Blocks.GpuCellsOf(block));
            }
        }
        return ranges.TakesAll ? All(ranges, node, balance, offer, cpus, gpus) : LowerEnds(ranges, node, balance, offer, cpus, gpus);
    }

    private static NodeShare? All(RangeDemand ranges, Node node, in NodeBalance balance, RangeOffer offer, CpuSet cpus, List<int>? gpus)
    {
        var kind = node.Kind;
        if (offer.Blocks == 0 && (!balance.IsIdle || cpus != kind.AllCpus)) return null;
        var share = new NodeShare { Node = node.Name, Cpus = cpus.ToBytes(), MemoryBytes = offer.MemoryBytes, Tasks = 1, DiskBytes = Disk(ranges, kind) };
        if (share.MemoryBytes > balance.MemoryBytes) return null;
        Write(share, kind, gpus ?? [.. kind.Gres.GpuCells]);
        return share;
    }

    private static NodeShare? LowerEnds(RangeDemand ranges, Node node, in NodeBalance balance, RangeOffer offer, CpuSet cpus, List<int>? blockGpus)
    {
        var kind = node.Kind;
        var cores = (ranges.CpusMin + kind.Threads - 1) / kind.Threads;
        var given = new List<int>();
        if (offer.Pool is { } pool)
        {
            var memoryOfOne = pool.Units[0].MemoryBytes;
            var wanted = ranges.GpusOf(memoryOfOne, offer.Gpus);
            for (var i = 0; i < pool.Cells && given.Count < wanted; i++)
                if (kind.Gres.IsUsable(balance.Gres.Cells, pool, i) && (blockGpus is null || blockGpus.Contains(pool.FirstCell + i))) given.Add(pool.FirstCell + i);
            if (given.Count < wanted) return null;
        }
        var near = default(CpuSet);
        foreach (var cell in given) near = near.Union(cpus.Intersect(kind.Groups.CpusOf(kind.Groups.Of(cell))));
        var pick = near.LowestCores(cores, kind.Threads);
        pick = pick.Union(cpus.Except(pick).LowestCores(cores - pick.WholeCores(kind.Threads), kind.Threads));
        if (pick.WholeCores(kind.Threads) < cores) return null;
        var memory = ranges.MemoryMin > 0 ? ranges.MemoryMin : kind.MemoryBytes / (ulong)Math.Max(1, kind.Total.Cores) * (ulong)cores;
        if (memory > balance.MemoryBytes) return null;
        var share = new NodeShare { Node = node.Name, Cpus = pick.ToBytes(), MemoryBytes = memory, Tasks = 1, DiskBytes = Disk(ranges, kind) };
        Write(share, kind, given);
        return share;
    }

    /// <summary>The disk of a node is shared: only what was asked for at least is taken of it.</summary>
    private static ulong Disk(RangeDemand ranges, NodeKind kind) => Math.Min(ranges.DiskMin, kind.DiskBytes);

    /// <summary>Free blocks side by side if there are, else the first.</summary>
    private static int[]? FreeBlocks(NodeKind kind, in NodeBalance balance, int count)
    {
        var free = new List<int>();
        for (var block = 0; block < kind.Blocks.Count; block++)
            if (IsFree(kind, balance, block)) free.Add(block);
        if (free.Count < count || kind.Blocks.MemoryBytes * (ulong)count > balance.MemoryBytes) return null;
        for (var i = 0; i + count <= free.Count; i++)
            if (free[i + count - 1] - free[i] == count - 1) return [.. free.GetRange(i, count)];
        return [.. free.GetRange(0, count)];
    }

    private static bool IsFree(NodeKind kind, in NodeBalance balance, int block)
    {
        if (!kind.Blocks.CpusOf(block).IsSubsetOf(balance.Cpus)) return false;
        foreach (var cell in kind.Blocks.GpuCellsOf(block))
        {
            if (balance.Gres.Cells[cell] == 0) return false;
            foreach (var part in kind.Gres.PartsOf(cell))
                if (balance.Gres.Cells[part] < kind.Gres.Empty.Cells[part]) return false;
        }
        return true;
    }

    private static void Write(NodeShare share, NodeKind kind, List<int> gpuCells)
    {
        foreach (var pool in kind.Pools)
        {
            if (!pool.IsGpu || pool.Form != PoolForm.Units) continue;
            var given = new GresShare { Name = pool.Name, Type = pool.Type };
            for (var i = 0; i < pool.Cells; i++)
                if (gpuCells.Contains(pool.FirstCell + i)) given.Indices.Add(pool.Units[i].Index);
            if (given.Indices.Count > 0) share.Gres.Add(given);
        }
    }
}
