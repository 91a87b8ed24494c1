using Stint.Core.Arrays;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

public sealed partial class Cluster
{
    private Decision DecideSubmit(SubmitJob command, Instant now)
    {
        var asked = command.Spec;
        if (asked.ClientToken.Length > 0 && clientTokens.TryGetValue(SpecTable.HashOf(asked.Uid, asked.ClientToken), out var known)
            && jobs[known].Spec is var earlier && earlier.Uid == asked.Uid && earlier.Name == asked.Name)
            return Decision.Of([], known);
        if (CheckCapacity(1) is { } full) return new Decision([], full, 0);
        var (spec, refusal) = Prepare(asked, NextJobId, now);
        if (refusal is not null) return new Decision([], refusal, 0);

        var batch = new Batch(now);
        batch.Add(new JobSubmitted { JobId = NextJobId, Spec = spec });
        return batch.Decision(NextJobId);
    }

    private Refusal? CheckCapacity(int more)
    {
        if (Config.MaxJobs > 0 && unfinishedJobs + more > Config.MaxJobs)
            return No(RefusalCodes.TooManyJobs,
                $"the cluster holds {unfinishedJobs} pending and running jobs; its limit is {Config.MaxJobs}",
                "Submit again when some have ended, or use an array");
        return NextJobId > uint.MaxValue - (uint)more ? No(RefusalCodes.TooManyJobs, "the cluster has given out all job ids") : null;
    }

    /// <summary>The request as it goes into the journal, or why not. Also what a change of a pending job has to pass.</summary>
    /// <param name="id">The job's own id.</param>
    /// <param name="keepsPolicy">A change that touches nothing that the policy admits jobs by.</param>
    /// <param name="keepsReservation">A change that touches no reservation: the job waits as before where it is let in no more.</param>
    private (JobSpec Spec, Refusal? Refusal) Prepare(JobSpec asked, uint id, Instant now, bool keepsPolicy = false, bool keepsReservation = false)
    {
        var spec = asked.Clone();
        var refusal = CheckPartition(spec) ?? CheckText(spec) ?? CheckShape(spec)
            ?? CheckArray(spec) ?? CheckNodes(spec) ?? CheckDependencies(spec, id);
        if (refusal is null)
        {
            FillDefaults(spec);
            refusal = (keepsPolicy ? null : CheckPolicy(spec, now)) ?? (keepsReservation ? null : CheckReservation(spec, now)) ?? CheckDeadline(spec, now) ?? CheckFits(spec);
        }
        return (spec, refusal);
    }

    /// <summary>What the request left open and the cluster decides once and for all.</summary>
    private void FillDefaults(JobSpec spec)
    {
        FillResources(spec);
        var partition = FindPartition(PartitionNames(spec.Partition)[0])!.Spec;
        if (spec.TimeLimitMs < 0) spec.TimeLimitMs = 0;
        else if (spec.TimeLimitMs == 0) spec.TimeLimitMs = ImpliedTimeLimitMs(spec, partition);
        spec.NodesMin = Math.Max(1, spec.NodesMin);
        spec.CpusPerTask = Math.Max(1, spec.CpusPerTask);
        if (spec.Tasks == 0) spec.Tasks = spec.NodesMin * Math.Max(1, spec.TasksPerNode);
        spec.Tasks = Math.Max(spec.Tasks, spec.NodesMin);
        FillPartitionDefaults(spec, partition);
        if (!spec.HasMemoryPerNodeBytes && !spec.HasMemoryPerCpuBytes && !spec.HasMemoryPerGpuBytes)
        {
            if (Config.DefaultMemoryPerCpuBytes > 0) spec.MemoryPerCpuBytes = Config.DefaultMemoryPerCpuBytes;
            else spec.MemoryPerNodeBytes = 0;
        }
    }

    private void On(JobSubmitted record, Instant at)
    {
        var job = new Job(record.JobId, specs.Take(record.Spec))
        {
            TokenHash = SpecTable.HashOf(record.Spec.Uid, record.Spec.ClientToken),
            Submitted = at,
            Order = record.JobId,
            Held = record.Spec.Held,
            NotBefore = new Instant(record.Spec.BeginMs),
        };
        if (!jobs.TryAdd(job.Id, job)) throw new InvalidOperationException($"job {job.Id} was submitted twice");
        NextJobId = Math.Max(NextJobId, job.Id + 1);
        if (job.IsArray)
        {
            job.Unstarted = new TaskSet(record.Spec.Array);
            arrays.Add(job.Id, new ArrayBook());
        }
        if (job.TokenHash != 0) clientTokens[job.TokenHash] = job.Id;
        IndexUnfinished(job);
        NoteDemand(job);
        CountSubmitted(job);
        SetEligible(job, at);
        BecomePending(job);
    }

    /// <summary>Eligible from now on, or from its begin time; unknown while it is held or depends on others.</summary>
    private static void SetEligible(Job job, Instant at)
    {
        if (job.Held) job.Eligible = Instant.Never;
        else if (job.Spec.Dependencies.Count == 0) job.Eligible = job.NotBefore > at ? job.NotBefore : at;
    }
}
