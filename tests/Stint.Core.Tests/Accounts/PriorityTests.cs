using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Scheduling.Priorities;
using static Stint.Core.Tests.Accounts.PolicyLab;

namespace Stint.Core.Tests.Accounts;

/// <summary>Multifactor priority, worked out by hand: three nodes of 64 CPUs, 256 GiB and 16 + 8 GPUs.</summary>
public sealed class PriorityTests
{
    private static PolicyLab Weighted(Action<PrioritySettings> with, Action<ClusterConfigured>? more = null) => new(c =>
    {
        c.Priority = new PrioritySettings { Multifactor = true, MaxAgeMs = 7L * 86_400_000 };
        with(c.Priority);
        more?.Invoke(c);
    });

    private static PriorityBreakdown Of(PolicyLab lab, Action<JobSpec>? with = null)
    {
        var id = lab.Submit(with);
        return lab.Lab.Cluster.PriorityBreakdownOf(id, "", lab.Lab.Now)!;
    }

    [Fact]
    public void Age_grows_to_its_maximum_from_when_the_job_could_run()
    {
        var lab = Weighted(p => p.WeightAge = 1000);
        var id = lab.Submit(s => s.BeginMs = (lab.Lab.Now + TimeSpan.FromDays(1)).Milliseconds);
        double At(double days) => lab.Lab.Cluster.PriorityBreakdownOf(id, "", lab.Lab.Now + TimeSpan.FromDays(days))!.Total;
        Assert.Equal((1, 1, 500, 1000, 1000), (At(0), At(1), At(4.5), At(8), At(100)));
    }

    [Theory]
    [InlineData(false, false, (1 / 3.0 + 2 / 192.0) / 2)]
    [InlineData(true, false, 1 - (1 / 3.0 + 2 / 192.0) / 2)]
    [InlineData(false, true, 64 / 60.0 / 192)]
    [InlineData(true, true, 1 - 64 / 60.0 / 192)]
    public void Size(bool favorSmall, bool relativeToTime, double factor)
    {
        var lab = Weighted(p => (p.WeightJobSize, p.FavorSmall, p.SmallRelativeToTime) = (100_000, favorSmall, relativeToTime));
        var priority = Of(lab);
        Assert.Equal(factor, priority.JobSize.Factor, 1e-12);
        Assert.Equal(Math.Floor(factor * 100_000), priority.Total);
    }

    [Fact]
    public void Size_as_a_real_cluster_printed_it()
    {
        // Six nodes with 82 CPUs in all: four whole nodes of 16 CPUs are 0.3577236 of it when 4 CPUs were asked for,
        // as sprio -n said; one node with 1 CPU is 0.0894309.
        Assert.Equal(0.3577236, SizeFactor.Of(4, 4, 0, 6, 82, false, false), 7);
        Assert.Equal(0.0894309, SizeFactor.Of(1, 1, 0, 6, 82, false, false), 7);
    }

    [Fact]
    public void Partition_qos_and_association_over_the_largest_there_is()
    {
        var lab = Weighted(p => (p.WeightPartition, p.WeightQos, p.WeightAssociation) = (1000, 100, 10), c =>
        {
            c.Partitions[0].PriorityJobFactor = 3;
            c.Partitions.Add(new PartitionSpec { Name = "fast", Nodes = "ALL", IsUp = true, PriorityJobFactor = 6 });
        });
        lab.Qos("low", qos => qos.Priority = 25);
        lab.Qos("high", qos => qos.Priority = 100);
        lab.Account("science", "", a => a.Priority = 4);
        lab.Associate("physics", "bob", a => a.Priority = 8);
        Assert.Equal(500 + 25 + 5, Of(lab, s => s.Qos = "low").Total);
        Assert.Equal(1000 + 0 + 10, Of(lab, AsBob + (s => s.Partition = "fast")).Total);
        var id = lab.Submit(s => s.Partition = "main,fast");
        Assert.Equal(1000, lab.Lab.Cluster.PriorityBreakdownOf(id, "fast", lab.Lab.Now)!.PartitionFactor.Weighted);
        Assert.Equal(500, lab.Lab.Cluster.PriorityBreakdownOf(id, "main", lab.Lab.Now)!.PartitionFactor.Weighted);
    }

    [Fact]
    public void Tres_over_what_the_partition_has()
    {
        var lab = Weighted(p => p.WeightTres.Add([Tres("cpu", 1920), Tres("mem", 768), Tres("gres/gpu", 7200), Tres("gres/gpu:a100", 4800)]));
        var priority = Of(lab, s => (s.Tasks, s.MemoryPerNodeBytes, s.Gres[0].Count) = (32, 64 * Lab.GiB, 2));
        Assert.Equal([("cpu", 320), ("mem", 64), ("gres/gpu", 200), ("gres/gpu:a100", 200)], priority.Tres.Select(t => (t.Name, Math.Round(t.Part.Weighted, 6))));
        Assert.Equal(784, priority.Total);
    }

    [Fact]
    public void Nice_lowers_site_raises_and_nothing_goes_below_one()
    {
        var lab = Weighted(p => p.WeightPartition = 1000);
        Assert.Equal(1000 - 300 + 50, Of(lab, s => (s.Nice, s.SiteFactor) = (300, 50)).Total);
        Assert.Equal(1, Of(lab, s => s.Nice = 5000).Total);
        Assert.Equal(1250, Of(lab, s => s.Nice = -250).Total);
        var set = Of(lab, s => s.Priority = 77);
        Assert.Equal((77, true), (set.Total, set.SetByAdmin));
    }

    [Fact]
    public void Fair_share_falls_with_use_and_comes_back_with_time()
    {
        var lab = Weighted(p => (p.WeightFairShare, p.DecayHalfLifeMs) = (10_000, 86_400_000));
        Assert.Equal(10_000, Of(lab).Total);
        var first = lab.Runs(s => s.TimeLimitMs = 0);
        lab.Lab.After(TimeSpan.FromHours(1)).Schedule();
        var (alice, bob) = (lab.Submit(), lab.Submit(AsBob));
        double Total(uint id) => lab.Lab.Cluster.PriorityBreakdownOf(id, "", lab.Lab.Now)!.Total;
        Assert.Equal((2_500, 5_000), (Total(alice), Total(bob)));
        Assert.Equal(JobState.Running, lab.Lab.Job(first).State);
    }

    [Fact]
    public void The_tree_shows_its_arithmetic()
    {
        var lab = new PolicyLab(c => c.Partitions[0].BillingWeights.Add([Tres("cpu", 1), Tres("mem", 1 / 1024.0), Tres("gres/gpu", 8)]));
        lab.Account("physics", "science", a => a.Shares = 3);
        var id = lab.Runs();                                                   // 2 + 1 + 8 = 11 billing units
        lab.Lab.After(TimeSpan.FromMinutes(20));
        var lines = lab.Lab.Cluster.FairShares(lab.Lab.Now).ToDictionary(l => $"{l.Account}/{l.User}");
        Assert.Equal(["root/", "root/root", "science/", "chem/", "chem/alice", "physics/", "physics/alice", "physics/bob"], lines.Keys);
        var physics = lines["physics/"];
        Assert.Equal((2, 3u, 0.75, 13_200, 1, 1, 0.75), (physics.Depth, physics.RawShares, physics.NormShares, physics.RawUsageSeconds, physics.NormUsage, physics.EffectiveUsage, physics.LevelFs));
        Assert.Equal((1.0, 0.75, 0.5, 0.25), (lines["root/root"].FairShare, lines["chem/alice"].FairShare, lines["physics/bob"].FairShare, lines["physics/alice"].FairShare));
        Assert.Contains(("cpu", 40.0), physics.UsedMinutes);
        Assert.Contains(("cpu", 80.0), physics.RunMinutes);
        Assert.Equal(1200, physics.WallSeconds);
        lab.Ends(id);
        lab.AssertReplays();
    }
}
