using Stint.Core.Scheduling.Planning.Placement;

namespace Stint.Simulation.Placement;

/// <summary>
/// Fills a cluster with demands in an order drawn from a seed, none ever leaving, until what arrived equals its GPUs, and says what share
/// of the GPUs was given out: the measure of the FGD paper. Where the list is too short, demands are drawn from it again.
/// </summary>
public static class Packing
{
    /// <param name="nodes">Fresh nodes: they are filled.</param>
    /// <param name="demands">The list.</param>
    /// <param name="place">Places one demand; null if it fits nowhere, and then it is dropped.</param>
    /// <param name="seed">Draws the order.</param>
    /// <returns>Allocated share of all GPUs, 0 to 1.</returns>
    public static double Fill(IReadOnlyList<NodeCapacity> nodes, IReadOnlyList<GpuDemand> demands, Func<GpuDemand, int?> place, int seed)
    {
        var random = new Random(seed);
        var order = demands.ToArray();
        random.Shuffle(order);
        long total = nodes.Sum(node => (long)node.GpuMilliFree), arrived = 0, allocated = 0;
        for (var i = 0; arrived < total; i++)
        {
            var demand = i < order.Length ? order[i] : order[random.Next(order.Length)];
            arrived += demand.GpuMilli;
            if (place(demand) is not null) allocated += demand.GpuMilli;
        }
        return (double)allocated / total;
    }
}
