using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

// scontrol top: before the user's other jobs of the same partition, account and QOS. What one job gains in nice value the others lose, so
// that the user as a whole gains nothing; equal priorities go by rank, which is passed on among the same jobs.
public sealed partial class Cluster
{
    private Decision DecideTop(TopJobs command, Instant now)
    {
        var wanted = new List<Job>();
        foreach (var id in command.JobIds)
        {
            if (!jobs.TryGetValue(id, out var job)) return UnknownJob(id);
            if (!MayChange(job, command.By)) return Denied(job, command.By, "move");
            if (job.State != JobState.Pending) return Decision.No(RefusalCodes.JobNotPending, $"Job is no longer pending execution: {id}");
            if (job.Spec.Partition.Contains(',', StringComparison.Ordinal) || job.Spec.HasPriority)
                return Decision.No(RefusalCodes.Disabled, $"job {id} {(job.Spec.HasPriority ? "has a priority that was set" : "names several partitions")}: it can not be moved");
            if (!wanted.Contains(job)) wanted.Add(job);
        }
        var batch = new Batch(now);
        foreach (var group in wanted.GroupBy(static job => (job.Spec.Uid, job.Spec.Partition, job.Spec.Account, job.Spec.Qos)))
            MoveUp(batch, [.. group], command.By, now);
        return batch.Decision();
    }

    private void MoveUp(Batch batch, List<Job> wanted, Actor by, Instant now)
    {
        var first = wanted[0].Spec;
        var others = jobs.Values.Where(job => job.State == JobState.Pending && !wanted.Contains(job) && !job.Spec.HasPriority && job.Spec.Uid == first.Uid
            && job.Spec.Partition == first.Partition && job.Spec.Account == first.Account && job.Spec.Qos == first.Qos)
            .OrderBy(static job => job.Order).ThenBy(static job => job.Id).ToList();
        var ranks = wanted.Concat(others).Select(static job => job.Order).Order().ToList();
        var nice = NewNice(wanted, others, now);
        var at = 0;
        foreach (var job in wanted.Concat(others))
        {
            var order = ranks[at++];
            if (order == job.Order && nice[job.Id] == job.Spec.Nice) continue;
            var spec = job.Spec.Clone();
            spec.Nice = nice[job.Id];
            batch.Add(new JobUpdated { JobId = job.Id, Spec = spec, ByUid = by.Uid, ByAdmin = by.IsOperator, Order = order });
        }
    }

    /// <summary>Those that move get what they lack to the best of the others; the others share the cost.</summary>
    private Dictionary<uint, int> NewNice(List<Job> wanted, List<Job> others, Instant now)
    {
        var nice = wanted.Concat(others).ToDictionary(static job => job.Id, static job => job.Spec.Nice);
        if (others.Count == 0 || FindPartition(wanted[0].Spec.Partition) is not { } partition) return nice;
        var best = others.Max(job => PriorityOf(job, partition, now));
        var cost = 0L;
        foreach (var job in wanted)
        {
            var gain = (long)Math.Ceiling(Math.Max(0, best - PriorityOf(job, partition, now)));
            if (gain == 0) continue;
            nice[job.Id] = (int)Math.Clamp(nice[job.Id] - gain, int.MinValue + 1, int.MaxValue);
            cost += gain;
        }
        var each = (int)Math.Min((cost + others.Count - 1) / others.Count, 1_000_000_000);
        foreach (var job in others) nice[job.Id] = (int)Math.Min((long)nice[job.Id] + each, int.MaxValue);
        return nice;
    }
}
