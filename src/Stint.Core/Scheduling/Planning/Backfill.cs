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
        if (policy.Backfills && next < ordered.Length) Fill(round, ordered[next..], policy.BackfillOrder, now);
        round.Undo();
        return round.Plan;
    }

    private static void Fill(BackfillRound round, ReadOnlySpan<Request> rest, IOrder order, Instant now)
    {
        var smallest = rest[0].Amount;
        foreach (ref readonly var request in rest) smallest = Amount.Min(smallest, request.Amount);
        if (!round.HasFree(smallest)) return; // a long queue on a full cluster is not even sorted
        foreach (ref readonly var request in Sorted(rest, order, now))
        {
            if (round.StartIfFree(request) && !round.HasFree(smallest)) return;
        }
    }

    /// <summary>The requests in order; those of equal rank stay as they were handed in.</summary>
    private static ReadOnlySpan<Request> Sorted(ReadOnlySpan<Request> requests, IOrder order, Instant now)
    {
        if (requests.Length < 2 || ReferenceEquals(order, AsGiven.Order)) return requests;
        var sorted = requests.ToArray();
        var places = new (Rank Rank, int Position)[sorted.Length];
        for (var i = 0; i < places.Length; i++) places[i] = (order.RankOf(sorted[i], now), i);
        Array.Sort(places, sorted);
        return sorted;
    }
}
