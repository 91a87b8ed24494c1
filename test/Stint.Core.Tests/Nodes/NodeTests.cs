using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Nodes;

public sealed class NodeTests
{
    [Fact]
    public void A_silent_node_takes_no_jobs_and_keeps_those_it_has()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        lab.Do(new LoseNode("n1"));
        Assert.Equal(NodeAvailability.NodeNotResponding, lab.NodeOf("n1").Availability);
        var waiting = lab.Submit();
        Assert.Equal(PendingReason.ReqNodeNotAvail, lab.Schedule().Job(waiting).Reason);
        Assert.Equal(JobState.Running, lab.Job(id).State);
        lab.Node("n1");
        Assert.Equal(NodeAvailability.NodeUp, lab.NodeOf("n1").Availability);
        Assert.Equal(JobState.Running, lab.Schedule().Job(waiting).State);
    }

    [Fact]
    public void After_the_timeout_it_is_down_and_its_jobs_are_requeued_or_failed()
    {
        var lab = new Lab().Nodes("n1", "n2");
        var requeued = lab.Run(s => s.NodeList = "n1");
        var failed = lab.Run(s => { s.NodeList = "n1"; s.Requeue = false; });
        var wide = lab.Run(s => { s.NodesMin = 2; s.Requeue = false; });
        lab.Do(new LoseNode("n1"));
        lab.After(TimeSpan.FromSeconds(299)).Tick();
        Assert.Equal(JobState.Running, lab.Job(failed).State);
        lab.After(TimeSpan.FromSeconds(1)).Tick();
        Assert.Equal((NodeAvailability.NodeDown, "Not responding"), (lab.NodeOf("n1").Availability, lab.NodeOf("n1").Reason));
        Assert.Equal((JobState.Pending, 1u), (lab.Job(requeued).State, lab.Job(requeued).Attempt));
        Assert.Equal(JobState.NodeFail, lab.Job(failed).State);
        Assert.Equal((JobState.Completing, EndKind.EndNodeFail), (lab.Job(wide).State, lab.Job(wide).Kind));
        lab.ReportReleased(wide, "n2");
        Assert.Equal(JobState.NodeFail, lab.Job(wide).State);
        lab.Node("n1");
        Assert.Equal((NodeAvailability.NodeUp, ""), (lab.NodeOf("n1").Availability, lab.NodeOf("n1").Reason));
    }

    [Fact]
    public void A_job_that_was_ending_on_a_node_that_is_lost_ends()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        lab.Do(new CancelJob(id, null, Lab.Root));
        lab.Do(new LoseNode("n1"));
        lab.After(TimeSpan.FromMinutes(5)).Tick();
        Assert.Equal(JobState.Cancelled, lab.Job(id).State);
    }

    [Fact]
    public void A_job_that_loses_both_its_nodes_at_once_ends()
    {
        var lab = new Lab().Nodes("n1", "n2");
        var id = lab.Run(s => { s.NodesMin = 2; s.Requeue = false; });
        lab.Do(new LoseNode("n1"));
        lab.Do(new LoseNode("n2"));
        lab.After(TimeSpan.FromMinutes(5)).Tick().Tick();
        Assert.Equal(JobState.NodeFail, lab.Job(id).State);
    }

    [Fact]
    public void A_drained_node_finishes_its_jobs_and_takes_no_more()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        Assert.Equal(RefusalCodes.InvalidRequest, lab.Refused(new UpdateNode("n1", Lab.Root, true, null, "")).Code);
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new UpdateNode("n1", Lab.User(Lab.Alice), true, null, "x")).Code);
        Assert.Equal(RefusalCodes.InvalidNodeName, lab.Refused(new UpdateNode("n9", Lab.Root, true, null, "x")).Code);
        lab.Do(new UpdateNode("n1", Lab.Root, true, null, "bad fan"));
        Assert.Equal(("bad fan", lab.Now), (lab.NodeOf("n1").Reason, lab.NodeOf("n1").ReasonAt));
        var next = lab.Submit();
        lab.Finish(id).Schedule();
        Assert.Equal(PendingReason.ReqNodeNotAvail, lab.Job(next).Reason);
        Assert.Contains("n1", lab.Job(next).ReasonDetail);
        lab.Do(new UpdateNode("n1", Lab.Root, false, null, ""));
        Assert.Equal("", lab.NodeOf("n1").Reason);
        Assert.Equal(JobState.Running, lab.Schedule().Job(next).State);
    }

    [Fact]
    public void A_node_that_an_admin_took_down_does_not_come_back_by_itself()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run(s => s.Requeue = false);
        lab.Do(new UpdateNode("n1", Lab.Root, null, true, "broken"));
        Assert.Equal(JobState.Completing, lab.Job(id).State);
        lab.ReportReleased(id, "n1");
        Assert.Equal(JobState.NodeFail, lab.Job(id).State);
        lab.Node("n1");
        Assert.Equal(NodeAvailability.NodeDown, lab.NodeOf("n1").Availability);
        lab.Do(new UpdateNode("n1", Lab.Root, false, null, ""));
        Assert.Equal((NodeAvailability.NodeUp, ""), (lab.NodeOf("n1").Availability, lab.NodeOf("n1").Reason));
    }

    [Fact]
    public void Resuming_a_silent_node_does_not_make_it_answer()
    {
        var lab = new Lab().Node("n1");
        lab.Do(new LoseNode("n1"));
        lab.After(TimeSpan.FromMinutes(5)).Tick();
        lab.Do(new UpdateNode("n1", Lab.Root, false, null, ""));
        Assert.Equal(NodeAvailability.NodeNotResponding, lab.NodeOf("n1").Availability);
        Assert.Equal(NodeAvailability.NodeUp, lab.Node("n1").NodeOf("n1").Availability);
    }

    [Fact]
    public void Jobs_on_a_node_set_down_that_never_answers_are_given_up()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run(s => s.Requeue = false);
        lab.Do(new UpdateNode("n1", Lab.Root, null, true, "broken"));
        lab.After(TimeSpan.FromMinutes(5)).Tick();
        Assert.Equal(JobState.NodeFail, lab.Job(id).State);
    }

    [Fact]
    public void Hardware_may_change_as_long_as_jobs_keep_what_they_hold()
    {
        var lab = new Lab().Node("n1", cpus: 4);
        var id = lab.Run(s => s.Tasks = 3);
        Assert.Equal(RefusalCodes.InvalidRequest, lab.Refused(new RegisterNode(Lab.Registration("n1", cpus: 2))).Code);
        lab.Node("n1", cpus: 8);
        Assert.Equal(5, lab.NodeOf("n1").FreeCpus.Count);
        lab.Finish(id).Node("n1", cpus: 2);
        Assert.Equal(2, lab.NodeOf("n1").FreeCpus.Count);
    }

    [Fact]
    public void The_same_registration_again_is_no_news()
    {
        var lab = new Lab().Node("n1");
        Assert.Empty(lab.Try(new RegisterNode(Lab.Registration("n1"))).Records);
    }

    [Theory]
    [InlineData("", 4u, 1ul)]
    [InlineData("a/b", 4u, 1ul)]
    [InlineData("..", 4u, 1ul)]
    [InlineData("n1", 0u, 1ul)]
    [InlineData("n1", 4u, 0ul)]
    public void Nonsense_does_not_register(string name, uint cpus, ulong memory) =>
        new Lab().Refused(new RegisterNode(Lab.Registration(name, cpus, memory)));

    [Fact]
    public void A_started_batch_step_that_the_node_does_not_hold_any_more_fails_the_job()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run(s => s.Requeue = false);
        lab.ReportStart(id);
        lab.Do(new ReportNodeHoldings("n1", [(id, StepIds.Batch, 0)]));
        Assert.Equal(JobState.Running, lab.Job(id).State);
        lab.Do(new ReportNodeHoldings("n1", []));
        Assert.Equal((JobState.Completing, EndKind.EndNodeFail), (lab.Job(id).State, lab.Job(id).Kind));
        lab.ReportReleased(id, "n1");
        Assert.Equal(JobState.NodeFail, lab.Job(id).State);
    }

    [Fact]
    public void A_launch_that_was_never_reported_is_simply_due_again()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        Assert.Empty(lab.Try(new ReportNodeHoldings("n1", [])).Records);
        Assert.Equal([id], lab.Cluster.LaunchesDue("n1").Select(due => due.Job.Id));
    }

    [Fact]
    public void A_lost_step_of_a_batch_job_fails_alone()
    {
        var lab = new Lab().Nodes("n1", "n2");
        var id = lab.Run(s => s.NodesMin = 2);
        var step = lab.Do(new CreateStep(id, new StepSpec { Nodes = 2 }, Lab.User(Lab.Alice)));
        lab.ReportStart(id, step, "n2");
        lab.Do(new ReportNodeHoldings("n2", []));
        Assert.Equal(EndKind.EndNodeFail, lab.Job(id).Steps[step].ExitReports["n2"].Kind);
        Assert.Equal(JobState.Running, lab.Job(id).State);
    }

    [Fact]
    public void What_a_node_holds_and_must_not_is_named()
    {
        var lab = new Lab().Nodes("n1", "n2");
        var id = lab.Run(s => s.NodeList = "n1");
        Assert.Empty(lab.Cluster.StrayJobs("n1", [(id, StepIds.Batch, 0)]));
        Assert.Equal([(id, 0u)], lab.Cluster.StrayJobs("n2", [(id, StepIds.Batch, 0), (id, 0, 0)]));
        Assert.Equal([(id, 3u), (77u, 0u)], lab.Cluster.StrayJobs("n1", [(id, StepIds.Batch, 3), (77, 0, 0)]));
    }
}
