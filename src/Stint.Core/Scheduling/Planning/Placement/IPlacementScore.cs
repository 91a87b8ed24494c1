namespace Stint.Core.Scheduling.Planning.Placement;

/// <summary>Where a demand would go on one node, and how bad that is: the node with the lowest cost is taken.</summary>
/// <param name="Cost">Comparable only between nodes for the same demand and the same score.</param>
/// <param name="Gpu">The GPU for a demand of one GPU or a share of it; -1 otherwise.</param>
public readonly record struct PlacementCost(double Cost, int Gpu);

/// <summary>Rates a node that fits a demand. Pure: it depends on the two arguments alone.</summary>
public interface IPlacementScore
{
    PlacementCost Rate(NodeCapacity node, in GpuDemand demand);
}
