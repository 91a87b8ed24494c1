using Stint.Core.Accounts;
using Stint.Core.Journal;
using static Stint.Core.Tests.Accounts.PolicyLab;

namespace Stint.Core.Tests.Accounts;

/// <summary>The second layer: per job and per user over all jobs.</summary>
public sealed class TierTests
{
    private const ulong GiB = Lab.GiB;

    private static PolicyLab WithTier(Action<TierSpec> with, bool refuse = false) => new(c =>
    {
        c.Enforce = null;
        var tier = new TierSpec { Name = "student", Refuse = refuse };
        with(tier);
        c.Tiers.Add(tier);
        c.DefaultTier = "student";
    });

    public static readonly TheoryData<string> Things = ["CPUs", "memory", "GPUs", "MIG instances", "GPU equivalents", "jobs"];

    private static void Set(TierSpec tier, string thing, bool perUser, ulong times)
    {
        switch (thing)
        {
            case "CPUs" when perUser: tier.UserCpus = 2 * times; break;
            case "CPUs": tier.JobCpus = 2 * times; break;
            case "memory" when perUser: tier.UserMemoryBytes = GiB * times; break;
            case "memory": tier.JobMemoryBytes = GiB * times; break;
            case "GPUs" when perUser: tier.UserGpus = times; break;
            case "GPUs": tier.JobGpus = times; break;
            case "MIG instances" when perUser: tier.UserMigInstances = times; break;
            case "MIG instances": tier.JobMigInstances = times; break;
            case "GPU equivalents" when perUser: tier.UserGpuShares = 2800 * times; break;
            case "GPU equivalents": tier.JobGpuShares = 2800 * times; break;
            default: tier.MaxJobs = times; break;
        }
    }

    private static Action<JobSpec> Job(string thing, uint times = 1) => spec =>
    {
        spec.Tasks = 2 * times;
        spec.MemoryPerNodeBytes = GiB * times;
        spec.Gres[0].Count = times;
        if (thing == "MIG instances") spec.Gres[0].Type = "1g.10gb";
    };

    [Theory, MemberData(nameof(Things))]
    public void A_user_over_all_jobs_waits(string thing)
    {
        var lab = WithTier(tier => Set(tier, thing, perUser: true, 2));
        var first = lab.Runs(Job(thing));
        lab.Runs(Job(thing) + (spec => spec.Account = "chem"));
        var third = lab.Waits(thing == "jobs" ? "AssociationJobLimit" : "AssociationResourceLimit", Job(thing), $"{thing} over your limit", "in 2 jobs (1, 2)"[(thing == "jobs" ? 3 : 0)..], "tier student allows");
        lab.Runs(Job(thing) + AsBob);
        lab.Ends(first);
        lab.AssertRuns(third);
        lab.AssertReplays();
    }

    [Theory, MemberData(nameof(Things))]
    public void A_user_over_all_jobs_is_refused(string thing)
    {
        var lab = WithTier(tier => Set(tier, thing, perUser: true, 2), refuse: true);
        var first = lab.Runs(Job(thing));
        var held = lab.Submit(Job(thing) + (spec => spec.Held = true));
        var refusal = lab.Refused(Job(thing));
        Assert.Equal(RefusalCodes.TierLimit, refusal.Code);
        Assert.StartsWith($"{thing} over your limit. You hold ", refusal.Sentence, StringComparison.Ordinal);
        Assert.Contains("or ask your admin", refusal.Remedy, StringComparison.Ordinal);
        lab.Submit(Job(thing) + AsBob);
        lab.Ends(first);
        lab.Runs(Job(thing));
        lab.Refused(Job(thing));
        lab.Lab.Do(new CancelJob(held, null, Lab.Root));
        lab.Runs(Job(thing));
        lab.AssertReplays();
    }

    [Theory]
    [InlineData("CPUs", "4 CPUs", "2 CPUs"), InlineData("memory", "2 GB", "1 GB"), InlineData("GPUs", "2 GPUs", "1 GPU"), InlineData("MIG instances", "2 MIG instances", "1 MIG instance")]
    public void One_job_over_its_part_waits_or_is_refused(string thing, string asked, string allowed)
    {
        var lab = WithTier(tier => Set(tier, thing, perUser: false, 1));
        lab.Runs(Job(thing));
        var big = lab.Waits("AssociationResourceLimit", Job(thing, 2), $"{thing} over your limit. This asks for {asked}; tier student allows {allowed} per job");
        lab.Configure(c => Set(c.Tiers[0], thing, perUser: false, 2));
        lab.Lab.Schedule();
        lab.AssertRuns(big);

        var strict = WithTier(tier => Set(tier, thing, perUser: false, 1), refuse: true);
        strict.Runs(Job(thing));
        Assert.Contains($"This asks for {asked}; tier student allows {allowed} per job", strict.Refused(Job(thing, 2)).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void The_denial_says_usage_request_limit_who_holds_it_how_to_free_it_and_whom_to_ask()
    {
        var lab = WithTier(tier => tier.UserMemoryBytes = 96 * GiB, refuse: true);
        lab.Runs(spec => spec.MemoryPerNodeBytes = 32 * GiB);
        lab.Runs(spec => spec.MemoryPerNodeBytes = 32 * GiB);
        Assert.Equal(
            "memory over your limit. You hold 64 GB in 2 jobs (1, 2); this asks for 40 GB; tier student allows 96 GB. Cancel a job, ask for ≤ 32 GB, or ask your admin",
            lab.Refused(spec => spec.MemoryPerNodeBytes = 40 * GiB).ToString());
    }

    [Fact]
    public void The_aggregate_is_what_a_job_may_have_times_the_jobs_unless_written_out()
    {
        var lab = WithTier(tier => (tier.JobCpus, tier.MaxJobs) = (4, 2));
        lab.Runs(spec => spec.Tasks = 4);
        lab.Runs(spec => spec.Tasks = 4);
        lab.Waits("AssociationJobLimit");
        lab.Configure(c => (c.Tiers[0].MaxJobs, c.Tiers[0].UserCpus) = (0, 8));
        lab.Lab.Schedule();
        lab.AssertWaits(3, "AssociationResourceLimit", "You hold 8 CPUs in 2 jobs (1, 2); this asks for 2 CPUs; tier student allows 8 CPUs");
    }

    [Fact]
    public void A_name_goes_before_a_group_and_a_group_before_the_default()
    {
        var lab = new PolicyLab(c =>
        {
            c.Enforce = null;
            c.Tiers.Add([new TierSpec { Name = "student", MaxJobs = 1 }, new TierSpec { Name = "staff", Groups = { "staff" } }, new TierSpec { Name = "guest", MaxJobs = 2, Users = { "bob" } }]);
            c.DefaultTier = "student";
        });
        string TierOf(Action<JobSpec>? with = null) => lab.Lab.Job(lab.Submit(with)).Spec.Tier;
        Assert.Equal("student", TierOf());
        Assert.Equal("staff", TierOf(spec => spec.Groups.Add("staff")));
        Assert.Equal("guest", TierOf(AsBob + (spec => spec.Groups.Add("staff"))));
    }

    [Fact]
    public void A_slice_of_a_gpu_is_no_whole_gpu()
    {
        var lab = WithTier(tier => (tier.UserGpus, tier.UserMigInstances) = (1, 1));
        lab.Runs();
        lab.Runs(Job("MIG instances"));
        lab.Waits("AssociationResourceLimit", null, "GPUs over your limit. You hold 1 GPU in 1 job");
        lab.Waits("AssociationResourceLimit", Job("MIG instances"), "MIG instances over your limit");
    }

    [Fact]
    public void Equivalents_count_gpus_and_the_parts_that_slices_are_of_theirs_exactly()
    {
        Action<JobSpec> Slices(string profile, uint count) => spec => (spec.Gres[0].Type, spec.Gres[0].Count) = (profile, count);
        var lab = WithTier(tier => tier.UserGpuShares = 2 * 2800);
        lab.Runs();
        // Seven sevenths are one GPU, with nothing left over and nothing lost.
        var sevenths = lab.Runs(Slices("1g.10gb", 7));
        lab.Waits("AssociationResourceLimit", Slices("1g.10gb", 1), "GPU equivalents over your limit. You hold 2 GPU equivalents in 2 jobs (1, 2); this asks for 0.14 GPU equivalents; tier student allows 2 GPU equivalents");
        lab.Ends(sevenths);
    }

    [Theory]
    [InlineData("gres/gpu:h100", 0)]
    [InlineData("gres/gpu:1g.10gb", 400)]
    [InlineData("gres/gpu:a100_3g.20gb", 1200)]
    [InlineData("gres/gpu:7g.80gb", 2800)]
    [InlineData("gres/gpu:1g.10gb+me", 400)]
    [InlineData("gres/gpu:1g.6gb", 700)]            // A30: four slices
    [InlineData("gres/gpu:a30_2g.12gb", 1400)]
    [InlineData("gres/gpu:4g.96gb", 2800)]
    [InlineData("gres/gpu:9g.80gb", 2800)]        // nine of seven: at most the GPU
    public void A_profiles_name_says_what_part_of_its_gpu_it_is(string type, long parts) => Assert.Equal(parts, GpuShare.Of(type));

    [Fact]
    public void What_whole_nodes_are_asked_for_does_not_move_with_the_nodes()
    {
        var lab = WithTier(tier => tier.UserCpus = 100, refuse: true);
        lab.Submit(spec => (spec.Exclusive, spec.Held) = (true, true));
        lab.Lab.Do(new RegisterNode(Lab.Registration("small", cpus: 8)));
        lab.Runs(spec => spec.Exclusive = true);
        lab.Lab.Do(new CancelJob(1, null, Lab.Root));
        lab.AssertReplays();
    }
}
