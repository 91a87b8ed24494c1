namespace Stint.Core.Scheduling.Planning.Placement;

/// <summary>Where a demand would go on one node, and how bad that is: the node with the lowest cost is taken.</summary>
/// <param name="Cost">Comparable only between nodes for the same demand and the same score.</param>
/// <param name="Left">Decides between equal costs: the lower is taken.</param>
/// <param name="Gpu">The GPU for a demand of one GPU or a share of it; -1 otherwise.</param>
public readonly record struct PlacementCost(double Cost, double Left, int Gpu)
{
    public bool IsBelow(in PlacementCost other) => Cost < other.Cost || (Cost == other.Cost && Left < other.Left);
}

/// <summary>Rates a node that fits a demand. Pure: it depends on the two arguments alone.</summary>
public interface IPlacementScore
{
    PlacementCost Rate(NodeCapacity node, in GpuDemand demand);
}
