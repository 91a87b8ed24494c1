using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

// --deadline: a pending job that can no longer end in time, with its shortest allowed run, ends as DEADLINE (sbatch(1)).
public sealed partial class Cluster
{
    /// <summary>Pending jobs by the last moment at which they can start.</summary>
    private readonly SortedSet<(long LastStartMs, uint Id)> deadlines = [];

    private static long LastStartMs(JobSpec spec) =>
        spec.DeadlineMs - (spec.TimeMinMs > 0 ? spec.TimeMinMs : Math.Max(0, spec.TimeLimitMs));

    private static Refusal? CheckDeadline(JobSpec spec, Instant now)
    {
        if (spec.TimeMinMs < 0 || spec.TimeMinMs > 0 && spec.TimeLimitMs > 0 && spec.TimeMinMs > spec.TimeLimitMs)
            return No(RefusalCodes.InvalidTimeLimit, $"the minimum time, {Minutes(spec.TimeMinMs)}, is more than the time limit, {Minutes(spec.TimeLimitMs)}");
        if (spec.DeadlineMs == 0) return null;
        if (spec.DeadlineMs is < 0 or > MomentMsMax || spec.DeadlineMs <= now.Milliseconds)
            return No(RefusalCodes.InvalidDeadline, "Invalid deadline time: it lies in the past or too far ahead");
        var last = LastStartMs(spec);
        return last < Math.Max(now.Milliseconds, spec.BeginMs)
            ? No(RefusalCodes.InvalidDeadline,
                $"the job can not meet its deadline: it needs {Minutes(spec.DeadlineMs - last)}, and {Minutes(Math.Max(0, spec.DeadlineMs - Math.Max(now.Milliseconds, spec.BeginMs)))} are left",
                "Ask for a later deadline, or for less time with --time or --time-min")
            : null;
    }

    private void EnterDeadline(Job job)
    {
        if (job.Spec.DeadlineMs <= 0) return;
        deadlines.Add((LastStartMs(job.Spec), job.Id));
        timedWakes.Add((LastStartMs(job.Spec) + 1, 0));
    }

    private void LeaveDeadline(Job job)
    {
        if (job.Spec.DeadlineMs > 0) deadlines.Remove((LastStartMs(job.Spec), job.Id));
    }

    private void MissedDeadlines(Batch batch)
    {
        foreach (var (last, id) in deadlines)
        {
            if (last >= batch.Now.Milliseconds) break;
            batch.Add(new JobEnded { JobId = id, Kind = EndKind.EndDeadline, Cause = "it could not end before its deadline any more" });
        }
    }
}
