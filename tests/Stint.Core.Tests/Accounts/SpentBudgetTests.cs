using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Accounts;

/// <summary>What a running job runs on is used up: without AccountingStorageEnforce=safe it ends, with TIMEOUT and the numbers.</summary>
public sealed class SpentBudgetTests
{
    private static PolicyLab Lab(bool safe = false) => new(c =>
    {
        c.Enforce.Safe = safe;
        c.Priority = new PrioritySettings();
    });

    private static JobEndRequested? Asked(Lab lab, uint id) => lab.Journal.Where(r => r.JobEndRequested?.JobId == id).Select(r => r.JobEndRequested).SingleOrDefault();

    [Theory]
    [InlineData("account")]
    [InlineData("qos")]
    public void A_job_ends_when_the_minutes_it_runs_on_are_used(string holder)
    {
        var lab = Lab();
        if (holder == "qos") lab.LimitQos("low", limits => limits.GrpTresMins.Add(new TresValue { Tres = "cpu", Value = 20 }));
        else lab.Limit("science", "", limits => limits.GrpTresMins.Add(new TresValue { Tres = "cpu", Value = 20 }));
        var mine = lab.Runs(spec => spec.Qos = "low");                   // 2 CPUs, an hour
        var other = lab.Runs(spec => spec.Qos = "normal");              // counts for the account, not for the QOS
        var minutes = holder == "qos" ? 10 : 5;
        lab.Lab.After(TimeSpan.FromMinutes(minutes - 1)).Tick();
        Assert.Null(Asked(lab.Lab, mine));
        lab.Lab.After(TimeSpan.FromMinutes(1)).Tick();
        var end = Asked(lab.Lab, mine)!;
        Assert.Equal(EndKind.EndTimeout, end.Kind);
        Assert.Contains("20 cpu-minutes (GrpTRESMins), and they are used", end.Cause, StringComparison.Ordinal);
        Assert.Equal(holder == "qos", Asked(lab.Lab, other) is null);
        lab.AssertReplays();
    }

    [Fact]
    public void A_job_ends_when_the_wall_time_of_its_group_is_used()
    {
        var lab = Lab();
        lab.Limit("physics", "", limits => limits.GrpWallMs = 15 * 60_000);
        var id = lab.Runs();
        lab.Lab.After(TimeSpan.FromMinutes(14)).Tick();
        Assert.Null(Asked(lab.Lab, id));
        lab.Lab.After(TimeSpan.FromMinutes(1)).Tick();
        Assert.Contains("15 minutes of wall time (GrpWall)", Asked(lab.Lab, id)!.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void With_safe_none_is_ended_for_none_starts_that_is_not_covered()
    {
        var lab = Lab(safe: true);
        lab.Limit("physics", "", limits => limits.GrpTresMins.Add(new TresValue { Tres = "cpu", Value = 120 }));
        var id = lab.Runs();
        lab.Lab.After(TimeSpan.FromMinutes(59)).Tick();
        Assert.Null(Asked(lab.Lab, id));
    }

    [Fact]
    public void The_limit_of_the_jobs_qos_goes_before_its_associations()
    {
        var lab = Lab();
        lab.Limit("physics", "", limits => limits.GrpTresMins.Add(new TresValue { Tres = "cpu", Value = 20 }));
        lab.LimitQos("low", limits => limits.GrpTresMins.Add(new TresValue { Tres = "cpu", Value = 60 }));
        var id = lab.Runs(spec => spec.Qos = "low");
        lab.Lab.After(TimeSpan.FromMinutes(29)).Tick();
        Assert.Null(Asked(lab.Lab, id));
        lab.Lab.After(TimeSpan.FromMinutes(1)).Tick();
        Assert.NotNull(Asked(lab.Lab, id));
    }
}
