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

    public ClassRank RankOf(SchedulingView view, Contender contender, Job job)
    {
        var partition = contender.Partition;
        var since = job.Eligible > job.Submitted ? job.Eligible : job.Submitted;
        var rank = Policy.Order.RankOf(RequestOf(view, contender, job, since), view.Now);
        var tier = (int)Math.Min(partition.Spec.Tier, int.MaxValue - 1);
        return new ClassRank(tier, view.PriorityOf(job, partition), rank, job.Order, job.Id);
    }

    /// <summary>The order in which holes are filled: priorities first, then the policy's own order.</summary>
    public ClassRank FillRankOf(SchedulingView view, Contender contender, Job job) =>
        contender.Rank with { Rank = Policy.BackfillOrder.RankOf(RequestOf(view, contender, job, default), view.Now) };

    private static Planning.Request RequestOf(SchedulingView view, Contender contender, Job job, Instant since)
    {
        var request = contender.Prospect.Shape.Request;
        var cpus = (long)request.Tasks * request.CpusPerTask;
        var memory = request.MemoryPerCpu is { } perCpu ? (long)perCpu * cpus : (long)(request.MemoryPerNode ?? 0) * request.NodesMin;
        return new Planning.Request(job.Id, new Amount(cpus, memory), view.PlannedMs(job), since);
    }
}

/// <summary>Fill order: equal ranks stay in the first order.</summary>
internal sealed class FillOrder : IComparer<(ClassRank Fill, Contender Contender)>
{
    public static readonly FillOrder Instance = new();

    /// <summary>By priority first, as plain numbers: with many priorities little is left to compare in full.</summary>
    public static void Sort((ClassRank Fill, Contender Contender)[] fills, Contender[] contenders)
    {
        var keys = new double[fills.Length];
        var isOneTier = true;
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = -fills[i].Fill.Priority;
            isOneTier &= fills[i].Fill.Tier == fills[0].Fill.Tier;
        }
        if (isOneTier)
        {
            var places = new int[fills.Length];
            for (var i = 0; i < places.Length; i++) places[i] = i;
            Array.Sort(keys, places);
            var sorted = Array.ConvertAll(places, place => fills[place]);
            for (int from = 0, to; from < keys.Length; from = to)
            {
                for (to = from + 1; to < keys.Length && keys[to] == keys[from];) to++;
                if (to - from > 1) Array.Sort(sorted, from, to - from, Instance);
            }
            for (var i = 0; i < sorted.Length; i++) contenders[i] = sorted[i].Contender;
        }
        else Array.Sort(fills, contenders, Instance);
    }

    public int Compare((ClassRank Fill, Contender Contender) a, (ClassRank Fill, Contender Contender) b)
    {
        if (a.Fill.Tier == b.Fill.Tier && a.Fill.Priority == b.Fill.Priority)
        {
            var byRank = a.Fill.Rank.CompareTo(b.Fill.Rank);
            if (byRank != 0) return byRank;
        }
        return a.Contender.Rank.CompareTo(b.Contender.Rank);
    }
}
