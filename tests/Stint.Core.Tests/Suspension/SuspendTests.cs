using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Suspension;

public sealed class SuspendTests
{
    private static Lab Cluster() => new Lab().Node("n1", cpus: 4);

    [Fact]
    public void A_suspended_job_lends_its_cpus_and_keeps_its_memory()
    {
        var lab = Cluster();
        var id = lab.Run(s => { s.Tasks = 4; s.MemoryPerNodeBytes = 6 * Lab.GiB; });
        lab.Do(new SuspendJob(id, Lab.Root));
        Assert.Equal((JobState.Suspended, 0, 6 * Lab.GiB), (lab.Job(id).State, lab.NodeOf("n1").CpusAllocated, lab.NodeOf("n1").MemoryAllocatedBytes));
        Assert.Equal(JobState.Running, lab.Job(lab.Run(s => s.MemoryPerNodeBytes = Lab.GiB)).State);
        var large = lab.Submit(s => s.MemoryPerNodeBytes = 2 * Lab.GiB);
        Assert.Equal(JobState.Pending, lab.Schedule().Job(large).State);
    }

    [Fact]
    public void The_time_it_is_suspended_does_not_count()
    {
        var lab = Cluster();
        var id = lab.Run();
        var limit = lab.Job(id).EndLimit;
        lab.Do(new SuspendJob(id, Lab.Root));
        lab.After(TimeSpan.FromHours(5)).Tick();
        Assert.Equal(JobState.Suspended, lab.Job(id).State);
        lab.Do(new ResumeJob(id, Lab.Root));
        Assert.Equal((JobState.Running, limit + TimeSpan.FromHours(5)), (lab.Job(id).State, lab.Job(id).EndLimit));
    }

    [Fact]
    public void It_goes_on_only_where_its_cpus_are_free()
    {
        var lab = Cluster();
        var id = lab.Run(s => s.Tasks = 4);
        lab.Do(new SuspendJob(id, Lab.Root));
        var other = lab.Run(s => s.Tasks = 2);
        var refusal = lab.Refused(new ResumeJob(id, Lab.Root));
        Assert.Equal(RefusalCodes.NodesBusy, refusal.Code);
        Assert.Contains("0-1 of n1", refusal.Sentence, StringComparison.Ordinal);
        lab.Finish(other).Do(new ResumeJob(id, Lab.Root));
    }

    [Fact]
    public void Only_operators_suspend_and_resume()
    {
        var lab = Cluster();
        var id = lab.Run();
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new SuspendJob(id, Lab.User(Lab.Alice))).Code);
        lab.Do(new SuspendJob(id, Lab.Root));
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new ResumeJob(id, Lab.User(Lab.Alice))).Code);
    }

    [Fact]
    public void What_is_not_running_can_not_be_suspended_nor_what_runs_resumed()
    {
        var lab = Cluster();
        var (running, pending) = (lab.Run(), lab.Submit(s => s.Held = true));
        Assert.Equal("Job is not suspended: 1", lab.Refused(new ResumeJob(running, Lab.Root)).Sentence);
        Assert.Equal(RefusalCodes.JobPending, lab.Refused(new SuspendJob(pending, Lab.Root)).Code);
        lab.Do(new SuspendJob(running, Lab.Root));
        Assert.Equal(RefusalCodes.JobSuspended, lab.Refused(new SuspendJob(running, Lab.Root)).Code);
    }

    [Fact]
    public void A_suspended_job_can_be_cancelled()
    {
        var lab = Cluster();
        var id = lab.Run(s => s.Tasks = 2);
        lab.Do(new SuspendJob(id, Lab.Root));
        lab.Run(s => s.Tasks = 4);
        lab.Do(new CancelJob(id, null, Lab.User(Lab.Alice)));
        Assert.Equal(JobState.Completing, lab.Job(id).State);
        Assert.Equal(JobState.Cancelled, lab.Release(id).Job(id).State);
        Assert.Equal(4, lab.NodeOf("n1").CpusAllocated);
    }

    [Fact]
    public void A_suspended_job_that_is_requeued_comes_back_held()
    {
        var lab = Cluster();
        var id = lab.Run();
        lab.Do(new SuspendJob(id, Lab.Root));
        lab.Do(new RequeueJob(id, Lab.Root));
        lab.Release(id);
        Assert.Equal((JobState.Pending, true, 0L), (lab.Job(id).State, lab.Job(id).Held, lab.Job(id).SuspendedMs));
    }

    [Fact]
    public void A_suspended_job_ends_with_its_node()
    {
        var lab = Cluster();
        var id = lab.Run(s => s.Requeue = false);
        lab.Do(new SuspendJob(id, Lab.Root));
        lab.Do(new LoseNode("n1"));
        lab.After(TimeSpan.FromMinutes(5)).Tick();
        Assert.Equal(JobState.NodeFail, lab.Job(id).State);
    }
}
