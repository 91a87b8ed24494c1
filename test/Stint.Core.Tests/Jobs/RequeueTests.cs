using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Jobs;

public sealed class RequeueTests
{
    private static readonly Actor AliceHerself = Lab.User(Lab.Alice);

    [Fact]
    public void A_running_job_goes_back_to_the_queue_and_starts_again_with_a_new_attempt()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        lab.ReportStart(id);
        lab.Do(new RequeueJob(id, AliceHerself));
        Assert.Equal(JobState.Completing, lab.Job(id).State);
        lab.ReportExit(id, signal: 15, kind: EndKind.EndCancelled);
        Assert.Equal((JobState.Pending, 1u), (lab.Job(id).State, lab.Job(id).Attempt));
        Assert.Empty(lab.Job(id).Steps);
        lab.Schedule();
        Assert.Equal(JobState.Running, lab.Job(id).State);
        Assert.Empty(lab.ReportExit(id, attempt: 0).Records);
        lab.Finish(id);
        Assert.Equal(JobState.Completed, lab.Job(id).State);
    }

    [Fact]
    public void Requeuehold_keeps_it_held()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        lab.Do(new RequeueJob(id, AliceHerself, Hold: true));
        lab.Release(id).Schedule();
        Assert.Equal((JobState.Pending, PendingReason.JobHeldUser), (lab.Job(id).State, lab.Job(id).Reason));
    }

    [Fact]
    public void A_job_that_ended_can_run_again_while_it_is_known()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        lab.Finish(id, exit: 1);
        lab.Do(new RequeueJob(id, AliceHerself));
        Assert.Equal(JobState.Running, lab.Schedule().Job(id).State);
    }

    [Fact]
    public void Interactive_no_requeue_and_pending_jobs_are_refused()
    {
        var lab = new Lab().Node("n1");
        Assert.Equal(RefusalCodes.Disabled, lab.Refused(new RequeueJob(lab.Run(s => s.IsBatch = false), AliceHerself)).Code);
        Assert.Equal(RefusalCodes.Disabled, lab.Refused(new RequeueJob(lab.Run(s => s.Requeue = false), AliceHerself)).Code);
        Assert.Equal(RefusalCodes.JobPending, lab.Refused(new RequeueJob(lab.Submit(), AliceHerself)).Code);
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new RequeueJob(lab.Submit(), Lab.User(Lab.Bob))).Code);
    }

    [Fact]
    public void A_launch_that_fails_on_the_nodes_side_is_tried_again_and_then_held()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        for (var attempt = 0; attempt < 3; attempt++)
        {
            Assert.Equal(JobState.Running, lab.Job(id).State);
            lab.ReportExit(id, kind: EndKind.EndNodeFail, started: false, cause: "no shepherd");
            Assert.Equal(JobState.Pending, lab.Job(id).State);
            if (attempt < 2) Assert.Equal(PendingReason.BeginTime, lab.Schedule().Job(id).Reason);
            lab.After(TimeSpan.FromMinutes(3)).Schedule();
        }
        Assert.Equal((PendingReason.JobLaunchFailure, 3u), (lab.Job(id).Reason, lab.Job(id).Attempt));
        Assert.Contains("no shepherd", lab.Job(id).Cause);
        lab.Do(new ReleaseJob(id, AliceHerself));
        Assert.Equal(JobState.Running, lab.Schedule().Job(id).State);
    }

    [Fact]
    public void A_shepherd_that_is_lost_ends_the_job_without_running_it_twice()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        lab.ReportStart(id);
        lab.ReportExit(id, kind: EndKind.EndNodeFail, cause: "the shepherd was killed");
        Assert.Equal(JobState.NodeFail, lab.Job(id).State);
    }
}
