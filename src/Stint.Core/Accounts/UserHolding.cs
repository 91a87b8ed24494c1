using Stint.Core.Accounts;
using Stint.Core.Jobs;

namespace Stint.Core;

/// <summary>A job that holds resources, in what tiers count.</summary>
public sealed record HeldByJob(Job Job, long Cpus, long MemoryMiB, long Gpus, long MigInstances, long GpuShares);

/// <summary>All jobs of a user that are not over.</summary>
/// <param name="Newest">The one submitted last: its request says who the user is, and in which groups.</param>
public sealed record UserHolding(uint Uid, Job Newest, IReadOnlyList<HeldByJob> Holding, IReadOnlyList<Job> Waiting)
{
    public long Cpus => Holding.Sum(static held => held.Cpus);
    public long MemoryMiB => Holding.Sum(static held => held.MemoryMiB);
    public long Gpus => Holding.Sum(static held => held.Gpus);
    public long MigInstances => Holding.Sum(static held => held.MigInstances);
    public long GpuShares => Holding.Sum(static held => held.GpuShares);
}

public sealed partial class Cluster
{
    /// <summary>By uid, ascending. One look through all jobs, however many users are asked for.</summary>
    /// <param name="uids">Null: everybody.</param>
    public SortedDictionary<uint, UserHolding> HoldingsOf(IReadOnlySet<uint>? uids)
    {
        var found = new SortedDictionary<uint, (Job Newest, List<HeldByJob> Holding, List<Job> Waiting)>();
        foreach (var job in jobs.Values)
        {
            if (job.IsOver || uids?.Contains(job.Spec.Uid) == false) continue;
            if (!found.TryGetValue(job.Spec.Uid, out var user)) user = (job, [], []);
            if (job.Id > user.Newest.Id) user.Newest = job;
            if (job.IsActive) user.Holding.Add(HeldBy(job));
            else user.Waiting.Add(job);
            found[job.Spec.Uid] = user;
        }
        var holdings = new SortedDictionary<uint, UserHolding>();
        foreach (var (uid, (newest, holding, waiting)) in found)
        {
            holding.Sort(static (a, b) => a.Job.Id.CompareTo(b.Job.Id));
            waiting.Sort(static (a, b) => a.Id.CompareTo(b.Id));
            holdings.Add(uid, new UserHolding(uid, newest, holding, waiting));
        }
        return holdings;
    }

    private HeldByJob HeldBy(Job job)
    {
        var tres = TierTres.Of(charges[job.Id].Tres, accounts.Tres);
        return new HeldByJob(job, tres.Of(TierTres.Cpu), tres.Of(TierTres.Memory), tres.Of(TierTres.Gpu), tres.Of(TierTres.Mig), tres.Of(TierTres.Equivalent));
    }
}
