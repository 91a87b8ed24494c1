namespace Stint.Core.Scheduling.Planning;

/// <summary>
/// The place of a request in an order: lower tiers first, within a tier lower scores first, equal scores as they were handed in.
/// </summary>
public readonly record struct Rank(int Tier, double Score) : IComparable<Rank>
{
    public int CompareTo(Rank other)
    {
        var byTier = Tier.CompareTo(other.Tier);
        return byTier != 0 ? byTier : Score.CompareTo(other.Score);
    }
}

/// <summary>An order over requests at a moment. Pure: equal arguments give equal ranks.</summary>
public interface IOrder
{
    Rank RankOf(in Request request, Instant now);
}
