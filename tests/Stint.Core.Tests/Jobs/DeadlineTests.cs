using Stint.Core.Jobs;

namespace Stint.Core.Tests.Jobs;

public sealed class DeadlineTests
{
    private static long In(Lab lab, int minutes) => (lab.Now + TimeSpan.FromMinutes(minutes)).Milliseconds;

    [Fact]
    public void A_job_that_can_not_end_in_time_any_more_ends_as_deadline()
    {
        var lab = new Lab().Node("n1", cpus: 1);
        lab.Run();
        var id = lab.Submit(s => { s.TimeLimitMs = 600_000; s.DeadlineMs = In(lab, 30); });
        lab.Schedule().After(TimeSpan.FromMinutes(20)).Tick();
        Assert.Equal(JobState.Pending, lab.Job(id).State);
        lab.After(TimeSpan.FromSeconds(1)).Tick();
        Assert.Equal(JobState.Deadline, lab.Job(id).State);
    }

    [Fact]
    public void The_minimum_time_counts_where_there_is_one()
    {
        var lab = new Lab().Node("n1", cpus: 1);
        var id = lab.Submit(s => { s.Held = true; s.TimeLimitMs = 1_200_000; s.TimeMinMs = 60_000; s.DeadlineMs = In(lab, 30); });
        lab.After(TimeSpan.FromMinutes(28)).Tick();
        Assert.Equal(JobState.Pending, lab.Job(id).State);
        lab.After(TimeSpan.FromMinutes(2)).Tick();
        Assert.Equal(JobState.Deadline, lab.Job(id).State);
    }

    [Fact]
    public void A_run_ends_at_its_deadline()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run(s => { s.TimeLimitMs = 1_200_000; s.TimeMinMs = 60_000; s.DeadlineMs = In(lab, 10); });
        Assert.Equal(In(lab, 10), lab.Job(id).EndLimit.Milliseconds);
    }

    [Fact]
    public void A_deadline_that_can_not_be_met_is_refused()
    {
        var lab = new Lab().Node("n1");
        Assert.Equal(RefusalCodes.InvalidDeadline, lab.Refused(new SubmitJob(Lab.Spec(s => s.DeadlineMs = 1))).Code);
        Assert.Contains("60 minutes, and 30 minutes are left", lab.Refused(new SubmitJob(Lab.Spec(s => s.DeadlineMs = In(lab, 30)))).Sentence, StringComparison.Ordinal);
        Assert.Equal(RefusalCodes.InvalidTimeLimit, lab.Refused(new SubmitJob(Lab.Spec(s => s.TimeMinMs = s.TimeLimitMs + 1))).Code);
    }
}
