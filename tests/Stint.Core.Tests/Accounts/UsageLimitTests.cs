using Stint.Core.Journal;
using static Stint.Core.Tests.Accounts.PolicyLab;

namespace Stint.Core.Tests.Accounts;

/// <summary>Limits on what was used so far: GrpTRESMins and GrpWall, which fade, with and without AccountingStorageEnforce=safe.</summary>
public sealed class UsageLimitTests
{
    public static readonly TheoryData<string, string> GroupResources = LimitMatrix.Over(LimitMatrix.Groups);
    public static readonly TheoryData<string> GroupLevels = LimitMatrix.NamesOf(LimitMatrix.Groups);
    private static readonly TimeSpan HalfLife = TimeSpan.FromDays(1);

    private static PolicyLab Fading(bool safe = false) => new(c =>
    {
        c.Enforce.Safe = safe;
        c.Priority = new PrioritySettings { DecayHalfLifeMs = (long)HalfLife.TotalMilliseconds };
    });

    /// <summary>Jobs use the budget up, the next waits, and starts when enough has faded.</summary>
    [Theory, MemberData(nameof(GroupResources))]
    public void Minutes_that_were_used(string levelName, string tres)
    {
        var (level, resource) = LimitMatrix.Find(levelName, tres);
        var lab = Fading();
        // Half an hour of the standard job, less the little that fades meanwhile.
        level.Set(lab, limits => limits.GrpTresMins.Add(Tres(tres, 29 * resource.Each)));
        var first = lab.Runs(level.Mine);
        lab.Lab.After(TimeSpan.FromMinutes(30));
        lab.Ends(first);
        var reason = LimitMatrix.Reason(level.Family, "Mins", tres);
        var next = lab.Waits(reason, level.Mine, level.Holder, $"{29 * resource.Each} {tres}-minutes", "GrpTRESMins");
        if (level.Apart is { } apart) lab.Runs(apart);
        var wake = lab.Lab.Cluster.NextWake;
        Assert.True(wake > lab.Lab.Now && wake - lab.Lab.Now < HalfLife, $"it is looked at again in {wake - lab.Lab.Now}");
        lab.Lab.After(wake - lab.Lab.Now).Tick().Schedule();
        lab.AssertRuns(next);
        lab.AssertReplays();
    }

    [Theory, MemberData(nameof(GroupLevels))]
    public void Wall_time_that_was_used(string levelName)
    {
        var level = LimitMatrix.Groups.Single(l => l.Name == levelName);
        var lab = Fading();
        level.Set(lab, limits => limits.GrpWallMs = 29 * 60_000);
        var first = lab.Runs(level.Mine);
        lab.Lab.After(TimeSpan.FromMinutes(30));
        lab.Ends(first);
        var reason = level.Family == "Assoc" ? "AssocGrpWallLimit" : "QOSGrpWallLimit";
        var next = lab.Waits(reason, level.Mine, level.Holder, "29 minutes", "GrpWall");
        lab.Lab.After(HalfLife).Tick().Schedule();
        lab.AssertRuns(next);
    }

    [Fact]
    public void Safe_starts_a_job_only_when_it_can_run_to_its_limit()
    {
        var lab = Fading(safe: true);
        lab.Limit("physics", "", limits => limits.GrpTresMins.Add(Tres("cpu", 200)));
        var first = lab.Runs();                                                            // may use 120 of 200
        var second = lab.Waits("AssocGrpCPUMinutesLimit", null, "200 cpu-minutes", "running jobs may use 120 cpu-minutes more", "asks for 120 cpu-minutes");
        lab.Runs(spec => spec.TimeLimitMs = 40 * 60_000);                                  // 80 more fit
        lab.Lab.After(TimeSpan.FromMinutes(20));
        lab.Ends(first);                                                                   // it used 40 only
        lab.AssertWaits(second, "AssocGrpCPUMinutesLimit");
        lab.Ends(3);
        lab.AssertRuns(second);
    }

    [Fact]
    public void Without_safe_a_job_starts_as_long_as_anything_is_left()
    {
        var lab = Fading();
        lab.Limit("physics", "", limits => limits.GrpTresMins.Add(Tres("cpu", 1)));
        lab.Runs(spec => spec.TimeLimitMs = 30 * 3_600_000);
    }

    [Fact]
    public void A_qos_with_no_decay_never_forgets()
    {
        var lab = Fading();
        lab.Qos("low", qos => { qos.Flags.Add("NoDecay"); qos.Limits = new UsageLimits { GrpWallMs = 30 * 60_000 }; });
        var first = lab.Runs(spec => spec.Qos = "low");
        lab.Lab.After(TimeSpan.FromMinutes(30));
        lab.Ends(first);
        var next = lab.Waits("QOSGrpWallLimit", spec => spec.Qos = "low");
        lab.Lab.After(TimeSpan.FromDays(300)).Tick().Schedule();
        lab.AssertWaits(next, "QOSGrpWallLimit");
        lab.LimitQos("low", limits => limits.GrpWallMs *= 2);
        lab.Lab.Schedule();
        lab.AssertRuns(next);
    }

    [Fact]
    public void A_usage_factor_of_zero_is_free_and_of_two_costs_double()
    {
        var lab = Fading();
        lab.Qos("low", qos => qos.UsageFactorZero = true);
        lab.Qos("dear", qos => qos.UsageFactor = 2);
        lab.Associate("physics", "alice", a => a.Qos.Add("dear"));
        var free = lab.Runs(spec => spec.Qos = "low");
        var dear = lab.Runs(spec => spec.Qos = "dear");
        lab.Lab.After(TimeSpan.FromMinutes(1));
        lab.Ends(free);
        lab.Ends(dear);
        var alice = lab.Lab.Cluster.FairShares(lab.Lab.Now).Single(line => line is { Account: "physics", User: "alice" });
        Assert.Equal(2 * 2 * 60, alice.RawUsageSeconds, 0.2);
        lab.AssertReplays();
    }

    [Theory]
    [InlineData("DAILY", 1), InlineData("WEEKLY", 7), InlineData("MONTHLY", 31), InlineData("QUARTERLY", 92), InlineData("YEARLY", 366)]
    public void Usage_starts_anew_with_each_period(string period, int days)
    {
        var lab = new PolicyLab(c => c.Priority = new PrioritySettings { UsageReset = period });
        lab.Limit("physics", "", limits => limits.GrpWallMs = 60_000);
        var first = lab.Runs();
        lab.Lab.After(TimeSpan.FromMinutes(2));
        lab.Ends(first);
        var next = lab.Waits("AssocGrpWallLimit");
        var wake = lab.Lab.Cluster.NextWake;
        Assert.True(wake.Milliseconds % 86_400_000 == 0 && wake - lab.Lab.Now <= TimeSpan.FromDays(days), $"{wake} is no boundary of {period}");
        lab.Lab.After(wake - lab.Lab.Now - TimeSpan.FromMilliseconds(1)).Tick().Schedule();
        lab.AssertWaits(next, "AssocGrpWallLimit");
        lab.Lab.After(TimeSpan.FromMilliseconds(1)).Tick().Schedule();
        lab.AssertRuns(next);
        lab.AssertReplays();
    }

    [Fact]
    public void A_reset_that_is_configured_as_now_happens_once()
    {
        var lab = Fading();
        var id = lab.Runs();
        lab.Lab.After(TimeSpan.FromMinutes(10));
        lab.Ends(id);
        lab.Configure(c => c.Priority.UsageReset = "NOW");
        Assert.Equal(0, lab.Lab.Cluster.FairShares(lab.Lab.Now)[0].RawUsageSeconds);
        id = lab.Runs();
        lab.Lab.After(TimeSpan.FromMinutes(1));
        lab.Ends(id);
        lab.Configure(c => c.Priority.MaxAgeMs = 5);
        Assert.InRange(lab.Lab.Cluster.FairShares(lab.Lab.Now)[0].RawUsageSeconds, 119, 120);
        lab.AssertReplays();
    }
}
