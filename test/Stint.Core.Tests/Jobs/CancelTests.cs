using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Jobs;

public sealed class CancelTests
{
    private static readonly Actor AliceHerself = Lab.User(Lab.Alice);

    [Fact]
    public void A_pending_job_is_over_at_once()
    {
        var lab = new Lab();
        var id = lab.Submit();
        lab.Do(new CancelJob(id, null, AliceHerself));
        Assert.Equal((JobState.Cancelled, Lab.Alice), (lab.Job(id).State, lab.Job(id).EndedBy));
    }

    [Fact]
    public void A_running_job_is_over_when_its_node_let_go()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        lab.ReportStart(id);
        lab.Do(new CancelJob(id, null, AliceHerself));
        Assert.Equal((JobState.Completing, EndKind.EndCancelled), (lab.Job(id).State, lab.Job(id).Kind));
        Assert.Empty(lab.Try(new CancelJob(id, null, AliceHerself)).Records);
        lab.ReportExit(id, signal: 15, kind: EndKind.EndCancelled);
        Assert.Equal((JobState.Cancelled, 0, 0), (lab.Job(id).State, lab.Job(id).ExitCode, lab.Job(id).Signal));
        Assert.Equal(15, lab.Job(id).Steps[StepIds.Batch].ExitReports["n1"].Signal);
    }

    [Fact]
    public void Only_owner_and_operators_may_cancel()
    {
        var lab = new Lab();
        var id = lab.Submit();
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new CancelJob(id, null, Lab.User(Lab.Bob))).Code);
        lab.Do(new CancelJob(id, null, Lab.Root));
        Assert.Equal(0u, lab.Job(id).EndedBy);
    }

    [Fact]
    public void Ended_and_unknown_jobs_are_refused()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        lab.Finish(id);
        Assert.Equal(RefusalCodes.AlreadyDone, lab.Refused(new CancelJob(id, null, AliceHerself)).Code);
        Assert.Equal(RefusalCodes.InvalidJobId, lab.Refused(new CancelJob(99999, null, AliceHerself)).Code);
    }

    [Fact]
    public void A_cancel_overrides_a_requeue_under_way()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        lab.Do(new RequeueJob(id, AliceHerself));
        lab.Do(new CancelJob(id, null, AliceHerself));
        lab.Release(id);
        Assert.Equal(JobState.Cancelled, lab.Job(id).State);
    }
}
