using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Preemption;

internal static class PreemptionLab
{
    /// <summary>Partition high (tier 10) before low (tier 1), on all nodes; low's jobs give way as the mode says.</summary>
    public static Lab Tiers(PreemptMode mode, Action<ClusterConfigured>? with = null) => new(c =>
    {
        c.Partitions.Clear();
        c.Partitions.Add(new PartitionSpec { Name = "high", Nodes = "ALL", IsUp = true, PriorityTier = 10 });
        c.Partitions.Add(new PartitionSpec { Name = "low", Nodes = "ALL", IsUp = true, IsDefault = true, PriorityTier = 1 });
        c.Preempt = new PreemptSettings { By = PreemptBy.PreemptPartition, Mode = mode };
        with?.Invoke(c);
    });

    public static uint Low(this Lab lab, uint tasks = 1, Action<JobSpec>? with = null) => lab.Run(s => { s.Tasks = tasks; with?.Invoke(s); });

    /// <summary>Submits and schedules; whether it runs is the test's question.</summary>
    public static uint High(this Lab lab, uint tasks = 1, Action<JobSpec>? with = null)
    {
        var id = lab.Submit(s => { s.Partition = "high"; s.Tasks = tasks; with?.Invoke(s); });
        lab.Schedule();
        return id;
    }

    public static uint[] InState(this Lab lab, JobState state) => [.. lab.Cluster.Jobs.Values.Where(job => job.State == state).Select(job => job.Id).Order()];
}
