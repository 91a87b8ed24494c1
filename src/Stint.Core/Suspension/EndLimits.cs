using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Reservations;

namespace Stint.Core;

// When a run must end: by its time limit (suspensions not counted), its deadline, and the end of the reservation it asked for.
public sealed partial class Cluster
{
    /// <summary>Fills in what a start decides besides its shares: the reservation and the moment at which it must end.</summary>
    /// <param name="runLimitMs">A limit shorter than the spec's, not under --time-min; 0: the spec's.</param>
    private void CompleteStart(JobAllocated record, Job job, Instant now, long runLimitMs = 0)
    {
        record.Reservation = ReservationOf(job, record.Shares, now);
        if (runLimitMs > 0 && (job.Spec.TimeLimitMs == 0 || runLimitMs < job.Spec.TimeLimitMs)) record.RunLimitMs = runLimitMs;
        var limit = record.RunLimitMs > 0 ? record.RunLimitMs : job.Spec.TimeLimitMs;
        record.EndLimitMs = EndOfRun(job.Spec, record.Reservation, limit > 0 ? now.Milliseconds + limit : long.MaxValue, now);
    }

    private Instant EndLimitOf(Job job, Instant at)
    {
        var limit = job.RunLimitMs > 0 ? job.RunLimitMs : job.Spec.TimeLimitMs;
        var end = limit > 0 ? job.Started.Milliseconds + limit + job.SuspendedMs : long.MaxValue;
        return new Instant(EndOfRun(job.Spec, job.Reservation, end, at));
    }

    private long EndOfRun(JobSpec spec, string reservationName, long endMs, Instant at)
    {
        if (spec.DeadlineMs > 0) endMs = Math.Min(endMs, spec.DeadlineMs);
        // A magnetic reservation takes only jobs that end in it; with FLEX they may stay longer.
        if (spec.Reservation.Length > 0 && reservations.TryGetValue(reservationName, out var reservation)
            && !reservation.Has(ReservationFlags.Flex | ReservationFlags.TimeFloat))
            endMs = Math.Min(endMs, reservation.IsActiveAt(at) ? reservation.EndAt(at).Milliseconds : at.Milliseconds);
        return endMs == long.MaxValue ? 0 : endMs;
    }

    /// <summary>The time limit with which a job that allows less (--time-min) ends within some room; null: not even its minimum does. The
    /// limit itself when there is room for it.</summary>
    private static long? LimitThatFits(Job job, long roomMs)
    {
        var limit = job.Spec.TimeLimitMs;
        if (limit > 0 && limit <= roomMs) return limit;
        if (job.Spec.TimeMinMs <= 0 || job.Spec.TimeMinMs > roomMs) return limit == 0 && roomMs == long.MaxValue ? 0 : null;
        return roomMs / 60_000 * 60_000 is var minutes && minutes >= job.Spec.TimeMinMs ? minutes : job.Spec.TimeMinMs;
    }
}
