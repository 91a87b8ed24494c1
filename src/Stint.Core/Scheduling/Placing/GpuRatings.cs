using System.Numerics;
using Stint.Core.Nodes;
using Stint.Core.Resources;
using Stint.Core.Scheduling.Planning.Placement;

namespace Stint.Core.Scheduling.Placing;

/// <param name="Waste">Growth of fragmentation, in steps.</param>
/// <param name="Left">What is left of the node afterwards, in largest nodes.</param>
/// <param name="GpuCell">The GPU for a demand of a part of one; -1: any.</param>
internal readonly record struct GpuRating(float Waste, float Left, int GpuCell);

/// <summary>
/// How much a placement fragments the GPUs of a node (fragmentation gradient, see <see cref="FragmentationGradient"/>), over what is free
/// on real nodes. Nodes that have the same left are rated once: ratings are kept in a table of fixed size, by a hash of all they depend on.
/// </summary>
internal sealed class GpuRatings
{
    /// <summary>Ratings kept per kind of node and state are many on large clusters; the table grows with the nodes to its bound.</summary>
    private const int EntriesMin = 1 << 12, EntriesMax = 1 << 19, EntriesPerNode = 128;
    private const int GpusMax = 64;
    /// <summary>In thousandths of a GPU: as coarse as <see cref="FragmentationGradient"/> compares.</summary>
    private const double GrowthStep = 40;

    private (ulong Key, GpuRating Rating)[] kept = [];
    private (ulong Key, double Waste)[] states = [];
    private FragmentationGradient? gradient;
    private int version = -1;

    public GpuRating Rate(ClusterScope scope, Request request, NodeKind kind, in NodeBalance balance)
    {
        if (kind.Gres.GpuCells.Length > GpusMax) return new GpuRating(0, 0, -1);
        if (version != scope.Demand.Version || gradient is null) Renew(scope);
        var cpus = balance.Cpus.Count;
        var state = KeyOf(kind, cpus, balance);
        var key = Mix(state, (uint)request.GetHashCode()) | 1;      // never the 0 of an empty entry
        ref var entry = ref kept[key & (uint)(kept.Length - 1)];
        if (entry.Key != key) entry = (key, Compute(scope, request, kind, cpus, balance, state | 1));
        return entry.Rating;
    }

    private void Renew(ClusterScope scope)
    {
        version = scope.Demand.Version;
        gradient = new FragmentationGradient(scope.Demand.Mix(scope), new BestFit(scope.LargestCpuMilli, scope.LargestGpuMilli));
        var entries = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(scope.Nodes * EntriesPerNode, EntriesMin, EntriesMax));
        if (kept.Length < entries) (kept, states) = (new (ulong, GpuRating)[entries], new (ulong, double)[entries / 4]);
        Array.Clear(kept);
        Array.Clear(states);
    }

    /// <summary>Of all that fragmentation of a node depends on.</summary>
    private static ulong KeyOf(NodeKind kind, int cpus, in NodeBalance balance)
    {
        var key = Mix((uint)kind.Id, (uint)cpus);
        key = Mix(key, balance.MemoryBytes);
        foreach (var cell in balance.Gres.Cells) key = Mix(key, (uint)cell);
        return key;
    }

    private static ulong Mix(ulong hash, ulong value)
    {
        hash = (hash ^ value) * 0x9E37_79B9_7F4A_7C15;
        return hash ^ hash >> 29;
    }

    private GpuRating Compute(ClusterScope scope, Request request, NodeKind kind, int cpus, in NodeBalance balance, ulong state)
    {
        var demand = DemandOf.Request(request, scope);
        var cells = kind.Gres.GpuCells;
        Span<int> free = stackalloc int[cells.Length];
        var total = 0;
        for (var i = 0; i < cells.Length; i++) total += free[i] = Milli(kind, balance.Gres.Cells, cells[i]);
        var left = (float)((double)(cpus * 1000L - demand.CpuMilli) / scope.LargestCpuMilli + (double)(total - demand.GpuMilli) / scope.LargestGpuMilli);
        if (scope.SpreadGpus) return new GpuRating(-total, -left, -1);
        ref var now = ref states[state & (uint)(states.Length - 1)];
        if (now.Key != state) now = (state, Of(kind, cpus * 1000L, balance.MemoryBytes, free));
        var before = now.Waste;
        var (cpuMilli, memory) = (cpus * 1000L - demand.CpuMilli, balance.MemoryBytes - Math.Min(balance.MemoryBytes, (ulong)demand.MemoryBytes));
        if (demand.Gpus == 1 && demand.MilliPerGpu < NodeCapacity.WholeGpu) return Parts(kind, demand, cpuMilli, memory, free, before, left);
        var wanted = demand.Gpus;
        for (var i = 0; i < free.Length && wanted > 0; i++)
        {
            if (free[i] < NodeCapacity.WholeGpu || !demand.Accepts(kind.Gres.TypeOf(cells[i]))) continue;
            free[i] = 0;
            wanted--;
        }
        return new GpuRating(Steps(Of(kind, cpuMilli, memory, free) - before), left, -1);
    }

    private GpuRating Parts(NodeKind kind, in GpuDemand demand, long cpuMilli, ulong memory, Span<int> free, double before, float left)
    {
        var (least, best) = (double.PositiveInfinity, -1);
        for (var i = 0; i < free.Length; i++)
        {
            if (free[i] < demand.MilliPerGpu || free[..i].Contains(free[i])) continue;
            free[i] -= demand.MilliPerGpu;
            var growth = Of(kind, cpuMilli, memory, free) - before;
            free[i] += demand.MilliPerGpu;
            if (growth < least) (least, best) = (growth, i);
        }
        return best < 0 ? new GpuRating(0, left, -1) : new GpuRating(Steps(least), left, kind.Gres.GpuCells[best]);
    }

    private static float Steps(double growth) => (float)Math.Round(growth / GrowthStep);

    /// <summary>Fragmentation of the node with this left; GPUs of each model for themselves.</summary>
    private double Of(NodeKind kind, long cpuMilli, ulong memory, ReadOnlySpan<int> free)
    {
        double sum = 0;
        var first = 0;
        foreach (var pool in kind.Pools)
        {
            if (!pool.IsGpu || pool.Form != PoolForm.Units) continue;
            sum += gradient!.Of(cpuMilli, (long)memory, pool.Type, free.Slice(first, pool.Cells));
            first += pool.Cells;
        }
        return sum;
    }

    /// <summary>What is left of a GPU, in thousandths.</summary>
    private static int Milli(NodeKind kind, ReadOnlySpan<int> cells, int gpu)
    {
        if (cells[gpu] == 0) return 0;
        var least = NodeCapacity.WholeGpu;
        foreach (var part in kind.Gres.PartsOf(gpu))
            if (kind.Gres.Empty.Cells[part] is > 0 and var size) least = Math.Min(least, (int)((long)cells[part] * NodeCapacity.WholeGpu / size));
        return least;
    }
}
