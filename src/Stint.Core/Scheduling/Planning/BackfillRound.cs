using System.Runtime.InteropServices;

namespace Stint.Core.Scheduling.Planning;

/// <summary>The working state of one planning round: what it put into the timeline, to be taken out again, and the plan so far.</summary>
internal sealed class BackfillRound(Timeline timeline, Instant now)
{
    private readonly List<(Instant Start, Instant End, Amount Amount)> _made = [];

    /// <summary>
    /// For an amount, the shortest duration that did not fit: within a round only less and less is free, so it stays true.
    /// </summary>
    private readonly Dictionary<Amount, long> _shortestFailedMs = [];

    private Amount _free = timeline.AvailableAt(now);

    public Plan Plan { get; } = new();

    /// <summary>Reservations given so far.</summary>
    public int Depth => Plan.Reservations.Count;

    public void StartOrReserve(in Request request)
    {
        if (StartIfFree(request)) return;
        var start = timeline.EarliestStart(request.Amount, DurationMs(request), now);
        if (start is null)
        {
            Plan.Refuse(request.Id);
            return;
        }
        Hold(request, start.Value);
        Plan.Reserve(request.Id, start.Value);
    }

    public bool StartIfFree(in Request request)
    {
        if (!_free.Covers(request.Amount)) return false;
        var durationMs = DurationMs(request);
        ref var shortestFailedMs = ref CollectionsMarshal.GetValueRefOrAddDefault(_shortestFailedMs, request.Amount, out var failed);
        if (failed && durationMs >= shortestFailedMs) return false;
        if (!timeline.Fits(request.Amount, durationMs, now))
        {
            shortestFailedMs = durationMs;
            return false;
        }
        if (!failed) shortestFailedMs = long.MaxValue;
        Hold(request, now);
        _free -= request.Amount;
        Plan.Start(request.Id);
        return true;
    }

    /// <summary>Whether this much is free at the moment of the round, be it for an instant only.</summary>
    public bool HasFree(in Amount amount) => _free.Covers(amount);

    public void Undo()
    {
        foreach (var (start, end, amount) in _made) timeline.Release(start, end, amount);
    }

    private void Hold(in Request request, Instant start)
    {
        var durationMs = DurationMs(request);
        var end = start.Milliseconds > long.MaxValue - durationMs ? Timeline.Forever : new Instant(start.Milliseconds + durationMs);
        timeline.Reserve(start, end, request.Amount);
        _made.Add((start, end, request.Amount));
    }

    /// <summary>At least one millisecond: two requests without any duration must not share the same processor.</summary>
    private static long DurationMs(in Request request) => Math.Max(1, request.EstimateMs);
}
