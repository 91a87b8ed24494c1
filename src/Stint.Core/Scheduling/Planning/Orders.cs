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

/// <summary>Largest expansion factor first: (wait + estimate) / estimate, the slowdown that the request would have if it started now.</summary>
/// <param name="floorMs">Estimates below this count as this, so that a request of seconds does not outrank everything after a minute.</param>
public sealed class ExpansionFactor(long floorMs) : IOrder
{
    public Rank RankOf(in Request request, Instant now)
    {
        var waitMs = now.Milliseconds - request.Queued.Milliseconds;
        return new Rank(0, -(double)waitMs / Math.Max(request.EstimateMs, floorMs));
    }
}

/// <summary>Whoever waited longer than a bound goes first, longest wait first; the others follow in the inner order. Bounds starvation.</summary>
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
