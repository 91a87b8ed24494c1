using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Nodes;

public sealed class NodeTargetTests
{
    private static void Set(Lab lab, string node, NodeTarget target, string reason = "") =>
        lab.Do(new UpdateNode(node, Lab.Root, null, null, reason) { State = target });

    [Fact]
    public void A_failing_node_takes_no_more_jobs_and_keeps_those_it_has()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        Set(lab, "n1", NodeTarget.Fail, "bad disk");
        Assert.Equal((JobState.Running, true, "bad disk"), (lab.Job(id).State, lab.NodeOf("n1").Fail, lab.NodeOf("n1").Reason));
        var next = lab.Submit();
        Assert.Equal(JobState.Pending, lab.Schedule().Job(next).State);
        Set(lab, "n1", NodeTarget.Resume);
        Assert.Equal((JobState.Running, ""), (lab.Schedule().Job(next).State, lab.NodeOf("n1").Reason));
    }

    [Fact]
    public void A_future_node_is_there_when_it_registers()
    {
        var lab = new Lab().Node("n1");
        Set(lab, "n1", NodeTarget.Future);
        Assert.False(lab.NodeOf("n1").TakesJobs);
        lab.Do(new RegisterNode(lab.NodeOf("n1").Registration));
        Assert.True(lab.NodeOf("n1").TakesJobs);
    }

    [Fact]
    public void Undrain_lifts_the_drain_alone()
    {
        var lab = new Lab().Node("n1");
        Set(lab, "n1", NodeTarget.Drain, "fan");
        Set(lab, "n1", NodeTarget.Fail, "fan");
        Set(lab, "n1", NodeTarget.Undrain);
        Assert.Equal((false, true), (lab.NodeOf("n1").Drain, lab.NodeOf("n1").Fail));
    }

    [Fact]
    public void Down_ends_its_jobs_and_idle_brings_it_back()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        Set(lab, "n1", NodeTarget.Down, "fan");
        Assert.Equal(JobState.Completing, lab.Job(id).State);
        Set(lab, "n1", NodeTarget.Idle);
        Assert.True(lab.NodeOf("n1").TakesJobs);
    }

    [Theory, InlineData(NodeTarget.Drain), InlineData(NodeTarget.Down), InlineData(NodeTarget.Fail)]
    public void A_reason_must_be_given(NodeTarget target) =>
        Assert.Equal("You must specify a reason when DOWNING or DRAINING a node. Request denied",
            new Lab().Node("n1").Refused(new UpdateNode("n1", Lab.Root, null, null, "") { State = target }).Sentence);

    [Fact]
    public void A_job_that_asked_for_it_goes_on_without_a_lost_node()
    {
        var lab = new Lab().Node("n1", cpus: 1).Node("n2", cpus: 1);
        var id = lab.Run(s => { s.NodesMin = 2; s.NoKill = true; });
        lab.Do(new LoseNode("n2"));
        lab.After(TimeSpan.FromMinutes(5)).Tick();
        Assert.Equal((JobState.Running, 1), (lab.Job(id).State, lab.Job(id).ReleasedNodes.Count));
        lab.Finish(id);
    }

    [Fact]
    public void Without_its_batch_host_no_job_goes_on()
    {
        var lab = new Lab().Node("n1", cpus: 1).Node("n2", cpus: 1);
        var id = lab.Run(s => { s.NodesMin = 2; s.NoKill = true; s.Requeue = false; });
        lab.Do(new LoseNode("n1"));
        lab.After(TimeSpan.FromMinutes(5)).Tick();
        Assert.NotEqual(JobState.Running, lab.Job(id).State);
    }
}
