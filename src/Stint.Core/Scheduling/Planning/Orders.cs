namespace Stint.Core.Scheduling.Planning;

/// <summary>The order in which the caller handed the requests in: arrival, or a priority computed elsewhere.</summary>
public sealed class AsGiven : IOrder
{
    public static readonly AsGiven Order = new();
    public Rank RankOf(in Request request, Instant now) => default;
}

/// <summary>Shortest estimate first.</summary>
public sealed class ShortestFirst : IOrder
{
    public static readonly ShortestFirst Order = new();
    public Rank RankOf(in Request request, Instant now) => new(0, request.EstimateMs);
}

/// <summary>
/// Largest wait / estimate first, weighted by the root of the width: a request that would suffer most from waiting on goes first, and of
/// two that suffer alike the wide one, because nothing but a reservation ever gathers its share. (Wait over estimate alone is the
/// expansion factor; weighted by the width too it is the kind of utility in Tang, Lan, Desai, Buettner, CLUSTER 2009.)
/// </summary>
/// <param name="capacity">The cluster: a request's width is its largest share of any resource of it.</param>
/// <param name="floorMs">Estimates below this count as this, so that a request of seconds does not outrank everything after a
/// minute.</param>
public sealed class WeightedExpansion(Amount capacity, long floorMs) : IOrder
{
    public Rank RankOf(in Request request, Instant now)
    {
        var waitMs = now.Milliseconds - request.Queued.Milliseconds;
        return new Rank(0, -waitMs * Math.Sqrt(WidthOf(request.Amount)) / Math.Max(request.EstimateMs, floorMs));
    }

    private double WidthOf(in Amount amount)
    {
        var width = Share(amount.Cpus, capacity.Cpus);
        width = Math.Max(width, Share(amount.MemoryBytes, capacity.MemoryBytes));
        width = Math.Max(width, Share(amount.Gpus, capacity.Gpus));
        return Math.Max(width, Share(amount.Units, capacity.Units));
    }

    private static double Share(long part, long whole) => whole > 0 ? (double)part / whole : 0;
}

/// <summary>
/// Whoever waited longer than a bound goes first, longest wait first; the others follow in the inner order. Bounds starvation.
/// </summary>
public sealed class BoundedWait(IOrder inner, long boundMs) : IOrder
{
    public Rank RankOf(in Request request, Instant now)
    {
        var waitMs = now.Milliseconds - request.Queued.Milliseconds;
        if (waitMs > boundMs) return new Rank(-1, -waitMs);
        var rank = inner.RankOf(request, now);
        return rank with { Tier = rank.Tier + 1 };
    }
}
