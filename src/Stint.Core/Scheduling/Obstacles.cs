using Stint.Core.Jobs;
using Stint.Core.Partitions;
using Stint.Core.Scheduling;

namespace Stint.Core;

// What keeps a job from starting, whatever is free. In the order in which Slurm names reasons.
public sealed partial class Cluster
{
    /// <summary>Of this job alone: it is parked until what is named wakes it.</summary>
    private Verdict? ObstacleOf(Job job)
    {
        if (!job.Asked.IsBound && !job.Held && job.NotBefore <= passAt) return null;
        if (job.Held) return new Verdict(job, HoldReason(job), "");
        if (job.NotBefore > passAt) return new Verdict(job, PendingReason.BeginTime, "its begin time has not come", Wake: job.NotBefore);
        switch (DependenciesOf(job, passAt, out var wake))
        {
            case DependencyState.NotYet: return new Verdict(job, PendingReason.Dependency, "waits for other jobs", Wake: wake);
            case DependencyState.Never: return new Verdict(job, PendingReason.DependencyNeverSatisfied,
                "a job it depends on ended otherwise than it asks for");
        }
        return ThrottleOf(job);
    }

    /// <summary>Of all jobs like it: they stay in the queue and are passed over.</summary>
    private Verdict? ObstacleOfClass(Job job, Partition partition)
    {
        if (!partition.IsConfigured)
            return new Verdict(job, PendingReason.PartitionConfig, $"partition {partition.Name} is not in the configuration any more");
        return ReservationObstacle(job, partition, passAt) ?? LimitObstacle(job, partition, passAt) ?? LicenseObstacle(job);
    }

    private int StartableTasks(Job job)
    {
        if (!job.Asked.IsArray) return 1;
        var arrayId = job.ArrayJobId ?? job.Id;
        var wanted = job.IsArray ? HasCorresponding(job) ? FreeTasks(job).Count() : job.PendingTaskCount : 1;
        var throttle = (int)Math.Min(job.Spec.ArrayThrottle, int.MaxValue);
        if (throttle == 0 || !arrays.TryGetValue(arrayId, out var book)) return wanted;
        return Math.Clamp(throttle - book.Active - plannedPerArray.GetValueOrDefault(arrayId), 0, wanted);
    }

    private static bool HasCorresponding(Job job)
    {
        foreach (var dependency in job.Spec.Dependencies)
            if (dependency.Kind == "aftercorr") return true;
        return false;
    }

    private Verdict? ThrottleOf(Job job)
    {
        var arrayId = job.ArrayJobId ?? job.Id;
        if (job.Spec.ArrayThrottle == 0 || !arrays.TryGetValue(arrayId, out var book)) return null;
        var running = book.Active + plannedPerArray.GetValueOrDefault(arrayId);
        return running < job.Spec.ArrayThrottle ? null
            : new Verdict(job, PendingReason.JobArrayTaskLimit, $"{running} of its tasks run; its limit is {job.Spec.ArrayThrottle} at a time");
    }

    private static string Minutes(long ms) =>
        ms % 60_000 != 0 ? $"{ms / 1000} seconds" : ms == 60_000 ? "1 minute" : $"{ms / 60_000} minutes";
}
