using Stint.Core.Jobs;
using Stint.Core.Journal;
using static Stint.Core.Tests.Accounts.PolicyLab;

namespace Stint.Core.Tests.Accounts;

public sealed class PartitionLimitTests
{
    public static readonly TheoryData<string, string, string> Rules = new()
    {
        { "time", "PartitionTimeLimit", "asks for 60 minutes; partition main allows 59 minutes" },
        { "max nodes", "PartitionNodeLimit", "asks for 1 node; partition main allows 0" },
        { "min nodes", "PartitionNodeLimit", "asks for at most 1 node; partition main needs at least 2" },
        { "allow accounts", "AccountNotAllowed", "account physics may not use partition main, only chem" },
        { "deny accounts", "AccountNotAllowed", "account physics may not use partition main" },
        { "deny parent", "AccountNotAllowed", "account physics may not use partition main" },
        { "allow qos", "QOSNotAllowed", "QOS normal may not be used in partition main, only low" },
        { "deny qos", "QOSNotAllowed", "QOS normal may not be used in partition main" },
        { "memory per node", "MaxMemPerLimit", "asks for 1G of memory per node; partition main allows 512M of memory" },
        { "cpus per node", "PartitionConfig", "one task asks for 2 CPUs; partition main gives at most 1 of a node" },
        { "down", "PartitionDown", "partition main is down" },
        { "inactive", "PartitionInactive", "partition main is inactive" },
    };

    private static void Set(PartitionSpec partition, string rule)
    {
        switch (rule)
        {
            case "time": partition.MaxTimeMs = 59 * 60_000; break;
            case "max nodes": partition.MaxNodes = 0; break;
            case "min nodes": partition.MinNodes = 2; break;
            case "allow accounts": partition.AllowAccounts.Add("chem"); break;
            case "deny accounts": partition.DenyAccounts.Add("physics"); break;
            case "deny parent": partition.DenyAccounts.Add("science"); break;
            case "allow qos": partition.AllowQos.Add("low"); break;
            case "deny qos": partition.DenyQos.Add("normal"); break;
            case "memory per node": partition.MaxMemoryPerNodeBytes = Lab.GiB / 2; break;
            case "cpus per node": partition.MaxCpusPerNode = 1; break;
            case "down": partition.State = "DOWN"; break;
            case "inactive": partition.State = "INACTIVE"; break;
        }
    }

    [Theory, MemberData(nameof(Rules))]
    public void A_job_outside_of_what_the_partition_allows_waits_until_it_allows_it(string rule, string reason, string says)
    {
        var lab = new PolicyLab();
        // Submitted while it is allowed: an inactive partition takes none.
        var id = lab.Submit(spec => (spec.Tasks, spec.CpusPerTask) = (1, 2));
        lab.Configure(c => Set(c.Partitions[0], rule));
        lab.Lab.Schedule();
        lab.AssertWaits(id, reason, says);
        lab.Configure(c => c.Partitions[0] = new PartitionSpec { Name = Partition, Nodes = "ALL", IsDefault = true, IsUp = true });
        lab.Lab.Schedule();
        lab.AssertRuns(id);
    }

    [Fact]
    public void At_the_limits_it_starts()
    {
        var lab = new PolicyLab(c =>
        {
            var partition = c.Partitions[0];
            (partition.MaxTimeMs, partition.MinNodes, partition.MaxNodes, partition.MaxCpusPerNode) = (3_600_000, 1, 1, 64);
            partition.MaxMemoryPerNodeBytes = Lab.GiB;
            partition.AllowAccounts.Add("science");
            partition.AllowQos.Add("normal");
        });
        lab.Runs();
    }

    [Theory]
    [InlineData("PartitionTimeLimit", "time"), InlineData("PartitionMaxNodes", "max nodes"), InlineData("PartitionMinNodes", "min nodes")]
    public void A_flag_of_the_qos_lifts_a_limit_of_the_partition(string flag, string rule)
    {
        var lab = new PolicyLab(c => Set(c.Partitions[0], rule));
        var id = lab.Submit(spec => spec.Qos = "low");
        lab.Lab.Schedule();
        Assert.Equal(JobState.Pending, lab.Lab.Job(id).State);
        lab.Qos("low", qos => qos.Flags.Add(flag));
        lab.Configure(c => c.MaxJobs++);
        lab.Lab.Schedule();
        lab.AssertRuns(id);
    }

    [Theory]
    [InlineData("DRAIN", RefusalCodes.PartitionUnavailable, "required partition not available (inactive or drain)")]
    [InlineData("INACTIVE", RefusalCodes.PartitionUnavailable, "required partition not available (inactive or drain)")]
    [InlineData("groups", RefusalCodes.GroupNotAllowed, "user's group not permitted to use this partition")]
    [InlineData("root", RefusalCodes.AccessDenied, "for jobs of root only")]
    [InlineData("reservation", RefusalCodes.AccessDenied, "for jobs in a reservation")]
    public void A_partition_that_does_not_take_the_job_refuses_it(string rule, string code, string says)
    {
        var lab = new PolicyLab(c =>
        {
            var partition = c.Partitions[0];
            if (rule == "groups") partition.AllowGroups.Add("staff");
            else if (rule == "root") partition.RootOnly = true;
            else if (rule == "reservation") partition.RequiresReservation = true;
            else partition.State = rule;
        });
        var refusal = lab.Refused();
        Assert.Equal(code, refusal.Code);
        Assert.Contains(says, refusal.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Draining_lets_what_waits_start_and_down_takes_what_comes()
    {
        var lab = new PolicyLab();
        lab.Configure(c => c.Partitions[0].State = "DOWN");
        var id = lab.Waits("PartitionDown");
        lab.Configure(c => c.Partitions[0].State = "DRAIN");
        lab.Lab.Schedule();
        lab.AssertRuns(id);
    }

    [Fact]
    public void Groups_of_the_user_open_the_partition()
    {
        var lab = new PolicyLab(c => c.Partitions[0].AllowGroups.Add("staff"));
        lab.Submit(spec => spec.Groups.Add("staff"));
        lab.Submit(spec => spec.Group = "staff");
    }

    [Fact]
    public void Defaults_of_the_partition_fill_what_was_left_open()
    {
        var lab = new PolicyLab(c =>
        {
            c.DefaultMemoryPerCpuBytes = 5 * Lab.GiB;
            c.Partitions[0].DefaultMemoryPerCpuBytes = 2 * Lab.GiB;
            c.Partitions[0].DefaultCpusPerGpu = 8;
            c.Partitions[0].DefaultTimeMs = 600_000;
        });
        var spec = lab.Lab.Job(lab.Submit(s => { s.ClearMemoryPerNodeBytes(); s.TimeLimitMs = 0; })).Spec;
        Assert.Equal((2 * Lab.GiB, 8u, 600_000L), (spec.MemoryPerCpuBytes, spec.CpusPerGpu, spec.TimeLimitMs));
        lab.Configure(c => c.Partitions[0].DefaultMemoryPerGpuBytes = 30 * Lab.GiB);
        Assert.Equal(30 * Lab.GiB, lab.Lab.Job(lab.Submit(s => s.ClearMemoryPerNodeBytes())).Spec.MemoryPerGpuBytes);
    }

    [Fact]
    public void Without_a_default_a_job_gets_the_longest_time_that_is_allowed()
    {
        var lab = new PolicyLab(c => c.Partitions[0].MaxTimeMs = 7_200_000);
        lab.LimitQos("low", limits => limits.MaxWallMs = 1_200_000);
        Assert.Equal(7_200_000, lab.Lab.Job(lab.Submit(s => s.TimeLimitMs = 0)).Spec.TimeLimitMs);
        Assert.Equal(1_200_000, lab.Lab.Job(lab.Submit(s => (s.TimeLimitMs, s.Qos) = (0, "low"))).Spec.TimeLimitMs);
    }

    [Fact]
    public void Memory_over_the_limit_per_cpu_is_paid_with_cpus()
    {
        var lab = new PolicyLab(c => c.Partitions[0].MaxMemoryPerCpuBytes = 2 * Lab.GiB);
        var spec = lab.Lab.Job(lab.Submit(s => { s.ClearMemoryPerNodeBytes(); s.MemoryPerCpuBytes = 5 * Lab.GiB; })).Spec;
        Assert.Equal((3u, (5 * Lab.GiB + 2) / 3), (spec.CpusPerTask, spec.MemoryPerCpuBytes));
        Assert.Equal(5u, lab.Lab.Job(lab.Submit(s => s.MemoryPerNodeBytes = 10 * Lab.GiB)).Spec.CpusPerNodeMin);
    }

    [Fact]
    public void With_several_partitions_one_that_takes_the_job_is_enough()
    {
        var lab = new PolicyLab(c => c.Partitions.Add(new PartitionSpec { Name = "closed", Nodes = "ALL", IsUp = true, RootOnly = true }));
        Assert.Equal("closed,main", lab.Lab.Job(lab.Submit(s => s.Partition = " closed,main")).Spec.Partition);
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(s => s.Partition = "closed").Code);
        Assert.Equal(RefusalCodes.InvalidPartition, lab.Refused(s => s.Partition = "main,nosuch").Code);
        Assert.Equal(RefusalCodes.InvalidPartition, lab.Refused(s => s.Partition = "main,main").Code);
    }
}
