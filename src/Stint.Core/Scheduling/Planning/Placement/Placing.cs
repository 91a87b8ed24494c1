namespace Stint.Core.Scheduling.Planning.Placement;

/// <summary>
/// Puts demands onto nodes by a score. A rating is kept per demand and node until that node changes, so a placement costs
/// the nodes that changed since an equal demand was placed, plus one look at each kept rating.
/// </summary>
public sealed class Placing(IReadOnlyList<NodeCapacity> nodes, IPlacementScore score)
{
    private readonly Dictionary<GpuDemand, Rating[]> _ratings = [];

    private struct Rating
    {
        public int VersionPlusOne; // 0: never rated
        public bool Fits;
        public PlacementCost Cost;
    }

    /// <summary>Takes the demand from the cheapest node; equal costs go to the first. Null if it fits nowhere.</summary>
    public int? Place(in GpuDemand demand)
    {
        if (!_ratings.TryGetValue(demand, out var ratings)) _ratings[demand] = ratings = new Rating[nodes.Count];
        var best = -1;
        for (var i = 0; i < ratings.Length; i++)
        {
            ref var rating = ref ratings[i];
            if (rating.VersionPlusOne != nodes[i].Version + 1) rating = Rate(nodes[i], demand);
            if (rating.Fits && (best < 0 || rating.Cost.IsBelow(ratings[best].Cost))) best = i;
        }
        if (best < 0) return null;
        nodes[best].Take(demand, ratings[best].Cost.Gpu);
        return best;
    }

    private Rating Rate(NodeCapacity node, in GpuDemand demand)
    {
        var fits = node.Fits(demand);
        return new Rating { VersionPlusOne = node.Version + 1, Fits = fits, Cost = fits ? score.Rate(node, demand) : default };
    }
}
