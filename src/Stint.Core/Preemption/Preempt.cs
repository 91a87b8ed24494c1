using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Scheduling;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>After the starts of a pass: those whom a plan makes give way do so, and jobs that gave way before go on where nobody needs
    /// their CPUs.</summary>
    /// <returns>Somebody gives way: the next pass looks at what that leaves.</returns>
    private bool FollowPreemptions(Plan plan, Batch batch)
    {
        var gone = new HashSet<uint>();
        foreach (var preemption in plan.Preemptions)
        {
            // Two that want the same victim: the second looks again when the first has what it wanted.
            if (preemption.Victims.Any(victim => victim.Job.State != JobState.Running || gone.Contains(victim.Job.Id))) continue;
            Preempt(batch, preemption, gone);
        }
        if (gone.Count > 0 || plan.IsCut || suspendedForOthers.Count == 0) return gone.Count > 0;
        var free = new FreeResources();
        foreach (var record in batch.Records)
            if (record.JobAllocated is { } start)
                foreach (var share in start.Shares) free.TryTake(NodeOf(share.Node), share);
        PlanResumes(batch, free);
        return false;
    }

    private void Preempt(Batch batch, Preemption preemption, HashSet<uint> gone)
    {
        foreach (var (victim, mode, graceMs) in preemption.Victims)
        {
            var cause = $"preempted by job {preemption.For.Id}";
            if (mode == PreemptMode.PreemptSuspend)
            {
                gone.Add(victim.Id);
                batch.Add(new JobSuspended { JobId = victim.Id, Cause = cause, ForJob = preemption.For.Id });
                continue;
            }
            foreach (var member in VictimGroup(victim))
                if (gone.Add(member.Id))
                    End(batch, member, new Ending(EndKind.EndPreempted, Cause: cause, Requeue: mode == PreemptMode.PreemptRequeue, GraceMs: graceMs));
        }
    }

    /// <summary>A heterogeneous job ends as a whole.</summary>
    private IEnumerable<Job> VictimGroup(Job victim) =>
        victim.Spec.HetJobId == 0 ? [victim] : HetGroup(victim).Where(static member => member.State == JobState.Running);

    private void WakeAtExemptionEnd(Job job, Partitions.Partition partition, Instant now)
    {
        if (NextExemptionEnd(job, partition, now) is { IsSet: true } end) timedWakes.Add((end.Milliseconds, 0));
    }
}
