using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Scheduling;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>After the starts of a pass: jobs that could not start take from those they outrank, and jobs that gave way go on where
    /// nobody needs their CPUs.</summary>
    /// <param name="verdicts">In the order of the queues; those that block want resources.</param>
    private void PlanPreemptions(Batch batch, IReadOnlyList<Verdict> verdicts, Instant now)
    {
        var preempts = Config.Preempt is { By: not PreemptBy.PreemptNone };
        if (!preempts && suspendedForOthers.Count == 0) return;
        var free = new FreeResources();
        foreach (var record in batch.Records)
            if (record.JobAllocated is { } start)
                foreach (var share in start.Shares) free.TryTake(NodeOf(share.Node), share);
        foreach (var verdict in verdicts)
        {
            if (!preempts || verdict is not { Blocks: true, Reason: PendingReason.Resources }) continue;
            if (FindPartition(verdict.Job.Spec.Partition) is not { } partition) continue;
            var preemption = FindPreemption(verdict.Job, partition, node => node.TakesJobs ? free.On(node) : null, now);
            if (preemption is not null) { Preempt(batch, preemption); return; }
            WakeAtExemptionEnd(verdict.Job, partition, now);
        }
        PlanResumes(batch, free);
    }

    /// <summary>One preemption a pass: the next looks at what this one leaves.</summary>
    private void Preempt(Batch batch, Preemption preemption)
    {
        foreach (var (victim, mode, graceMs) in preemption.Victims)
        {
            var cause = $"preempted by job {preemption.For.Id}";
            if (mode == PreemptMode.PreemptSuspend)
            {
                batch.Add(new JobSuspended { JobId = victim.Id, Cause = cause, ForJob = preemption.For.Id });
                continue;
            }
            foreach (var member in VictimGroup(victim))
                End(batch, member, new Ending(EndKind.EndPreempted, Cause: cause, Requeue: mode == PreemptMode.PreemptRequeue, GraceMs: graceMs));
        }
        NeedsSchedule = true;
    }

    /// <summary>A heterogeneous job ends as a whole.</summary>
    private IEnumerable<Job> VictimGroup(Job victim) =>
        victim.Spec.HetJobId == 0 ? [victim] : HetGroup(victim).Where(static member => member.State == JobState.Running);

    private void WakeAtExemptionEnd(Job job, Partitions.Partition partition, Instant now)
    {
        if (NextExemptionEnd(job, partition, now) is { IsSet: true } end) timedWakes.Add((end.Milliseconds, job.Id));
    }
}
