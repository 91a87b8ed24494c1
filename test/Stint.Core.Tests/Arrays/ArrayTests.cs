using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Arrays;

public sealed class ArrayTests
{
    private static readonly Actor AliceHerself = Lab.User(Lab.Alice);

    private static string Pending(Lab lab, uint id) =>
        string.Join(',', lab.Job(id).PendingTasks.Select(r => r.First == r.Last ? $"{r.First}" : r.Step == 1 ? $"{r.First}-{r.Last}" : $"{r.First}-{r.Last}:{r.Step}"));

    private static ArrayRange[] Range(uint first, uint last) => [new ArrayRange { First = first, Last = last, Step = 1 }];

    [Fact]
    public void An_array_is_one_record_until_its_tasks_start()
    {
        var lab = new Lab();
        var id = lab.SubmitArray(0, 9_999);
        Assert.Single(lab.Cluster.Jobs);
        Assert.True(lab.Job(id).IsArray);
        Assert.Equal(10_000, lab.Job(id).PendingTaskCount);
        Assert.Equal("0-9999", Pending(lab, id));
        lab.Node("n1", cpus: 2).Schedule();
        Assert.Equal(3, lab.Cluster.Jobs.Count);
        Assert.Equal("2-9999", Pending(lab, id));
    }

    [Fact]
    public void A_task_that_starts_becomes_a_job_of_its_own_and_the_last_one_takes_the_arrays_id()
    {
        var lab = new Lab().Node("n1", cpus: 4);
        var id = lab.SubmitArray(0, 2);
        lab.Schedule();
        Assert.Equal([2u, 3u, 1u], new[] { lab.Task(id, 0).Id, lab.Task(id, 1).Id, lab.Task(id, 2).Id });
        Assert.False(lab.Job(id).IsArray);
        Assert.Equal(2u, lab.Job(id).ArrayTask);
        Assert.Equal(4u, lab.Submit());
    }

    [Fact]
    public void The_throttle_bounds_the_tasks_that_run_at_once()
    {
        var lab = new Lab().Node("n1", cpus: 8);
        var id = lab.SubmitArray(0, 9, throttle: 3);
        lab.Schedule();
        Assert.Equal(3, lab.Cluster.ActiveJobs.Count);
        Assert.Equal(PendingReason.JobArrayTaskLimit, lab.Job(id).Reason);
        Assert.Equal("3 of its tasks run; its limit is 3 at a time", lab.Job(id).ReasonDetail);
        lab.Finish(lab.Task(id, 1).Id).Schedule();
        Assert.Equal(3, lab.Cluster.ActiveJobs.Count);
        Assert.Equal("4-9", Pending(lab, id));
    }

    [Fact]
    public void A_throttled_array_lets_others_pass()
    {
        var lab = new Lab().Node("n1", cpus: 4);
        lab.SubmitArray(0, 9, throttle: 1);
        var other = lab.Submit();
        Assert.Equal(JobState.Running, lab.Schedule().Job(other).State);
    }

    [Fact]
    public void A_requeued_task_counts_for_the_throttle_like_any_other()
    {
        var lab = new Lab().Node("n1", cpus: 8);
        var id = lab.SubmitArray(0, 3, throttle: 1);
        lab.Schedule();
        var task = lab.Task(id, 0).Id;
        lab.Do(new RequeueJob(task, AliceHerself));
        lab.Release(task).Schedule();
        Assert.Single(lab.Cluster.ActiveJobs);
        for (var i = 0; i < 4; i++) lab.Finish(lab.Cluster.ActiveJobs.Single()).Schedule();
        Assert.Empty(lab.Cluster.ActiveJobs);
        Assert.All(lab.Cluster.Jobs.Values, job => Assert.Equal(JobState.Completed, job.State));
    }

    [Fact]
    public void A_task_that_found_no_place_does_not_count_for_the_throttle()
    {
        var lab = new Lab().Nodes("n1", "n2");
        var id = lab.SubmitArray(0, 3, s => s.NodesMin = 2, throttle: 1);
        lab.Schedule();
        var task = lab.Task(id, 0).Id;
        lab.Do(new UpdateNode("n1", Lab.Root, true, null, "fan"));
        lab.Do(new RequeueJob(task, AliceHerself));
        lab.Release(task).Schedule();
        Assert.Equal((PendingReason.ReqNodeNotAvail, PendingReason.ReqNodeNotAvail), (lab.Job(id).Reason, lab.Job(task).Reason));
        lab.Do(new UpdateNode("n1", Lab.Root, false, null, ""));
        lab.Schedule();
        Assert.Single(lab.Cluster.ActiveJobs);
    }

    [Fact]
    public void Ranges_of_tasks_can_be_cancelled_running_or_not()
    {
        var lab = new Lab().Node("n1", cpus: 2);
        var id = lab.SubmitArray(0, 9);
        lab.Schedule();
        lab.Do(new CancelJob(id, Range(1, 4), AliceHerself));
        Assert.Equal(JobState.Completing, lab.Task(id, 1).State);
        Assert.Equal("5-9", Pending(lab, id));
        Assert.Equal(JobState.Running, lab.Task(id, 0).State);
        Assert.Equal(RefusalCodes.InvalidJobId, lab.Refused(new CancelJob(id, Range(2, 3), AliceHerself)).Code);
        Assert.Equal(RefusalCodes.InvalidJobId, lab.Refused(new CancelJob(id, Range(20, 30), AliceHerself)).Code);
        Assert.Equal(RefusalCodes.InvalidJobId, lab.Refused(new CancelJob(id, [], AliceHerself)).Code);
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new CancelJob(id, Range(5, 6), Lab.User(Lab.Bob))).Code);
    }

    [Fact]
    public void A_selection_far_beyond_the_array_costs_nothing()
    {
        var lab = new Lab();
        var id = lab.SubmitArray(0, 9);
        lab.Do(new CancelJob(id, [new ArrayRange { First = 5, Last = uint.MaxValue, Step = 2 }], AliceHerself));
        Assert.Equal("0-4,6,8", Pending(lab, id));
        Assert.Equal(RefusalCodes.InvalidJobId, lab.Refused(new CancelJob(id, Enumerable.Repeat(Range(0, 9)[0], 5).ToList(), AliceHerself)).Code);
    }

    [Fact]
    public void Cancelling_the_array_cancels_all_its_tasks()
    {
        var lab = new Lab().Node("n1", cpus: 2);
        var id = lab.SubmitArray(0, 9);
        lab.Schedule();
        lab.Do(new CancelJob(id, null, AliceHerself));
        Assert.Equal(JobState.Cancelled, lab.Job(id).State);
        foreach (var task in new uint[] { 0, 1 }) lab.Release(lab.Task(id, task).Id);
        Assert.All(lab.Cluster.Jobs.Values, job => Assert.Equal(JobState.Cancelled, job.State));
    }

    [Fact]
    public void Cancelling_all_unstarted_tasks_ends_the_record_and_leaves_the_started_ones()
    {
        var lab = new Lab().Node("n1", cpus: 2);
        var id = lab.SubmitArray(0, 9);
        lab.Schedule();
        lab.Do(new CancelJob(id, Range(2, 9), AliceHerself));
        Assert.Equal(JobState.Cancelled, lab.Job(id).State);
        Assert.Equal(JobState.Running, lab.Task(id, 0).State);
        lab.Finish(lab.Task(id, 0).Id).Finish(lab.Task(id, 1).Id);
    }

    [Fact]
    public void One_task_can_be_cancelled_by_the_id_of_its_own_job()
    {
        var lab = new Lab().Node("n1", cpus: 2);
        var id = lab.SubmitArray(0, 9);
        lab.Schedule();
        lab.Do(new CancelJob(lab.Task(id, 1).Id, null, AliceHerself));
        Assert.Equal(JobState.Running, lab.Task(id, 0).State);
        Assert.Equal(JobState.Completing, lab.Task(id, 1).State);
    }

    [Fact]
    public void The_record_outlives_its_tasks_in_memory_and_then_all_are_forgotten()
    {
        var lab = new Lab().Node("n1", cpus: 2);
        var id = lab.SubmitArray(0, 1);
        lab.Schedule().Finish(id);                               // the last task has the array's id
        lab.After(TimeSpan.FromMinutes(10)).Tick();
        Assert.Contains(id, lab.Cluster.Jobs.Keys);
        lab.Finish(lab.Task(id, 0).Id).After(TimeSpan.FromMinutes(10)).Tick();
        Assert.Empty(lab.Cluster.Jobs);
    }

    [Theory]
    [InlineData("0,4,8,12", "0-12:4")]
    [InlineData("1,2", "1-2")]
    [InlineData("1,5", "1,5")]
    [InlineData("0,1,2,5,7,9,30", "0-2,5-9:2,30")]
    public void Unstarted_tasks_are_shown_in_the_shortest_ranges(string tasks, string shown)
    {
        var lab = new Lab();
        var id = lab.Submit(s => s.Array.AddRange(tasks.Split(',').Select(t => Range(uint.Parse(t), uint.Parse(t))[0])));
        Assert.Equal(shown, Pending(lab, id));
    }

    [Fact]
    public void Holding_an_array_holds_its_unstarted_tasks()
    {
        var lab = new Lab().Node("n1", cpus: 2);
        var id = lab.SubmitArray(0, 9);
        lab.Schedule();
        lab.Do(new HoldJob(id, AliceHerself));
        lab.Finish(lab.Task(id, 0).Id).Schedule();
        Assert.Equal("2-9", Pending(lab, id));
        lab.Do(new ReleaseJob(id, AliceHerself));
        lab.Schedule();
        Assert.Equal("3-9", Pending(lab, id));
    }
}
