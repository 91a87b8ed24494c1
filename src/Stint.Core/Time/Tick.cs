using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

// What time alone brings about. Each rule looks at live things only, so that a tick costs little with many jobs pending.
public sealed partial class Cluster
{
    /// <summary>The shepherd ends a job at its limit; this long after it, the server does.</summary>
    private static readonly TimeSpan LimitGrace = TimeSpan.FromSeconds(60);
    private const int ForgottenPerTickMax = 1_000;

    private Decision DecideTick(Instant now)
    {
        if (NextWake.IsSet && NextWake <= now) NeedsSchedule = true;
        var batch = new Batch(now);
        var givenUp = SilentNodes(batch);
        OverdueJobs(batch, givenUp);
        SpentBudgets(batch);
        MissedDeadlines(batch);
        EndIncompleteGroups(batch);
        DueReservations(batch);
        OldJobs(batch);
        return batch.Decision();
    }

    private void OverdueJobs(Batch batch, SortedSet<uint> givenUp)
    {
        foreach (var id in activeJobs)
        {
            var job = jobs[id];
            if (job.State != JobState.Running || !job.EndLimit.IsSet || batch.Now < EndAfter(job)) continue;
            if (HasLiveStep(job) && batch.Now < EndAfter(job) + LimitGrace || givenUp.Contains(id)) continue;
            End(batch, job, new Ending(EndKind.EndTimeout, Cause: $"reached its time limit of {Minutes(job.Spec.TimeLimitMs)}"));
        }
    }

    /// <summary>Its limit, and the time beyond it that the cluster grants to all (OverTimeLimit).</summary>
    private Instant EndAfter(Job job) => job.EndLimit + TimeSpan.FromMilliseconds(Config.OverTimeMs);

    private static bool HasLiveStep(Job job)
    {
        foreach (var step in job.Steps.Values)
            if (!step.IsOver) return true;
        return false;
    }

    private void OldJobs(Batch batch)
    {
        var forgotten = new JobsForgotten();
        foreach (var (endMs, id) in endedJobs)
        {
            if (batch.Now.Milliseconds - endMs < Config.MinJobAgeMs || forgotten.JobIds.Count >= ForgottenPerTickMax) break;
            if (MayBeForgotten(jobs[id])) forgotten.JobIds.Add(id);
        }
        if (forgotten.JobIds.Count > 0) batch.Add(forgotten);
    }

    /// <summary>Nobody waits for it, and it is not the record of an array that has tasks alive.</summary>
    private bool MayBeForgotten(Job job)
    {
        if (dependents.ContainsKey(job.Id) || job.ArrayJobId is { } array && dependents.ContainsKey(array)) return false;
        return !arrays.TryGetValue(job.Id, out var book) || book.Live == 0;
    }

    private void On(JobsForgotten record)
    {
        foreach (var id in record.JobIds)
        {
            var job = JobOf(id);
            if (!job.IsOver) throw new InvalidOperationException($"job {id} was forgotten although it is {job.State}");
            jobs.Remove(id);
            endedJobs.Remove((job.Ended.Milliseconds, id));
            arrays.Remove(id);
            if (job.ArrayTask is { } task && BookOf(job) is { } book) book.TaskJobs.Remove(task);
            if (job.TokenHash != 0 && clientTokens.TryGetValue(job.TokenHash, out var known) && known == id) clientTokens.Remove(job.TokenHash);
            specs.GiveBack(job.Asked);
        }
    }
}
