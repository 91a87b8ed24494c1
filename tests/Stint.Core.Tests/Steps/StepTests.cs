using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Steps;

public sealed class StepTests
{
    private static readonly Actor AliceHerself = Lab.User(Lab.Alice);

    private static (Lab, uint) Running(uint tasks = 4, Action<JobSpec>? with = null)
    {
        var lab = new Lab().Nodes("n1", "n2");
        return (lab, lab.Run(s => { s.Tasks = tasks; with?.Invoke(s); }));
    }

    private static Step Step(Lab lab, uint job, StepSpec spec) => lab.Job(job).Steps[lab.Do(new CreateStep(job, spec, AliceHerself))];

    private static string Shares(Step step) => string.Join(' ', step.Shares.Select(s => $"{s.Node}:{Lab.Cpus(s)}x{s.Tasks}"));

    [Fact]
    public void A_step_that_asks_for_nothing_gets_all_of_the_job()
    {
        var (lab, job) = Running(tasks: 6);
        Assert.Equal("n1:0-3x4 n2:0-1x2", Shares(Step(lab, job, new StepSpec())));
    }

    [Fact]
    public void Steps_share_the_jobs_CPUs_without_overlap()
    {
        var (lab, job) = Running();
        Assert.Equal("n1:0-1x1", Shares(Step(lab, job, new StepSpec { Tasks = 1, CpusPerTask = 2 })));
        Assert.Equal("n1:2x1", Shares(Step(lab, job, new StepSpec { Tasks = 1 })));
        var refusal = lab.Refused(new CreateStep(job, new StepSpec { Tasks = 2 }, AliceHerself));
        Assert.Equal(RefusalCodes.StepResourcesBusy, refusal.Code);
        Assert.Contains("1 of the 4 CPUs", refusal.Sentence);
        Assert.Equal(RefusalCodes.StepResourcesBusy, lab.Refused(new CreateStep(job, new StepSpec(), AliceHerself)).Code);
        Assert.Equal("n1:0-1x2", Shares(Step(lab, job, new StepSpec { Tasks = 2, Overlap = true })));
    }

    [Fact]
    public void A_step_that_ended_gives_its_CPUs_to_the_next()
    {
        var (lab, job) = Running();
        var first = Step(lab, job, new StepSpec());
        lab.ReportExit(job, step: first.Id, released: false);
        Assert.True(first.IsOver);
        Assert.Equal(1u, Step(lab, job, new StepSpec()).Id);
    }

    [Fact]
    public void A_step_can_span_nodes_with_a_task_on_each()
    {
        var (lab, job) = Running(tasks: 8);
        Assert.Equal("n1:0-1x2 n2:0x1", Shares(Step(lab, job, new StepSpec { Nodes = 2, Tasks = 3 })));
        Assert.Equal("n1:2x1 n2:1x1", Shares(Step(lab, job, new StepSpec { Nodes = 2 })));
    }

    [Fact]
    public void More_than_the_job_has_is_refused_for_good()
    {
        var (lab, job) = Running();
        Assert.Equal(RefusalCodes.StepTooLarge, lab.Refused(new CreateStep(job, new StepSpec { Tasks = 5 }, AliceHerself)).Code);
        Assert.Equal(RefusalCodes.StepTooLarge, lab.Refused(new CreateStep(job, new StepSpec { Tasks = 1, CpusPerTask = 5 }, AliceHerself)).Code);
        Assert.Equal(RefusalCodes.NodeConfigUnavailable, lab.Refused(new CreateStep(job, new StepSpec { Nodes = 2 }, AliceHerself)).Code);
        Assert.Equal(RefusalCodes.InvalidRequest, lab.Refused(new CreateStep(job, new StepSpec { Tasks = 100_000 }, AliceHerself)).Code);
    }

    [Fact]
    public void Only_the_owner_starts_steps_and_only_while_the_job_runs()
    {
        var (lab, job) = Running();
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new CreateStep(job, new StepSpec(), Lab.User(Lab.Bob))).Code);
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new CreateStep(job, new StepSpec(), Lab.Root)).Code);
        Assert.Equal(RefusalCodes.InvalidJobId, lab.Refused(new CreateStep(99, new StepSpec(), AliceHerself)).Code);
        Assert.Equal(RefusalCodes.JobPending, lab.Refused(new CreateStep(lab.Submit(s => s.Held = true), new StepSpec(), AliceHerself)).Code);
        lab.Do(new CancelJob(job, null, AliceHerself));
        Assert.Equal(RefusalCodes.JobNotRunning, lab.Refused(new CreateStep(job, new StepSpec(), AliceHerself)).Code);
        lab.Release(job);
        Assert.Equal(RefusalCodes.AlreadyDone, lab.Refused(new CreateStep(job, new StepSpec(), AliceHerself)).Code);
    }

    [Fact]
    public void A_step_is_over_when_all_its_nodes_reported()
    {
        var (lab, job) = Running(tasks: 8);
        var step = Step(lab, job, new StepSpec());
        lab.ReportStart(job, step.Id, "n1");
        lab.ReportStart(job, step.Id, "n2");
        lab.ReportExit(job, step: step.Id, node: "n2", released: true);
        Assert.False(step.IsOver);
        lab.ReportExit(job, step: step.Id, node: "n1", exit: 3, released: false);
        Assert.True(step.IsOver);
        Assert.Equal(2, lab.Job(job).Shares.Count(share => lab.NodeOf(share.Node).Jobs.Contains(job)));
    }

    [Fact]
    public void A_step_stopped_at_the_jobs_limit_ends_an_interactive_job_as_timed_out()
    {
        var (lab, job) = Running(with: s => { s.IsBatch = false; s.TimeLimitMs = 60_000; });
        var step = Step(lab, job, new StepSpec());
        lab.After(TimeSpan.FromSeconds(60));
        lab.ReportExit(job, signal: 15, kind: EndKind.EndTimeout, step: step.Id, released: true);
        Assert.Equal(JobState.Timeout, lab.Job(job).State);
    }
}
