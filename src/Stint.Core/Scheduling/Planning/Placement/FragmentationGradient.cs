namespace Stint.Core.Scheduling.Planning.Placement;

/// <summary>
/// Fragmentation gradient descent: takes the node, and the GPU on it, whose fragmentation grows least (Weng et al., "Beware of
/// Fragmentation", USENIX ATC 2023, section 4). Fragmentation of a node is the GPU share on it that a demand drawn from the expected mix
/// could not use: all that is left, if the node cannot take the demand or the demand wants no GPU; else what lies on GPUs too full for it.
/// </summary>
/// <remarks>
/// Growth is compared in steps of 0.04 GPU, as coarse as the published simulator whose score is a whole percent of a sigmoid of the
/// growth (a percent near zero is 0.04 GPU); equal steps go to the node that
/// best fit takes. On the openb trace, ten seeds: 94.4 % of the GPUs given out with exact growth, 95.4 % with these steps (95.2 to 95.4
/// for steps of 0.025 to 0.06).
/// </remarks>
/// <param name="mix">The demands expected.</param>
/// <param name="tie">Decides between equal growth.</param>
public sealed class FragmentationGradient(DemandMix mix, BestFit tie) : IPlacementScore
{
    /// <summary>In thousandths of a GPU.</summary>
    private const double GrowthStep = 40;

    public PlacementCost Rate(NodeCapacity node, in GpuDemand demand)
    {
        var before = Of(node.CpuMilli, node.MemoryBytes, node.GpuModel, node.GpuMilli);
        Span<int> gpus = stackalloc int[node.GpuMilli.Length];
        node.GpuMilli.CopyTo(gpus);
        var cpu = node.CpuMilli - demand.CpuMilli;
        var memory = node.MemoryBytes - demand.MemoryBytes;
        if (demand.Gpus != 1)
        {
            TakeWhole(gpus, demand);
            return Rating(Of(cpu, memory, node.GpuModel, gpus) - before, node, demand, -1);
        }
        var (least, best) = (double.PositiveInfinity, -1);
        for (var g = 0; g < gpus.Length; g++)
        {
            if (gpus[g] < demand.MilliPerGpu || SeenBefore(gpus, g)) continue;
            gpus[g] -= demand.MilliPerGpu;
            var growth = Of(cpu, memory, node.GpuModel, gpus) - before;
            gpus[g] += demand.MilliPerGpu;
            if (growth < least) (least, best) = (growth, g);
        }
        return Rating(least, node, demand, best);
    }

    private PlacementCost Rating(double growth, NodeCapacity node, in GpuDemand demand, int gpu) =>
        new(Math.Round(growth / GrowthStep), tie.Left(node, demand), gpu);

    /// <summary>The fragmentation of a node with this left, in thousandths of a GPU.</summary>
    public double Of(long cpuMilli, long memoryBytes, string model, ReadOnlySpan<int> gpuMilli)
    {
        var free = 0;
        foreach (var left in gpuMilli) free += left;
        if (free == 0) return 0;
        double sum = 0;
        foreach (ref readonly var kind in mix.Shares)
        {
            sum += kind.Share * Unusable(kind.Demand, cpuMilli, memoryBytes, model, gpuMilli, free);
        }
        return sum;
    }

    private static int Unusable(in GpuDemand demand, long cpuMilli, long memoryBytes, string model, ReadOnlySpan<int> gpuMilli, int free)
    {
        if (demand.Gpus == 0 || demand.CpuMilli > cpuMilli || demand.MemoryBytes > memoryBytes || !demand.Accepts(model)) return free;
        int fitting = 0, tooFull = 0;
        foreach (var left in gpuMilli)
        {
            if (left >= demand.MilliPerGpu) fitting++;
            else tooFull += left;
        }
        return fitting >= demand.Gpus ? tooFull : free;
    }

    private static void TakeWhole(Span<int> gpus, in GpuDemand demand)
    {
        var wanted = demand.Gpus;
        for (var g = 0; g < gpus.Length && wanted > 0; g++)
        {
            if (gpus[g] < demand.MilliPerGpu) continue;
            gpus[g] -= demand.MilliPerGpu;
            wanted--;
        }
    }

    /// <summary>A GPU before this one has as much left: the outcome would be the same.</summary>
    private static bool SeenBefore(ReadOnlySpan<int> gpus, int gpu) => gpus[..gpu].Contains(gpus[gpu]);
}
