using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

// scontrol top: before the user's other jobs of the same partition, account and QOS. What one job gains in nice value the others lose, so
// that the user as a whole gains nothing; equal priorities go by rank, which is passed on among the same jobs.
public sealed partial class Cluster
{
    /// <summary>Jobs that share the cost: a user's million others are not all written again.</summary>
    private const int PayersMax = 1_000;

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
        var model = wanted[0].Spec;
        var others = jobs.Values.Where(job => job.State == JobState.Pending && !wanted.Contains(job) && !job.Spec.HasPriority && job.Spec.Uid == model.Uid
            && job.Spec.Partition == model.Partition && job.Spec.Account == model.Account && job.Spec.Qos == model.Qos)
            .OrderBy(static job => job.Order).ThenBy(static job => job.Id).ToList();
        if (others.Count == 0 && wanted.Count == 1) return;
        var nice = NewNice(wanted, others, now);
        var first = wanted.Concat(others).Min(static job => job.Order);
        var ranks = Ranks(wanted, first);
        foreach (var job in wanted.Concat(others))
        {
            var order = ranks.GetValueOrDefault(job.Id, job.Order);
            if (order == job.Order && nice.GetValueOrDefault(job.Id, job.Spec.Nice) == job.Spec.Nice) continue;
            var spec = job.Spec.Clone();
            spec.Nice = nice.GetValueOrDefault(job.Id, job.Spec.Nice);
            batch.Add(new JobUpdated { JobId = job.Id, Spec = spec, ByUid = by.Uid, ByAdmin = by.IsOperator, Order = order });
        }
    }

    /// <summary>Just before the first of the group, and so behind the older jobs of others: equal ranks go by id.</summary>
    private static Dictionary<uint, ulong> Ranks(List<Job> wanted, ulong first)
    {
        var ranks = new Dictionary<uint, ulong>();
        var rank = first == 0 ? 0 : first - 1;
        for (var i = wanted.Count - 1; i >= 0; i--)
        {
            if (i + 1 < wanted.Count && wanted[i].Id > wanted[i + 1].Id && rank > 0) rank--;
            ranks[wanted[i].Id] = rank;
        }
        return ranks;
    }

    /// <summary>Those that move get what they lack to the best of the others; the others share the cost.</summary>
    private Dictionary<uint, int> NewNice(List<Job> wanted, List<Job> others, Instant now)
    {
        var nice = wanted.ToDictionary(static job => job.Id, static job => job.Spec.Nice);
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
        if (cost == 0) return nice;
        var payers = others.Take(PayersMax).ToList();
        var each = (int)Math.Min((cost + payers.Count - 1) / payers.Count, 1_000_000_000);
        foreach (var job in payers) nice[job.Id] = (int)Math.Min((long)job.Spec.Nice + each, int.MaxValue);
        return nice;
    }
}
