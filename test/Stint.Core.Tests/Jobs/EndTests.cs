using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Jobs;

public sealed class EndTests
{
    [Fact]
    public void A_job_ends_with_its_batch_script_in_one_decision_and_gives_back_all_it_held()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        Assert.Equal(1, lab.NodeOf("n1").CpusAllocated);
        lab.ReportStart(id);
        var decision = lab.ReportExit(id);
        Assert.Equal([Record.BodyOneofCase.StepExited, Record.BodyOneofCase.JobEnded], decision.Records.Select(r => r.BodyCase));
        Assert.Equal(JobState.Completed, lab.Job(id).State);
        Assert.Equal(0, lab.NodeOf("n1").CpusAllocated);
        Assert.Equal(0ul, lab.NodeOf("n1").MemoryAllocatedBytes);
        Assert.Equal(lab.Now, lab.NodeOf("n1").LastBusy);
    }

    [Theory]
    [InlineData(EndKind.EndFailed, 3, 0, JobState.Failed, 3, 0)]
    [InlineData(EndKind.EndFailed, 0, 11, JobState.Failed, 0, 11)]
    [InlineData(EndKind.EndOutOfMemory, 0, 9, JobState.OutOfMemory, 0, 125)]
    [InlineData(EndKind.EndTimeout, 0, 15, JobState.Timeout, 0, 0)]
    [InlineData(EndKind.EndNodeFail, 0, 9, JobState.NodeFail, 0, 0)]
    [InlineData(EndKind.EndLaunchFailed, 0, 0, JobState.Failed, 1, 0)]
    public void State_and_codes_are_those_of_Slurms_accounting(EndKind kind, int exit, int signal, JobState state, int jobExit, int jobSignal)
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        lab.ReportStart(id);
        lab.ReportExit(id, exit, signal, kind, cause: "because");
        Assert.Equal((state, jobExit, jobSignal, "because"), (lab.Job(id).State, lab.Job(id).ExitCode, lab.Job(id).Signal, lab.Job(id).Cause));
    }

    [Fact]
    public void The_other_nodes_are_told_and_let_go_one_by_one()
    {
        var lab = new Lab().Nodes("n1", "n2", "n3");
        var id = lab.Run(s => s.NodesMin = 3);
        lab.ReportStart(id);
        lab.ReportExit(id, exit: 2);
        Assert.Equal(JobState.Completing, lab.Job(id).State);
        Assert.Empty(lab.NodeOf("n1").Jobs);
        Assert.Equal([id], lab.Cluster.EndsDue("n2").Select(j => j.Id));
        lab.ReportReleased(id, "n2");
        Assert.Empty(lab.Cluster.EndsDue("n2"));
        Assert.Equal(0, lab.NodeOf("n2").CpusAllocated);
        Assert.Equal(JobState.Completing, lab.Job(id).State);
        lab.ReportReleased(id, "n3");
        Assert.Equal((JobState.Failed, 2), (lab.Job(id).State, lab.Job(id).ExitCode));
    }

    [Fact]
    public void A_script_that_ends_before_its_node_is_clean_keeps_the_share_until_it_is()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        lab.ReportStart(id);
        lab.ReportExit(id, released: false);
        Assert.Equal(JobState.Completing, lab.Job(id).State);
        Assert.Equal(1, lab.NodeOf("n1").CpusAllocated);
        lab.ReportReleased(id, "n1");
        Assert.Equal(JobState.Completed, lab.Job(id).State);
    }

    [Fact]
    public void Duplicate_late_and_stale_reports_change_nothing()
    {
        var lab = new Lab().Node("n1").Node("n2");
        var id = lab.Run();
        lab.ReportStart(id);
        Assert.Empty(lab.ReportStart(id).Records);
        Assert.Empty(lab.ReportExit(id, attempt: 7).Records);
        Assert.Empty(lab.ReportExit(id, node: "n2").Records);
        Assert.Empty(lab.ReportExit(id, step: 5).Records);
        Assert.Empty(lab.ReportReleased(id, "n1").Records);        // it was not told to end
        lab.ReportExit(id);
        Assert.Empty(lab.ReportExit(id).Records);
        Assert.Empty(lab.ReportReleased(id, "n1").Records);
        Assert.Empty(lab.Try(new ReportNodeReleased(99, 0, "n1")).Records);
    }

    [Fact]
    public void A_repeated_exit_that_now_says_released_frees_the_share()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        lab.ReportExit(id, released: false);
        lab.ReportExit(id, released: true);
        Assert.Equal(JobState.Completed, lab.Job(id).State);
    }

    [Fact]
    public void An_interactive_job_ends_with_its_client()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run(s => s.IsBatch = false);
        Assert.Empty(lab.Job(id).Steps);
        var step = lab.Do(new CreateStep(id, new StepSpec { Name = "true" }, Lab.User(Lab.Alice)));
        lab.ReportStart(id, step);
        lab.ReportExit(id, exit: 4, step: step, released: true);
        Assert.Equal(JobState.Running, lab.Job(id).State);
        Assert.Equal(1, lab.NodeOf("n1").CpusAllocated);           // an allocation outlives its steps
        lab.Do(new CompleteInteractiveJob(id, Lab.User(Lab.Alice), 4, 0));
        lab.Release(id);
        Assert.Equal((JobState.Failed, 4), (lab.Job(id).State, lab.Job(id).ExitCode));
    }

    [Fact]
    public void An_interactive_job_whose_step_ran_out_of_memory_says_so()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run(s => s.IsBatch = false);
        var step = lab.Do(new CreateStep(id, new StepSpec(), Lab.User(Lab.Alice)));
        lab.ReportExit(id, signal: 9, kind: EndKind.EndOutOfMemory, step: step);
        lab.Do(new CompleteInteractiveJob(id, Lab.User(Lab.Alice), 137, 0));
        lab.Release(id);
        Assert.Equal((JobState.OutOfMemory, 0, 125), (lab.Job(id).State, lab.Job(id).ExitCode, lab.Job(id).Signal));
    }

    [Fact]
    public void A_client_that_goes_away_before_its_job_starts_cancels_it()
    {
        var lab = new Lab();
        var id = lab.Submit(s => s.IsBatch = false);
        lab.Do(new CompleteInteractiveJob(id, Lab.User(Lab.Alice), 0, 0));
        Assert.Equal(JobState.Cancelled, lab.Job(id).State);
    }

    [Fact]
    public void A_batch_job_does_not_end_by_a_client()
    {
        var lab = new Lab().Node("n1");
        Assert.Equal(RefusalCodes.InvalidRequest, lab.Refused(new CompleteInteractiveJob(lab.Run(), Lab.Root, 0, 0)).Code);
    }

    [Fact]
    public void Steps_of_a_job_that_ended_are_over()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Run();
        lab.Do(new CreateStep(id, new StepSpec { Tasks = 1 }, Lab.User(Lab.Alice)));
        lab.Finish(id);
        Assert.All(lab.Job(id).Steps.Values, step => Assert.True(step.IsOver));
    }

    [Fact]
    public void Launches_are_due_until_they_are_reported()
    {
        var lab = new Lab().Nodes("n1", "n2");
        var id = lab.Run(s => s.NodesMin = 2);
        Assert.Equal([StepIds.Batch], lab.Cluster.LaunchesDue("n1").Select(d => d.Step.Id));
        Assert.Empty(lab.Cluster.LaunchesDue("n2"));
        lab.ReportStart(id);
        Assert.Empty(lab.Cluster.LaunchesDue("n1"));
        lab.Do(new CreateStep(id, new StepSpec(), Lab.User(Lab.Alice)));
        Assert.Equal([0u], lab.Cluster.LaunchesDue("n2").Select(d => d.Step.Id));
        lab.ReportExit(id, node: "n1", released: false);
        Assert.Empty(lab.Cluster.LaunchesDue("n2"));
    }
}
