using Stint.Core.Jobs;

namespace Stint.Core;

// How long jobs are expected to run. The limit at which they are ended is another thing: a wrong guess costs order, never work.
public sealed partial class Cluster
{
    /// <summary>The last two run times of each user, newest first; 0: none yet. (Tsafrir, Etsion, Feitelson, TPDS 2007.)</summary>
    private readonly Dictionary<uint, (long NewestMs, long OlderMs)> runTimes = [];

    private bool PredictsRunTimes => Config.Planning is { PredictRunTimes: true };

    private void NoteRunTime(Job job, Instant at)
    {
        if (!job.Started.IsSet) return;
        var newest = Math.Max(1, at.Milliseconds - job.Started.Milliseconds);
        runTimes[job.Spec.Uid] = (newest, runTimes.GetValueOrDefault(job.Spec.Uid).NewestMs);
    }

    private long PlannedMs(Job job)
    {
        var limit = job.Spec.TimeLimitMs > 0 ? job.Spec.TimeLimitMs : long.MaxValue;
        if (!PredictsRunTimes || !runTimes.TryGetValue(job.Spec.Uid, out var last) || last.OlderMs == 0) return limit;
        return Math.Min(limit, (last.NewestMs + last.OlderMs) / 2);
    }

    /// <summary>When a running job is expected to give back what it holds: 0 for any moment, <see cref="long.MaxValue"/> for
    /// never.</summary>
    private long PlannedEnd(Job job)
    {
        if (job.State == JobState.Completing) return 0;
        var limit = job.EndLimit.IsSet ? job.EndLimit.Milliseconds : long.MaxValue;
        if (!PredictsRunTimes) return limit;
        var planned = PlannedMs(job);
        var predicted = planned == long.MaxValue ? planned : job.Started.Milliseconds + planned;
        return predicted > passAt.Milliseconds ? Math.Min(predicted, limit) : limit;
    }
}
