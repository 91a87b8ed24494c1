namespace Stint.Core.Scheduling.Planning;

/// <summary>
/// One planning round: walks the queue in order, starts what fits, reserves for the first that do not fit, then fills the holes.
/// Nothing that is decided later may move a start or a reservation decided earlier: each is put into the timeline at once.
/// </summary>
public static class Backfill
{
    /// <summary>
    /// Plans a queue onto a timeline that holds what runs. The timeline is left as it was found; the caller reserves what it starts.
    /// </summary>
    /// <param name="timeline">What is available from <paramref name="now"/> on.</param>
    /// <param name="now">The moment of the round.</param>
    /// <param name="queue">The waiting requests, highest priority first.</param>
    /// <param name="policy">The rules.</param>
    public static Plan Plan(Timeline timeline, Instant now, ReadOnlySpan<Request> queue, Policy policy)
    {
        var round = new BackfillRound(timeline, now);
        var ordered = Sorted(queue, policy.Order, now);
        var next = 0;
        while (next < ordered.Length && round.Depth < policy.ReservationDepth) round.StartOrReserve(ordered[next++]);
        if (policy.Backfills && next < ordered.Length) Fill(round, ordered.AsSpan(next), policy.BackfillOrder, now);
        round.Undo();
        return round.Plan;
    }

    private static void Fill(BackfillRound round, Span<Request> rest, IOrder order, Instant now)
    {
        if (!round.CanStartAny(rest)) return;
        foreach (ref readonly var request in Sorted(rest, order, now).AsSpan()) round.StartIfFree(request);
    }

    /// <summary>A copy in order; requests of equal rank stay as they were handed in.</summary>
    private static Request[] Sorted(ReadOnlySpan<Request> requests, IOrder order, Instant now)
    {
        var sorted = requests.ToArray();
        if (sorted.Length < 2 || ReferenceEquals(order, AsGiven.Order)) return sorted;
        var places = new (Rank Rank, int Position)[sorted.Length];
        for (var i = 0; i < places.Length; i++) places[i] = (order.RankOf(sorted[i], now), i);
        Array.Sort(places, sorted);
        return sorted;
    }
}
