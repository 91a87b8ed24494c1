using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Partitions;

namespace Stint.Core;

// Who may preempt whom, how, and from when on (slurm.conf(5), PreemptType, PreemptMode, PreemptExemptTime, GraceTime).
public sealed partial class Cluster
{
    private static uint TierOf(Partition? partition) => partition is null ? 0 : partition.Spec.Tier;

    private Partition? PartitionOfRun(Job job) => FindPartition(job.Partition.Length > 0 ? job.Partition : job.Spec.Partition);

    /// <summary>Whether a job goes before another, whatever the time: the relation that preemption follows.</summary>
    private bool Outranks(Job job, Partition partition, Job victim, Instant now)
    {
        if (job.Id == victim.Id) return false;
        switch (Config.Preempt?.By ?? PreemptBy.PreemptNone)
        {
            case PreemptBy.PreemptPartition: return TierOf(partition) > TierOf(PartitionOfRun(victim));
            case PreemptBy.PreemptQos:
                if (job.Spec.Qos == victim.Spec.Qos)
                    return IsWithin(victim) && PartitionOfRun(victim) is { } other
                        && PriorityOf(job, partition, now) > PriorityOf(victim, other, now);
                return QosSpecOf(job.Spec.Qos)?.Preempt.Contains(victim.Spec.Qos) == true;
            default: return false;
        }
    }

    /// <summary>PreemptMode=WITHIN: jobs of one QOS preempt one another by priority.</summary>
    private bool IsWithin(Job victim) => Config.Preempt?.Within == true && victim.Spec.Qos.Length > 0;

    private bool OutranksAnywhere(Job job, Job victim)
    {
        if (Config.Preempt is null or { By: PreemptBy.PreemptNone }) return false;
        foreach (var name in job.Spec.Partition.Split(','))
            if (FindPartition(name) is { } partition && Outranks(job, partition, victim, passAt)) return true;
        return false;
    }

    /// <summary>How a job gives way: by its QOS or its partition where that says so, else as the cluster does. A job that can not be
    /// requeued is cancelled instead.</summary>
    private PreemptMode ModeOf(Job victim)
    {
        var mode = Config.Preempt?.Mode ?? PreemptMode.PreemptOff;
        if (Config.Preempt?.By == PreemptBy.PreemptQos)
        {
            if (QosSpecOf(victim.Spec.Qos) is { PreemptMode: not PreemptMode.PreemptOff } qos) mode = qos.PreemptMode;
        }
        else if (PartitionOfRun(victim) is { Spec.HasPreemptMode: true } partition) mode = partition.Spec.PreemptMode;
        if (mode == PreemptMode.PreemptGang) return PreemptMode.PreemptOff;
        return mode == PreemptMode.PreemptRequeue && victim.Spec is not { IsBatch: true, Requeue: true } ? PreemptMode.PreemptCancel : mode;
    }

    private long GraceOf(Job victim)
    {
        if (Config.Preempt?.By == PreemptBy.PreemptQos) return QosSpecOf(victim.Spec.Qos)?.GraceMs ?? 0;
        return PartitionOfRun(victim)?.Spec.GraceMs ?? 0;
    }

    /// <summary>It has not had the time yet that a job is left alone.</summary>
    private bool IsExempt(Job victim, Instant now)
    {
        var exempt = QosSpecOf(victim.Spec.Qos) is { PreemptExemptMs: > 0 } qos ? qos.PreemptExemptMs : Config.Preempt?.ExemptMs ?? 0;
        return exempt > 0 && RunTime(victim, now) < exempt;
    }

    private static long RunTime(Job job, Instant now) =>
        Math.Max(0, (job.SuspendedAt.IsSet ? job.SuspendedAt : now).Milliseconds - job.Started.Milliseconds - job.SuspendedMs);

    private bool MayPreempt(Job job, Partition partition, Job victim, Instant now) =>
        victim.State == JobState.Running && ModeOf(victim) != PreemptMode.PreemptOff
        && Outranks(job, partition, victim, now) && !IsExempt(victim, now);

    /// <summary>When, at the earliest, time alone makes one more job preemptable; not set: never.</summary>
    private Instant NextExemptionEnd(Job job, Partition partition, Instant now)
    {
        var next = Instant.Never;
        foreach (var id in activeJobs)
        {
            var victim = jobs[id];
            if (victim.State != JobState.Running || !IsExempt(victim, now) || !Outranks(job, partition, victim, now)) continue;
            var exempt = QosSpecOf(victim.Spec.Qos) is { PreemptExemptMs: > 0 } qos ? qos.PreemptExemptMs : Config.Preempt!.ExemptMs;
            var end = new Instant(now.Milliseconds + exempt - RunTime(victim, now));
            if (!next.IsSet || end < next) next = end;
        }
        return next;
    }
}
