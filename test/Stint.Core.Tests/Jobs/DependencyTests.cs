using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Jobs;

public sealed class DependencyTests
{
    private static Lab Cluster() => new Lab().Node("n1", cpus: 8);

    private static uint Dependent(Lab lab, string kind, uint on, Action<JobSpec>? with = null) => lab.Submit(s =>
    {
        s.Dependencies.Add(Lab.On(kind, on));
        with?.Invoke(s);
    });

    [Theory]
    [InlineData("afterok", 0, true)]
    [InlineData("afterok", 1, false)]
    [InlineData("afternotok", 0, false)]
    [InlineData("afternotok", 1, true)]
    [InlineData("afterany", 0, true)]
    [InlineData("afterany", 1, true)]
    public void The_end_of_another_job_decides(string kind, int exit, bool runs)
    {
        var lab = Cluster();
        var first = lab.Run();
        var second = Dependent(lab, kind, first);
        Assert.Equal(PendingReason.Dependency, lab.Schedule().Job(second).Reason);
        lab.Finish(first, exit).Schedule();
        Assert.Equal(runs ? JobState.Running : JobState.Pending, lab.Job(second).State);
        if (!runs) Assert.Equal(PendingReason.DependencyNeverSatisfied, lab.Job(second).Reason);
    }

    [Fact]
    public void After_waits_for_the_start_and_its_delay()
    {
        var lab = Cluster();
        var first = lab.Submit(s => s.Held = true);
        var second = lab.Submit(s => s.Dependencies.Add(new Dependency { Kind = "after", JobId = first, DelayMs = 600_000 }));
        Assert.Equal(PendingReason.Dependency, lab.Schedule().Job(second).Reason);
        lab.Do(new ReleaseJob(first, Lab.User(Lab.Alice)));
        lab.Schedule().Schedule();
        Assert.Equal(PendingReason.Dependency, lab.Job(second).Reason);
        lab.After(TimeSpan.FromMinutes(10)).Tick();
        Assert.True(lab.Cluster.NeedsSchedule);
        Assert.Equal(JobState.Running, lab.Schedule().Job(second).State);
    }

    [Fact]
    public void A_job_that_is_not_known_is_no_dependency_also_if_that_id_comes_later()
    {
        var lab = Cluster();
        var id = Dependent(lab, "afterok", 999_999, s => s.Dependencies.Add(Lab.On("afterok", 2)));
        lab.Submit(s => s.Held = true);
        Assert.Empty(lab.Job(id).Spec.Dependencies);
        Assert.Equal(JobState.Running, lab.Schedule().Job(id).State);
    }

    [Fact]
    public void A_job_can_not_depend_on_itself_or_in_an_unknown_way()
    {
        var lab = Cluster();
        Assert.Equal(RefusalCodes.InvalidDependency, lab.Refused(new SubmitJob(Lab.Spec(s => s.Dependencies.Add(Lab.On("afterok", 1))))).Code);
        Assert.Equal(RefusalCodes.InvalidDependency, lab.Refused(new SubmitJob(Lab.Spec(s => s.Dependencies.Add(Lab.On("before", 1))))).Code);
    }

    [Fact]
    public void All_dependencies_must_hold_or_any_where_a_question_mark_says_so()
    {
        var lab = Cluster();
        var (good, bad) = (lab.Run(), lab.Run());
        var all = Dependent(lab, "afterok", good, s => s.Dependencies.Add(Lab.On("afterok", bad)));
        var any = Dependent(lab, "afterok", good, s => { s.Dependencies.Add(Lab.On("afterok", bad)); s.DependencyAny = true; });
        lab.Finish(bad, exit: 1).Schedule();
        Assert.Equal((PendingReason.DependencyNeverSatisfied, PendingReason.Dependency), (lab.Job(all).Reason, lab.Job(any).Reason));
        lab.Finish(good).Schedule();
        Assert.Equal((JobState.Pending, JobState.Running), (lab.Job(all).State, lab.Job(any).State));
    }

    [Fact]
    public void A_dependency_that_can_not_be_satisfied_cancels_the_job_that_asked_for_that()
    {
        var lab = Cluster();
        var first = lab.Run();
        var second = Dependent(lab, "afterok", first, s => s.KillOnInvalidDependency = true);
        lab.Finish(first, exit: 1).Schedule();
        Assert.Equal(JobState.Cancelled, lab.Job(second).State);
    }

    [Fact]
    public void A_requeued_target_is_waited_for_again()
    {
        var lab = Cluster();
        var first = lab.Run();
        var second = Dependent(lab, "afterok", first);
        lab.Finish(first, exit: 1).Schedule();
        lab.Do(new RequeueJob(first, Lab.User(Lab.Alice)));
        lab.Schedule();
        Assert.Equal(PendingReason.Dependency, lab.Job(second).Reason);
        lab.Finish(first).Schedule();
        Assert.Equal(JobState.Running, lab.Job(second).State);
    }

    [Fact]
    public void Singletons_of_a_user_run_one_after_the_other()
    {
        var lab = Cluster();
        var first = lab.Submit();
        var second = lab.Submit(s => s.Dependencies.Add(Lab.On("singleton", 0)));
        var third = lab.Submit(s => s.Dependencies.Add(Lab.On("singleton", 0)));
        var others = lab.Submit(s => { s.Dependencies.Add(Lab.On("singleton", 0)); s.Uid = Lab.Bob; });
        lab.Schedule();
        Assert.Equal((JobState.Running, JobState.Pending, JobState.Running), (lab.Job(first).State, lab.Job(second).State, lab.Job(others).State));
        lab.Finish(first).Schedule();
        Assert.Equal((JobState.Running, JobState.Pending), (lab.Job(second).State, lab.Job(third).State));
        lab.Finish(second).Schedule();
        Assert.Equal(JobState.Running, lab.Job(third).State);
    }

    [Fact]
    public void An_array_as_a_whole_is_done_when_no_task_is_left()
    {
        var lab = new Lab().Node("n1", cpus: 2);
        var array = lab.SubmitArray(0, 3);
        var ok = Dependent(lab, "afterok", array);
        var any = Dependent(lab, "afterany", array);
        lab.Schedule();
        lab.Finish(lab.Task(array, 0).Id).Finish(lab.Task(array, 1).Id).Schedule();
        Assert.Equal(PendingReason.Dependency, lab.Job(ok).Reason);
        lab.Finish(lab.Task(array, 2).Id, exit: 1).Schedule();
        Assert.Equal((PendingReason.DependencyNeverSatisfied, PendingReason.Dependency), (lab.Job(ok).Reason, lab.Job(any).Reason));
        lab.Finish(lab.Task(array, 3).Id).Schedule();
        Assert.Equal(JobState.Running, lab.Job(any).State);
    }

    [Fact]
    public void A_single_task_of_an_array_can_be_waited_for()
    {
        var lab = new Lab().Node("n1", cpus: 4);
        var array = lab.SubmitArray(0, 9, throttle: 2);
        var id = lab.Submit(s => s.Dependencies.Add(new Dependency { Kind = "afterok", JobId = array, ArrayTask = 1 }));
        lab.Schedule();
        lab.Finish(lab.Task(array, 0).Id).Schedule();
        Assert.Equal(JobState.Pending, lab.Job(id).State);
        lab.Finish(lab.Task(array, 1).Id).Schedule();
        Assert.Equal(JobState.Running, lab.Job(id).State);
    }

    [Fact]
    public void Aftercorr_pairs_the_tasks_of_two_arrays()
    {
        var lab = new Lab().Node("n1", cpus: 8);
        var first = lab.SubmitArray(0, 2);
        var second = lab.SubmitArray(0, 2, s => s.Dependencies.Add(Lab.On("aftercorr", first)));
        lab.Schedule();
        lab.Finish(lab.Task(first, 1).Id).Finish(lab.Task(first, 0).Id, exit: 1).Schedule();
        Assert.Equal([1u], lab.Cluster.JobsOf(second).Where(j => !j.IsArray).Select(j => j.ArrayTask!.Value));
        lab.Finish(lab.Task(first, 2).Id).Schedule();
        Assert.Equal(JobState.Running, lab.Task(second, 2).State);
        Assert.Equal(PendingReason.DependencyNeverSatisfied, lab.Job(second).Reason);
    }

    [Fact]
    public void A_job_is_not_forgotten_while_another_waits_for_it()
    {
        var lab = Cluster();
        var first = lab.Run();
        var second = Dependent(lab, "afterok", first, s => s.Held = true);
        lab.Finish(first).After(TimeSpan.FromHours(1)).Tick();
        Assert.Contains(first, lab.Cluster.Jobs.Keys);
        lab.Do(new ReleaseJob(second, Lab.User(Lab.Alice)));
        lab.Schedule().Tick();
        Assert.DoesNotContain(first, lab.Cluster.Jobs.Keys);
    }
}
