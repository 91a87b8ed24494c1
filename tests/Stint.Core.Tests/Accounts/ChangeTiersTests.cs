using Stint.Core.Journal;
using static Stint.Core.Tests.Accounts.PolicyLab;

namespace Stint.Core.Tests.Accounts;

/// <summary>Tiers change while jobs run and wait.</summary>
public sealed class ChangeTiersTests
{
    private const ulong GiB = Lab.GiB;

    private static PolicyLab Three(Action<ClusterConfigured>? with = null) => new(c =>
    {
        c.Enforce = null;
        c.Tiers.Add([
            new TierSpec { Name = "student", JobMemoryBytes = 32 * GiB, MaxJobs = 3 },
            new TierSpec { Name = "researcher", UserMemoryBytes = 128 * GiB, UserCpus = 16, UserGpus = 4, MaxJobs = 5, Users = { "bob" } },
            new TierSpec { Name = "admin" },
        ]);
        c.DefaultTier = "student";
        with?.Invoke(c);
    });

    private static ClusterConfigured Tiers(PolicyLab lab, Action<ClusterConfigured> with)
    {
        var next = lab.Lab.Cluster.Config.Clone();
        with(next);
        return next;
    }

    private static Decision Decide(PolicyLab lab, ClusterConfigured next, Actor? by = null) => lab.Lab.Try(new ChangeTiers(next, by ?? Lab.Root));

    private static TierSpec Tier(ClusterConfigured config, string name) => config.Tiers.Single(t => t.Name == name);

    [Theory]
    [InlineData("memory", "memory: bob holds 64 GB in 2 jobs (1, 2); tier researcher would allow 48 GB")]
    [InlineData("CPUs", "CPUs: bob holds 4 CPUs in 2 jobs (1, 2); tier researcher would allow 3 CPUs")]
    [InlineData("GPUs", "GPUs: bob holds 2 GPUs in 2 jobs (1, 2); tier researcher would allow 1 GPU")]
    [InlineData("jobs", "jobs: bob holds 2 jobs (1, 2); tier researcher would allow 1 job")]
    public void A_limit_below_what_is_held_is_refused_with_the_numbers(string thing, string sentence)
    {
        var lab = Three();
        Action<JobSpec> job = AsBob + (spec => spec.MemoryPerNodeBytes = 32 * GiB);
        lab.Runs(job);
        var second = lab.Runs(job);
        var next = Tiers(lab, c =>
        {
            var tier = Tier(c, "researcher");
            switch (thing)
            {
                case "memory": tier.UserMemoryBytes = 48 * GiB; break;
                case "CPUs": tier.UserCpus = 3; break;
                case "GPUs": tier.UserGpus = 1; break;
                default: tier.MaxJobs = 1; break;
            }
        });
        var before = lab.Lab.Cluster.StateHash();
        var refusal = Decide(lab, next).Refusal!;
        Assert.Equal((RefusalCodes.TierInUse, sentence), (refusal.Code, refusal.Sentence));
        Assert.Equal(before, lab.Lab.Cluster.StateHash());
        lab.Ends(second);
        Assert.Null(Decide(lab, next).Refusal);
        lab.AssertReplays();
    }

    [Fact]
    public void An_aggregate_shrinks_also_with_the_limit_of_one_job()
    {
        var lab = Three();
        for (var i = 0; i < 3; i++) lab.Runs(spec => spec.MemoryPerNodeBytes = 32 * GiB);
        var refusal = Decide(lab, Tiers(lab, c => Tier(c, "student").JobMemoryBytes = 24 * GiB)).Refusal!;
        Assert.Equal("memory: alice holds 96 GB in 3 jobs (1, 2, 3); tier student would allow 72 GB", refusal.Sentence);
        // Written out, the aggregate stays: what runs is untouched, and the next job may have less.
        Assert.Null(Decide(lab, Tiers(lab, c => (Tier(c, "student").JobMemoryBytes, Tier(c, "student").UserMemoryBytes) = (24 * GiB, 96 * GiB))).Refusal);
    }

    [Fact]
    public void A_tier_in_use_cannot_go_whether_its_jobs_run_or_wait()
    {
        var lab = Three();
        var running = lab.Runs(AsBob);
        var waiting = lab.Submit(AsBob + (spec => spec.Held = true));
        var next = Tiers(lab, c => c.Tiers.Remove(Tier(c, "researcher")));
        Assert.Equal($"tier researcher is in use and cannot go: bob has jobs {running}, {waiting}", Decide(lab, next).Refusal!.Sentence);
        lab.Ends(running);
        Assert.Equal($"tier researcher is in use and cannot go: bob has job {waiting}", Decide(lab, next).Refusal!.Sentence);
        lab.Lab.Do(new CancelJob(waiting, null, Lab.Root));
        Assert.Null(Decide(lab, next).Refusal);
        Assert.Null(Decide(lab, Tiers(lab, c => c.Tiers.Remove(Tier(c, "admin")))).Refusal);
    }

    [Fact]
    public void A_user_who_moves_must_fit_and_then_has_the_new_limits_for_old_jobs_too()
    {
        var lab = Three();
        Action<JobSpec> job = AsBob + (spec => spec.MemoryPerNodeBytes = 32 * GiB);
        for (var i = 0; i < 4; i++) lab.Runs(job);
        var down = Tiers(lab, c => Tier(c, "researcher").Users.Clear());
        Assert.Equal("memory: bob holds 128 GB in 4 jobs (1, 2, 3, 4); tier student would allow 96 GB. jobs: bob holds 4 jobs (1, 2, 3, 4); tier student would allow 3 jobs", Decide(lab, down).Refusal!.Sentence);
        lab.Waits("AssociationResourceLimit", job, "tier researcher allows 128 GB");
        var up = Tiers(lab, c => { Tier(c, "researcher").Users.Clear(); Tier(c, "admin").Users.Add("bob"); });
        var effect = Assert.Single(lab.Lab.Cluster.ReviewTiers(up).Effects);
        Assert.Equal(("researcher", "admin"), (effect.Before!.Name, effect.After!.Name));
        Assert.Null(Decide(lab, up).Refusal);
        lab.Lab.Schedule();
        lab.AssertRuns(5);
        lab.AssertReplays();
    }

    [Fact]
    public void What_is_written_for_one_user_goes_before_every_tier()
    {
        var lab = Three(c => c.UserTiers.Add(new TierSpec { Name = "researcher", MaxJobs = 1, Users = { "bob" } }));
        lab.Runs(AsBob);
        lab.Waits("AssociationJobLimit", AsBob, "tier researcher allows 1 job");
        Assert.Null(Decide(lab, Tiers(lab, c => c.UserTiers[0].MaxJobs = 2)).Refusal);
        lab.Lab.Schedule();
        lab.AssertRuns(2);
        Assert.Contains("tier researcher would allow 1 job", Decide(lab, Tiers(lab, c => c.UserTiers[0].MaxJobs = 1)).Refusal!.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_change_has_a_higher_number_also_when_the_clock_was_set_back_and_the_same_tiers_have_the_same()
    {
        var lab = Three();
        var first = lab.Lab.Cluster.Config.TiersChangedMs;
        Assert.True(first > 0);
        Assert.Empty(Decide(lab, Tiers(lab, _ => { })).Records);
        lab.Lab.Do(new Configure(Tiers(lab, c => (c.KillWaitMs, c.TiersChangedMs) = (1, 0))));
        Assert.Equal(first, lab.Lab.Cluster.Config.TiersChangedMs);
        var decision = lab.Lab.Cluster.Decide(new ChangeTiers(Tiers(lab, c => Tier(c, "admin").MaxJobs = 9), Lab.Root), new Instant(5));
        Assert.Equal(first + 1, Assert.Single(decision.Records).ClusterConfigured.TiersChangedMs);
    }

    [Fact]
    public void Only_an_operator_changes_tiers() =>
        Assert.Equal(RefusalCodes.AccessDenied, Decide(Three(), new ClusterConfigured(), new Actor(1001, IsOperator: false)).Refusal!.Code);
}
