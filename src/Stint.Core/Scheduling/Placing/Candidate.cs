namespace Stint.Core.Scheduling.Placing;

/// <summary>A node that could be part of it.</summary>
/// <param name="Index">In the list of nodes.</param>
/// <param name="Cost">The lower is taken first: configured weight, then whether it has GPUs that the request does not want.</param>
/// <param name="Waste">Between equal costs the lower is taken first: how much the placement fragments GPUs.</param>
/// <param name="Left">Between equal waste, the lower: what is left of the node afterwards.</param>
internal readonly record struct Candidate(int Index, int Tasks, int JobGres, long Cost, float Waste, float Left) : IComparable<Candidate>
{
    public int CompareTo(Candidate other)
    {
        if (Cost != other.Cost) return Cost.CompareTo(other.Cost);
        if (Waste != other.Waste) return Waste.CompareTo(other.Waste);
        if (Left != other.Left) return Left.CompareTo(other.Left);
        return Index.CompareTo(other.Index);
    }
}
