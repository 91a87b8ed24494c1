using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.HetJobs;

public sealed class HetJobTests
{
    private static Lab Cluster() => new Lab().Node("n1", cpus: 4).Node("n2", cpus: 2);

    private static uint Submit(Lab lab, params uint[] tasks) => lab.Do(new SubmitHetJob([.. tasks.Select(count => Lab.Spec(s => s.Tasks = count))]));

    [Fact]
    public void Components_have_consecutive_ids_and_know_their_leader()
    {
        var lab = Cluster();
        var id = Submit(lab, 1, 2, 1);
        Assert.Equal([(id, 0u, 3u), (id, 1u, 0u), (id, 2u, 0u)], lab.Cluster.HetGroup(lab.Job(id + 1)).Select(j => (j.Spec.HetJobId, j.Spec.HetOffset, j.Spec.HetComponents)));
    }

    [Fact]
    public void They_start_together()
    {
        var lab = Cluster();
        var id = Submit(lab, 3, 2);
        lab.Schedule();
        Assert.Equal((JobState.Running, JobState.Running), (lab.Job(id).State, lab.Job(id + 1).State));
    }

    [Fact]
    public void They_start_together_also_after_an_idle_pass()
    {
        var lab = Cluster();
        lab.Schedule();
        var id = Submit(lab, 3, 2);
        lab.Schedule();
        Assert.Equal((JobState.Running, JobState.Running), (lab.Job(id).State, lab.Job(id + 1).State));
    }

    [Fact]
    public void None_starts_before_all_can()
    {
        var lab = Cluster();
        var first = lab.Run(s => s.Tasks = 3);
        var id = Submit(lab, 2, 2);
        lab.Schedule();
        Assert.Equal((JobState.Pending, JobState.Pending), (lab.Job(id).State, lab.Job(id + 1).State));
        lab.Finish(first).Schedule();
        Assert.Equal((JobState.Running, JobState.Running), (lab.Job(id).State, lab.Job(id + 1).State));
    }

    [Fact]
    public void The_batch_script_runs_on_the_leader_alone()
    {
        var lab = Cluster();
        var id = Submit(lab, 1, 1);
        lab.Schedule();
        Assert.Equal((1, 0), (lab.Job(id).Steps.Count, lab.Job(id + 1).Steps.Count));
    }

    [Fact]
    public void The_end_of_the_leader_is_the_end_of_all()
    {
        var lab = Cluster();
        var id = Submit(lab, 1, 1);
        lab.Schedule();
        lab.Finish(id).Tick();
        lab.Release(id + 1);
        Assert.Equal((JobState.Completed, JobState.Completed), (lab.Job(id).State, lab.Job(id + 1).State));
    }

    [Fact]
    public void Cancelling_the_leader_or_a_pending_component_cancels_all()
    {
        var lab = Cluster();
        var pending = Submit(lab, 1, 8);
        lab.Do(new CancelJob(pending + 1, null, Lab.User(Lab.Alice)));
        Assert.Equal((JobState.Cancelled, JobState.Cancelled), (lab.Job(pending).State, lab.Job(pending + 1).State));
        var running = Submit(lab, 1, 1);
        lab.Schedule();
        lab.Do(new CancelJob(running, null, Lab.User(Lab.Alice)));
        Assert.Equal((JobState.Completing, JobState.Completing), (lab.Job(running).State, lab.Job(running + 1).State));
    }

    [Fact]
    public void A_running_component_can_be_cancelled_alone()
    {
        var lab = Cluster();
        var id = Submit(lab, 1, 1);
        lab.Schedule();
        lab.Do(new CancelJob(id + 1, null, Lab.User(Lab.Alice)));
        lab.Release(id + 1).Tick();
        Assert.Equal((JobState.Running, JobState.Cancelled), (lab.Job(id).State, lab.Job(id + 1).State));
    }

    [Fact]
    public void Holding_one_holds_all()
    {
        var lab = Cluster();
        var id = Submit(lab, 1, 1);
        lab.Do(new HoldJob(id + 1, Lab.User(Lab.Alice)));
        lab.Schedule();
        Assert.Equal((PendingReason.JobHeldUser, PendingReason.JobHeldUser), (lab.Job(id).Reason, lab.Job(id + 1).Reason));
        lab.Do(new ReleaseJob(id, Lab.User(Lab.Alice)));
        Assert.Equal(JobState.Running, lab.Schedule().Job(id + 1).State);
    }

    [Fact]
    public void A_requeue_takes_all_along()
    {
        var lab = Cluster();
        var id = Submit(lab, 1, 1);
        lab.Schedule();
        lab.Do(new RequeueJob(id, Lab.User(Lab.Alice)));
        lab.Release(id).Schedule();
        Assert.Equal((JobState.Pending, JobState.Completing), (lab.Job(id).State, lab.Job(id + 1).State));
        lab.Release(id + 1).Schedule();
        Assert.Equal((JobState.Running, JobState.Running), (lab.Job(id).State, lab.Job(id + 1).State));
    }

    [Fact]
    public void A_component_that_can_not_be_refuses_the_whole()
    {
        var lab = Cluster();
        var refusal = lab.Refused(new SubmitHetJob([Lab.Spec(), Lab.Spec(s => s.Partition = "nowhere")]));
        Assert.Equal(RefusalCodes.InvalidPartition, refusal.Code);
        Assert.StartsWith("component 1:", refusal.Sentence, StringComparison.Ordinal);
        Assert.Empty(lab.Cluster.Jobs);
        Assert.Equal(RefusalCodes.InvalidArray, lab.Refused(new SubmitHetJob([Lab.Spec(), Lab.Spec(s => s.Array.Add(new ArrayRange { First = 0, Last = 1, Step = 1 }))])).Code);
    }
}
