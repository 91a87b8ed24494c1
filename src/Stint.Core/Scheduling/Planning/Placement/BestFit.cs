namespace Stint.Core.Scheduling.Planning.Placement;

/// <summary>
/// Takes the node with the least left afterwards, processors and GPUs weighted alike, and on it the fullest GPU that still fits.
/// </summary>
/// <param name="largestCpuMilli">Processors of the largest node: the unit of the sum.</param>
/// <param name="largestGpuMilli">GPUs of the largest node, in thousandths.</param>
public sealed class BestFit(long largestCpuMilli, long largestGpuMilli) : IPlacementScore
{
    public PlacementCost Rate(NodeCapacity node, in GpuDemand demand)
    {
        return new PlacementCost(Left(node, demand), 0, demand.Gpus == 1 ? FullestGpu(node, demand.MilliPerGpu) : -1);
    }

    /// <summary>What is left on the node afterwards, as shares of the largest node.</summary>
    public double Left(NodeCapacity node, in GpuDemand demand) =>
        (double)(node.CpuMilli - demand.CpuMilli) / Math.Max(1, largestCpuMilli)
        + (double)(node.GpuMilliFree - demand.GpuMilli) / Math.Max(1, largestGpuMilli);

    private static int FullestGpu(NodeCapacity node, int milli)
    {
        var best = -1;
        for (var g = 0; g < node.GpuMilli.Length; g++)
        {
            if (node.GpuMilli[g] >= milli && (best < 0 || node.GpuMilli[g] < node.GpuMilli[best])) best = g;
        }
        return best;
    }
}
