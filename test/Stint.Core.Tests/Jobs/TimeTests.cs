using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Jobs;

public sealed class TimeTests
{
    [Fact]
    public void The_server_ends_a_job_a_minute_after_its_limit_if_the_shepherd_did_not()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run(s => s.TimeLimitMs = 60_000);
        Assert.Equal(lab.Now + TimeSpan.FromMinutes(1), lab.Job(id).EndLimit);
        lab.ReportStart(id);
        lab.After(TimeSpan.FromSeconds(119)).Tick();
        Assert.Equal(JobState.Running, lab.Job(id).State);
        lab.After(TimeSpan.FromSeconds(1)).Tick();
        Assert.Equal((JobState.Completing, EndKind.EndTimeout), (lab.Job(id).State, lab.Job(id).Kind));
        lab.ReportExit(id, signal: 15, kind: EndKind.EndTimeout);
        Assert.Equal((JobState.Timeout, 0, 0), (lab.Job(id).State, lab.Job(id).ExitCode, lab.Job(id).Signal));
    }

    [Fact]
    public void An_allocation_without_a_step_ends_at_its_limit()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run(s => { s.IsBatch = false; s.TimeLimitMs = 60_000; });
        lab.After(TimeSpan.FromMinutes(1)).Tick().Release(id);
        Assert.Equal(JobState.Timeout, lab.Job(id).State);
        Assert.Equal("reached its time limit of 1 minute", lab.Job(id).Cause);
    }

    [Fact]
    public void A_job_without_limit_goes_on()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run(s => s.TimeLimitMs = -1);
        lab.After(TimeSpan.FromDays(400)).Tick();
        Assert.Equal(JobState.Running, lab.Job(id).State);
    }

    [Fact]
    public void Ended_jobs_are_forgotten_after_MinJobAge_and_their_ids_are_never_used_again()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run(s => s.ClientToken = "t");
        lab.Finish(id).After(TimeSpan.FromSeconds(299)).Tick();
        Assert.Contains(id, lab.Cluster.Jobs.Keys);
        lab.After(TimeSpan.FromSeconds(1)).Tick();
        Assert.Empty(lab.Cluster.Jobs);
        Assert.Equal(id + 1, lab.Submit(s => s.ClientToken = "t"));
        Assert.Equal(id + 2, Lab.Replay(lab.Journal).NextJobId);
    }
}
