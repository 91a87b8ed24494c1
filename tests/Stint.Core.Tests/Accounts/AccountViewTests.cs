using Stint.Core.Jobs;
using Stint.Core.Journal;
using static Stint.Core.Tests.Accounts.PolicyLab;

namespace Stint.Core.Tests.Accounts;

public sealed class AccountViewTests
{
    [Fact]
    public void All_limits_in_the_way_are_told_not_only_the_first()
    {
        var lab = new PolicyLab();
        lab.Limit("physics", "", limits => { limits.GrpJobs = 0; limits.GrpTres.Add(Tres("cpu", 1)); });
        lab.LimitQos("normal", limits => limits.MaxTresPerUser.Add(Tres("gres/gpu", 0)));
        var id = lab.Waits("AssocGrpJobsLimit");
        Assert.Equal([PendingReason.AssocGrpJobsLimit, PendingReason.QOSMaxGRESPerUser, PendingReason.AssocGrpCpuLimit],
            lab.Lab.Cluster.LimitsInTheWay(id, lab.Lab.Now).Select(l => l.Reason));
    }

    [Fact]
    public void What_placement_gives_beyond_the_request_is_counted_before_the_job_starts()
    {
        var lab = new PolicyLab();
        lab.Lab.Do(new RegisterNode(Lab.Registration("small", cpus: 8)));
        lab.Limit("physics", "", limits => limits.GrpTres.Add(Tres("cpu", 32)));
        var whole = lab.Waits("AssocGrpCpuLimit", spec => (spec.Exclusive, spec.NodeList) = (true, "n1"), "asks for 64 CPUs");
        lab.Limit("physics", "", limits => limits.GrpTres[0].Value = 64);
        lab.Lab.Schedule();
        lab.AssertRuns(whole);
        lab.Waits("AssocGrpCpuLimit", null, "64 CPUs in use");
    }

    [Fact]
    public void Holders_and_tiers_show_what_runs()
    {
        var lab = new PolicyLab(c =>
        {
            c.Tiers.Add(new TierSpec { Name = "student", JobCpus = 4, MaxJobs = 3 });
            c.DefaultTier = "student";
        });
        var id = lab.Runs();
        lab.Submit(spec => spec.Held = true);
        var physics = lab.Lab.Cluster.HolderUsages(lab.Lab.Now).Single(u => u.Holder == "account physics");
        Assert.Equal((1, 2), (physics.Running, physics.Submitted));
        Assert.Contains(("mem", 1024), physics.Used);
        Assert.Contains(("cpu", 120.0), physics.RunMinutes);
        var tier = lab.Lab.Cluster.TierOf(Lab.Alice, "alice", [])!;
        Assert.Equal(("student", 12ul, 1, 2, 2L, Lab.GiB, 1L), (tier.Limits.Name, tier.Limits.UserCpus, tier.Running, tier.Submitted, tier.Cpus, tier.MemoryBytes, tier.Gpus));
        Assert.Equal([id], tier.Jobs);
        Assert.Equal(["root", "chem", "physics", "science"], lab.Lab.Cluster.Associations().Where(a => a.User.Length == 0).Select(a => a.Account).OrderBy(a => a != "root").ThenBy(a => a));
        Assert.Equal(["low", "normal"], lab.Lab.Cluster.QosList().Select(q => q.Name));
    }

    [Fact]
    public void Run_minutes_come_free_as_time_passes()
    {
        var lab = new PolicyLab();
        lab.Limit("physics", "", limits => limits.GrpTresRunMins.Add(Tres("cpu", 200)));
        lab.Runs();                                                                       // 120, two less per minute
        var next = lab.Waits("AssocGrpCPURunMinutesLimit");
        Assert.Equal(TimeSpan.FromMinutes(20), lab.Lab.Cluster.NextWake - lab.Lab.Now);
        lab.Lab.After(TimeSpan.FromMinutes(20)).Tick().Schedule();
        lab.AssertRuns(next);
        // Past its limit a job holds nothing back, though it is not gone yet.
        lab.Lab.After(TimeSpan.FromMinutes(50));
        lab.Waits("AssocGrpCPURunMinutesLimit", spec => spec.TimeLimitMs = 91 * 60_000, "running jobs may use 20 cpu-minutes more");
        lab.Runs(spec => spec.TimeLimitMs = 90 * 60_000);
    }

    [Fact]
    public void NoReserve_and_a_priority_threshold_keep_nothing_free()
    {
        var lab = new PolicyLab(c => c.Priority = new PrioritySettings { Multifactor = true, WeightPartition = 100 });
        lab.Qos("low", qos => qos.Flags.Add("NoReserve"));
        bool MayReserve(Action<JobSpec>? with = null) => lab.Lab.Cluster.AskReserve(lab.Lab.Job(lab.Submit(with)), lab.Lab.Cluster.Partitions[0], lab.Lab.Now);
        Assert.True(MayReserve());
        Assert.False(MayReserve(spec => spec.Qos = "low"));
        lab.Limit("science", "", limits => limits.MinPriorityThreshold = 100);
        Assert.True(MayReserve());
        Assert.False(MayReserve(spec => spec.Nice = 1));
    }
}
