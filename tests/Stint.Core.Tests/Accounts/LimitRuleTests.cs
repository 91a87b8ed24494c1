using Stint.Core.Jobs;
using Stint.Core.Journal;
using static Stint.Core.Tests.Accounts.PolicyLab;

namespace Stint.Core.Tests.Accounts;

/// <summary>Which of several limits holds, what flags change, and how waiting jobs come to start.</summary>
public sealed class LimitRuleTests
{
    private static readonly Action<JobSpec> Low = spec => spec.Qos = "low";

    [Fact]
    public void Nobody_is_limited_unless_limits_are_enforced()
    {
        var lab = new PolicyLab(c => c.Enforce = new EnforceSettings { Associations = true });
        lab.Limit("physics", "alice", limits => limits.GrpJobs = 0);
        lab.Runs();
    }

    [Fact]
    public void A_limit_of_the_qos_takes_the_place_of_the_associations_and_accounts()
    {
        var lab = new PolicyLab();
        lab.Limit("physics", "alice", limits => limits.GrpTres.Add(Tres("cpu", 2)));
        lab.Limit("science", "", limits => limits.GrpTres.Add(Tres("cpu", 4)));
        lab.LimitQos("low", limits => limits.GrpTres.Add(Tres("cpu", 6)));
        for (var i = 0; i < 3; i++) lab.Runs(Low);
        lab.Waits("QOSGrpCpuLimit", Low, "6 CPUs");
        lab.Waits("AssocGrpCpuLimit", null, "association physics/alice", "allows 2 CPUs", "6 CPUs in use", "asks for 2 CPUs");
    }

    [Fact]
    public void Another_resource_of_the_same_limit_is_still_the_associations()
    {
        var lab = new PolicyLab();
        lab.Limit("physics", "", limits => limits.GrpTres.Add(Tres("gres/gpu", 1)));
        lab.LimitQos("low", limits => limits.GrpTres.Add(Tres("cpu", 100)));
        lab.Runs(Low);
        lab.Waits("AssocGrpGRES", Low, "account physics", "1 gres/gpu");
    }

    [Fact]
    public void The_partitions_qos_goes_first_unless_the_jobs_says_OverPartQOS()
    {
        var lab = new PolicyLab();
        lab.LimitQos("ofmain", limits => limits.MaxJobsPerUser = 1);
        lab.LimitQos("low", limits => limits.MaxJobsPerUser = 2);
        lab.Configure(c => c.Partitions[0].Qos = "ofmain");
        lab.Runs(Low);
        var second = lab.Waits("QOSMaxJobsPerUserLimit", Low, "QOS ofmain per user allows 1 running job");
        lab.Qos("low", qos => qos.Flags.Add("OverPartQOS"));
        lab.Lab.Schedule();
        lab.AssertRuns(second);
        lab.Waits("QOSMaxJobsPerUserLimit", Low, "QOS low per user allows 2 running jobs");
        lab.AssertReplays();
    }

    [Fact]
    public void A_user_inherits_the_nearest_accounts_max_limits_and_counts_his_own_jobs()
    {
        var lab = new PolicyLab();
        lab.Limit("science", "", limits => limits.MaxJobs = 5);
        lab.Limit("physics", "", limits => limits.MaxJobs = 1);
        lab.Runs();
        lab.Waits("AssocMaxJobsLimit", null, "association physics/alice allows 1 running job (MaxJobs); 1 run");
        lab.Runs(AsBob);
        lab.Runs(spec => spec.Account = "chem");
        lab.Limit("physics", "alice", limits => limits.MaxJobs = 2);
        lab.Lab.Schedule();
        lab.AssertRuns(2);
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public void A_qos_limit_on_a_users_jobs_replaces_MaxJobs(bool perUser)
    {
        var lab = new PolicyLab();
        lab.Limit("physics", "alice", limits => limits.MaxJobs = 1);
        lab.LimitQos("low", limits => { if (perUser) limits.MaxJobsPerUser = 2; else limits.MaxJobsPerAccount = 2; });
        lab.Runs(Low);
        lab.Runs(Low);
        lab.Waits(perUser ? "QOSMaxJobsPerUserLimit" : "MaxJobsPerAccount", Low);
    }

    [Fact]
    public void MaxSubmitJobs_counts_every_task_of_an_array()
    {
        var lab = new PolicyLab();
        lab.Limit("physics", "", limits => limits.MaxSubmitJobs = 10);
        lab.Submit(spec => spec.Array.Add(new ArrayRange { First = 0, Last = 7, Step = 1 }));
        var refusal = lab.Refused(spec => spec.Array.Add(new ArrayRange { First = 1, Last = 3, Step = 1 }));
        Assert.Contains("association physics/alice allows 10 submitted jobs (MaxSubmitJobs, AssocMaxSubmitJobLimit); 8 are submitted, this asks for 3 more", refusal.Sentence, StringComparison.Ordinal);
        lab.Lab.Do(new CancelJob(1, [new ArrayRange { First = 0, Last = 0, Step = 1 }], Lab.Root));
        lab.Submit(spec => spec.Array.Add(new ArrayRange { First = 1, Last = 3, Step = 1 }));
        lab.Lab.Schedule();
        lab.Refused();
        lab.AssertReplays();
    }

    [Fact]
    public void An_array_starts_as_many_tasks_as_the_limit_has_room_for()
    {
        var lab = new PolicyLab();
        lab.Limit("physics", "", limits => limits.GrpTres.Add(Tres("cpu", 6)));
        var array = lab.Submit(spec => spec.Array.Add(new ArrayRange { First = 0, Last = 9, Step = 1 }));
        lab.Lab.Schedule();
        Assert.Equal(3, lab.Lab.Cluster.ActiveJobs.Count);
        lab.AssertWaits(array, "AssocGrpCpuLimit", "6 CPUs in use");
        lab.Ends(lab.Lab.Task(array, 1).Id);
        Assert.Equal(3, lab.Lab.Cluster.ActiveJobs.Count);
        Assert.Equal(6, lab.Lab.Job(array).PendingTaskCount);
        lab.AssertReplays();
    }

    [Fact]
    public void One_pass_does_not_plan_more_than_the_limit()
    {
        var lab = new PolicyLab();
        lab.Limit("physics", "", limits => limits.GrpJobs = 3);
        for (var i = 0; i < 8; i++) lab.Submit();
        lab.Lab.Schedule();
        Assert.Equal(3, lab.Lab.Cluster.ActiveJobs.Count);
    }

    [Theory]
    [InlineData("cpu", 4, "QOSMinCpuNotSatisfied", "needs at least 4 CPUs (MinTRESPerJob); this job asks for 2 CPUs")]
    [InlineData("mem", 2048, "QOSMinMemory", "needs at least 2G of memory (MinTRESPerJob); this job asks for 1G of memory")]
    [InlineData("node", 2, "QOSMinNode", "needs at least 2 nodes")]
    [InlineData("billing", 3, "QOSMinBilling", "3 billing")]
    [InlineData("gres/gpu", 2, "QOSMinGRES", "2 gres/gpu")]
    [InlineData("license/matlab", 2, "QOSMinLicense", "2 license/matlab")]
    [InlineData("fs/disk", 2048, "QOSMinUnknown", "2G of disk")]
    public void A_qos_may_ask_for_a_least_size(string tres, long least, string reason, string says)
    {
        var lab = new PolicyLab();
        lab.LimitQos("low", limits => limits.MinTresPerJob.Add(Tres(tres, least)));
        var small = lab.Waits(reason, Low, "QOS low", says);
        lab.LimitQos("low", limits => limits.MinTresPerJob[0].Value = tres is "cpu" or "billing" ? 2 : tres is "mem" or "fs/disk" ? 1024 : 1);
        lab.Lab.Schedule();
        lab.AssertRuns(small);
    }

    public static readonly TheoryData<string, string> Denied = new()
    {
        { "MaxTRESPerJob", "QOSMaxCpuPerJobLimit" }, { "MaxTRESPerNode", "QOSMaxCpuPerNode" }, { "MaxTRESMinsPerJob", "QOSMaxCpuMinutesPerJobLimit" },
        { "MaxTRESPerUser", "QOSMaxCpuPerUserLimit" }, { "MaxTRESPerAccount", "MaxCpuPerAccount" }, { "GrpTRES", "QOSGrpCpuLimit" },
        { "GrpTRESMins", "QOSGrpCPUMinutesLimit" }, { "GrpTRESRunMins", "QOSGrpCPURunMinutesLimit" }, { "MinTRESPerJob", "QOSMinCpuNotSatisfied" },
        { "MaxWall", "QOSMaxWallDurationPerJobLimit" }, { "GrpWall", "QOSGrpWallLimit" }, { "association", "AssocMaxCpuPerJobLimit" },
    };

    /// <summary>A job that could not run even alone is refused where the QOS says DenyOnLimit, and waits where it does not.</summary>
    [Theory, MemberData(nameof(Denied))]
    public void DenyOnLimit_refuses_what_could_not_run_even_alone(string limit, string reason)
    {
        var lab = new PolicyLab();
        void Set(double cpus) => lab.LimitQos("low", limits =>
        {
            var list = limit switch
            {
                "MaxTRESPerJob" => limits.MaxTresPerJob, "MaxTRESPerNode" => limits.MaxTresPerNode, "MaxTRESMinsPerJob" => limits.MaxTresMinsPerJob,
                "MaxTRESPerUser" => limits.MaxTresPerUser, "MaxTRESPerAccount" => limits.MaxTresPerAccount, "GrpTRES" => limits.GrpTres,
                "GrpTRESMins" => limits.GrpTresMins, "GrpTRESRunMins" => limits.GrpTresRunMins, "MinTRESPerJob" => limits.MinTresPerJob, _ => null,
            };
            list?.Clear();
            list?.Add(Tres("cpu", limit.Contains("Mins", StringComparison.Ordinal) ? cpus * 60 : limit == "MinTRESPerJob" ? 4 - cpus : cpus));
            if (limit == "MaxWall") limits.MaxWallMs = (long)(cpus * 1_800_000);
            if (limit == "GrpWall") limits.GrpWallMs = (long)(cpus * 1_800_000);
        });
        if (limit == "association") lab.Limit("physics", "", limits => limits.MaxTresPerJob.Add(Tres("cpu", 1)));
        Set(1);
        if (limit is not ("GrpTRESMins" or "GrpWall")) lab.Waits(reason, Low);
        lab.Qos("low", qos => qos.Flags.Add("DenyOnLimit"));
        var refusal = lab.Refused(Low);
        Assert.Equal(RefusalCodes.AccountingPolicy, refusal.Code);
        Assert.Contains(reason, refusal.Sentence, StringComparison.Ordinal);
        if (limit == "association") lab.Limit("physics", "", limits => limits.MaxTresPerJob[0].Value = 2);
        Set(2);
        lab.Submit(Low);
    }

    [Fact]
    public void LimitFactor_stretches_the_limits_of_associations_for_jobs_of_that_qos()
    {
        var lab = new PolicyLab();
        lab.Limit("physics", "", limits => limits.GrpTres.Add(Tres("cpu", 2)));
        lab.Qos("low", qos => qos.LimitFactor = 2);
        lab.Runs();
        lab.Waits("AssocGrpCpuLimit");
        lab.Runs(Low);
        lab.Waits("AssocGrpCpuLimit", Low, "allows 4 CPUs");
    }

    [Fact]
    public void A_held_or_cancelled_first_job_lets_the_next_have_what_came_free()
    {
        var lab = new PolicyLab();
        lab.Limit("physics", "", limits => limits.GrpJobs = 1);
        var running = lab.Runs();
        var (held, cancelled, third) = (lab.Submit(), lab.Submit(), lab.Submit());
        lab.Lab.Schedule();
        lab.Lab.Finish(running);                                     // wakes the first
        lab.Lab.Do(new HoldJob(held, Lab.Root));
        lab.Lab.Do(new CancelJob(cancelled, null, Lab.Root));
        lab.Lab.Schedule();
        lab.AssertRuns(third);
    }

    [Fact]
    public void Many_jobs_behind_a_limit_start_one_after_the_other()
    {
        var lab = new PolicyLab { };
        lab.Lab.Audits = false;
        lab.Limit("physics", "", limits => limits.GrpJobs = 10);
        for (var i = 0; i < 100; i++) lab.Submit(spec => spec.Tasks = (uint)(i % 3) + 1);
        lab.Lab.Schedule();
        for (var ended = 0; ended < 100; ended++)
        {
            Assert.Equal(Math.Min(10, 100 - ended), lab.Lab.Cluster.ActiveJobs.Count);
            lab.Ends(lab.Lab.Cluster.ActiveJobs.First());
        }
        lab.Lab.Cluster.Audit();
    }

    [Fact]
    public void A_qos_with_a_usage_threshold_starts_nothing_below_that_fair_share()
    {
        var lab = new PolicyLab(c => c.Priority = new PrioritySettings { Multifactor = true, WeightFairShare = 1000, DecayHalfLifeMs = 86_400_000 });
        lab.Qos("low", qos => { qos.Flags.Add("EnforceUsageThreshold"); qos.UsageThreshold = 0.4; });
        var first = lab.Runs(Low);
        lab.Lab.After(TimeSpan.FromMinutes(10));
        lab.Ends(first);
        lab.Waits("QOSUsageThreshold", Low, "fair share of 0.4", "association physics/alice has 0.");
        lab.Runs();
        lab.Runs(Low + AsBob);
    }

    [Fact]
    public void A_requeued_job_is_counted_once()
    {
        var lab = new PolicyLab();
        lab.Limit("physics", "", limits => limits.GrpSubmitJobs = 1);
        var id = lab.Runs();
        lab.Lab.Do(new RequeueJob(id, Lab.Root));
        lab.Lab.Release(id);
        Assert.Equal(JobState.Pending, lab.Lab.Job(id).State);
        lab.Refused();
        lab.Lab.Schedule();
        lab.AssertRuns(id);
        lab.Ends(id);
        lab.Submit();
        lab.Lab.Do(new RequeueJob(id, Lab.Root));
        lab.AssertReplays();
    }
}
