using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Placing;

/// <summary>What of a node meets ranges: the fewest of its blocks, all of it, or (held to the request, on a node without blocks) just the
/// lower ends.</summary>
internal readonly record struct RangeOffer(int Blocks, int Cores, ulong MemoryBytes, int Gpus, GresPool? Pool)
{
    public static Room RoomWithin(RangeDemand ranges, NodeKind kind, in ResourceAmount free)
    {
        if (Of(ranges, kind) is not { } offer) return Room.None;
        if (offer.Cores > free.Cores || offer.MemoryBytes > (ulong)free.MemoryBytes || ranges.DiskMin > (ulong)free.DiskBytes && kind.DiskBytes > 0) return Room.None;
        return offer.Pool is not null && offer.Gpus > free.Gres[offer.Pool.Slot] ? Room.None : new Room(1, 0);
    }

    /// <summary>The offer that an empty node of this kind makes; null: none matches.</summary>
    public static RangeOffer? Of(RangeDemand ranges, NodeKind kind)
    {
        if (!ranges.DiskMatches(kind.DiskBytes)) return null;
        var total = kind.Total;
        var blocks = kind.Blocks.Count;
        if (blocks > 1)
        {
            for (var count = ranges.WholeNodes ? blocks : 1; count <= blocks; count++)
                if (Matching(ranges, kind, count, total.Cores / blocks * count, kind.Blocks.MemoryBytes * (ulong)count, kind.Gres.GpuCells.Length / blocks * count) is { } offer)
                    return offer;
            return null;
        }
        if (ranges.TakesAll) return Matching(ranges, kind, 0, total.Cores, kind.MemoryBytes, kind.Gres.GpuCells.Length);
        return LowerEnds(ranges, kind);
    }

    private static RangeOffer? Matching(RangeDemand ranges, NodeKind kind, int blocks, int cores, ulong memory, int gpus)
    {
        if (!ranges.CpusMatch((long)cores * kind.Threads) || !ranges.MemoryMatches(memory)) return null;
        if (gpus == 0) return ranges.GpusMin == 0 ? new RangeOffer(blocks, cores, memory, 0, null) : null;
        foreach (var pool in kind.Pools)
        {
            if (!pool.IsGpu || pool.Form != PoolForm.Units) continue;
            if (ranges.Accepts(pool, MemoryOf(pool)) && ranges.GpusMatch(gpus, MemoryOf(pool))) return new RangeOffer(blocks, cores, memory, gpus, pool);
        }
        return null;
    }

    private static RangeOffer? LowerEnds(RangeDemand ranges, NodeKind kind)
    {
        var cores = (ranges.CpusMin + kind.Threads - 1) / kind.Threads;
        if (ranges.GpusMin == 0) return new RangeOffer(0, cores, ranges.MemoryMin, 0, null);
        foreach (var pool in kind.Pools)
        {
            if (!ranges.Accepts(pool, MemoryOf(pool))) continue;
            if (ranges.GpusOf(MemoryOf(pool), pool.Total) is > 0 and var gpus) return new RangeOffer(0, cores, ranges.MemoryMin, gpus, pool);
        }
        return null;
    }

    private static ulong MemoryOf(GresPool pool) => pool.Units.Length > 0 ? pool.Units[0].MemoryBytes : 0;
}
