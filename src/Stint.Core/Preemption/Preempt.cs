using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Scheduling;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>After the starts of a pass: jobs that could not start take from those they outrank, and jobs that gave way go on where
    /// nobody needs their CPUs.</summary>
    private void FollowPreemptions(Plan plan, Batch batch)
    {
        foreach (var preemption in plan.Preemptions) Preempt(batch, preemption);
        if (plan.Preemptions.Count > 0 || plan.IsCut || suspendedForOthers.Count == 0) return;
        var free = new FreeResources();
        foreach (var record in batch.Records)
            if (record.JobAllocated is { } start)
                foreach (var share in start.Shares) free.TryTake(NodeOf(share.Node), share);
        PlanResumes(batch, free);
    }

    /// <summary>Victims are told to end, or are stopped; what they free is the waiting job's.</summary>
    private void Preempt(Batch batch, Preemption preemption)
    {
        foreach (var (victim, mode, graceMs) in preemption.Victims)
        {
            if (victim.State != JobState.Running || IsEndingIn(batch, victim.Id)) continue;
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

    /// <summary>Who gives way now; if nobody may yet, the job is looked at again when the first of them is exempt no more.</summary>
    private Preemption? PreemptionFor(Job job, Partitions.Partition partition, Func<Nodes.Node, NodeBalance?> freeOn)
    {
        if (FindPreemption(job, partition, freeOn, passAt) is { } found) return found;
        WakeAtExemptionEnd(job, partition, passAt);
        return null;
    }

    /// <summary>A heterogeneous job ends as a whole.</summary>
    private IEnumerable<Job> VictimGroup(Job victim) =>
        victim.Spec.HetJobId == 0 ? [victim] : HetGroup(victim).Where(static member => member.State == JobState.Running);

    private void WakeAtExemptionEnd(Job job, Partitions.Partition partition, Instant now)
    {
        if (NextExemptionEnd(job, partition, now) is { IsSet: true } end) timedWakes.Add((end.Milliseconds, job.Id));
    }
}
