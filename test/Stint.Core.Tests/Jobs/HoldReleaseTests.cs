using Stint.Core.Jobs;

namespace Stint.Core.Tests.Jobs;

public sealed class HoldReleaseTests
{
    [Fact]
    public void A_held_job_waits_and_runs_after_its_release()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Submit(s => s.Held = true);
        Assert.Equal(PendingReason.JobHeldUser, lab.Schedule().Job(id).Reason);
        Assert.False(lab.Job(id).Eligible.IsSet);
        lab.Do(new ReleaseJob(id, Lab.User(Lab.Alice)));
        Assert.Equal(JobState.Running, lab.Schedule().Job(id).State);
    }

    [Fact]
    public void A_user_can_not_release_what_an_admin_held()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Submit();
        lab.Do(new HoldJob(id, Lab.Root));
        Assert.Equal(PendingReason.JobHeldAdmin, lab.Schedule().Job(id).Reason);
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new ReleaseJob(id, Lab.User(Lab.Alice))).Code);
        lab.Do(new ReleaseJob(id, Lab.Root));
        Assert.Equal(JobState.Running, lab.Schedule().Job(id).State);
    }

    [Fact]
    public void An_admin_turns_a_users_hold_into_his_own_but_not_the_other_way()
    {
        var lab = new Lab();
        var id = lab.Submit(s => s.Held = true);
        lab.Do(new HoldJob(id, Lab.Root));
        Assert.True(lab.Job(id).HeldByAdmin);
        Assert.Empty(lab.Try(new HoldJob(id, Lab.User(Lab.Alice))).Records);
        Assert.True(lab.Job(id).HeldByAdmin);
    }

    [Fact]
    public void Another_user_can_neither_hold_nor_release()
    {
        var lab = new Lab();
        var id = lab.Submit();
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new HoldJob(id, Lab.User(Lab.Bob))).Code);
        lab.Do(new HoldJob(id, Lab.User(Lab.Alice)));
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new ReleaseJob(id, Lab.User(Lab.Bob))).Code);
    }

    [Fact]
    public void Running_ended_and_unknown_jobs_can_not_be_held()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        Assert.Equal(RefusalCodes.JobNotPending, lab.Refused(new HoldJob(id, Lab.User(Lab.Alice))).Code);
        lab.Finish(id);
        Assert.Equal(RefusalCodes.AlreadyDone, lab.Refused(new HoldJob(id, Lab.User(Lab.Alice))).Code);
        Assert.Equal(RefusalCodes.InvalidJobId, lab.Refused(new HoldJob(99, Lab.User(Lab.Alice))).Code);
    }

    [Fact]
    public void A_held_head_lets_those_behind_it_pass()
    {
        var lab = new Lab().Node("n1");
        var head = lab.Submit(s => s.CpusPerTask = 4);
        var next = lab.Submit();
        lab.Do(new HoldJob(head, Lab.User(Lab.Alice)));
        Assert.Equal(JobState.Running, lab.Schedule().Job(next).State);
    }
}
