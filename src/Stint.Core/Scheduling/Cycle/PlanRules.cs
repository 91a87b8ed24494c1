using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Partitions;
using Stint.Core.Scheduling.Planning;

namespace Stint.Core.Scheduling.Cycle;

/// <summary>The policy that the configuration names, for a cluster of this size.</summary>
internal sealed class PlanRules(PlanningSettings settings, long nodesVersion, Policy policy)
{
    public Policy Policy { get; } = policy;
    /// <summary>Reservations of one partition in a plan.</summary>
    public int DepthOfPartition { get; } = settings.ReservationsMax > 0 ? int.MaxValue : policy.ReservationDepth;
    /// <summary>Reservations of a plan.</summary>
    public int DepthOfAll { get; } = settings.ReservationsMax > 0 ? (int)Math.Min(settings.ReservationsMax, int.MaxValue) : int.MaxValue;
    private long WindowMs { get; } = settings.WindowMs;

    public long LastMs(Instant now) => WindowMs > 0 ? now.Milliseconds + WindowMs : long.MaxValue - 1;

    public static PlanRules Of(SchedulingView view, PlanRules? former)
    {
        if (former is not null && former.IsFor(view)) return former;
        long cpus = 0, memory = 0;
        foreach (var node in view.AllNodes)
        {
            cpus += node.Hardware.Cpus;
            memory += (long)node.Hardware.MemoryBytes;
        }
        var capacity = new Amount(cpus, memory);
        return new PlanRules(view.Planning, view.NodesVersion, Policies.Named(view.Planning.Policy, capacity) ?? Policies.Default(capacity));
    }

    private bool IsFor(SchedulingView view) => nodesVersion == view.NodesVersion && settings.Equals(view.Planning);

    /// <summary>Places a contender, with the job that it stands for, in both orders: priorities first, then the policy's own order.</summary>
    public void Rank(SchedulingView view, Contender contender, Job job)
    {
        var partition = contender.Partition;
        var since = job.Eligible > job.Submitted ? job.Eligible : job.Submitted;
        var request = new Planning.Request(job.Id, contender.Prospect.Shape.Amount, contender.ForMs, since);
        var tier = (int)Math.Min(partition.Spec.Tier, int.MaxValue - 1);
        contender.Rank = new ClassRank(tier, view.PriorityOf(job, partition), Policy.Order.RankOf(request, view.Now), job.Order, job.Id);
        contender.FillRank = Policy.BackfillOrder.RankOf(request with { Queued = default }, view.Now);
    }
}
