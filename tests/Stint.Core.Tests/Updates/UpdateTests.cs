using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Updates;

public sealed class UpdateTests
{
    private static readonly Actor Alice = Lab.User(Lab.Alice);
    private static Lab Cluster() => new Lab(c => c.Partitions.Add(new PartitionSpec { Name = "other", Nodes = "n2", IsUp = true })).Node("n1").Node("n2");

    private static uint Held(Lab lab, Action<JobSpec>? with = null) => lab.Submit(s => { s.Held = true; with?.Invoke(s); });

    [Fact]
    public void A_pending_job_takes_another_partition_and_starts_there()
    {
        var lab = Cluster();
        var id = Held(lab);
        lab.Do(new UpdateJob(id, new JobChange { Partition = "other" }, Alice));
        lab.Do(new ReleaseJob(id, Alice));
        Assert.Equal("n2", lab.Schedule().Job(id).Shares[0].Node);
        Assert.Equal(RefusalCodes.InvalidPartition, lab.Refused(new UpdateJob(Held(lab), new JobChange { Partition = "nowhere" }, Alice)).Code);
    }

    [Fact]
    public void Only_operators_raise_a_time_limit()
    {
        var lab = Cluster();
        var id = Held(lab);
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new UpdateJob(id, new JobChange { TimeLimitMs = 7_200_000 }, Alice)).Code);
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new UpdateJob(id, new JobChange { TimeLimitAddMs = 60_000 }, Alice)).Code);
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new UpdateJob(id, new JobChange { TimeLimitMs = 0 }, Alice)).Code);
        lab.Do(new UpdateJob(id, new JobChange { TimeLimitAddMs = -600_000 }, Alice));
        Assert.Equal(3_000_000, lab.Job(id).Spec.TimeLimitMs);
        lab.Do(new UpdateJob(id, new JobChange { TimeLimitAddMs = 6_000_000 }, Lab.Root));
        Assert.Equal(9_000_000, lab.Job(id).Spec.TimeLimitMs);
    }

    [Fact]
    public void A_running_job_gets_another_end()
    {
        var lab = Cluster();
        var id = lab.Run();
        lab.Do(new UpdateJob(id, new JobChange { TimeLimitMs = 7_200_000, Comment = "longer" }, Lab.Root));
        Assert.Equal((lab.Job(id).Started + TimeSpan.FromHours(2), "longer"), (lab.Job(id).EndLimit, lab.Job(id).Spec.Comment));
        lab.Do(new UpdateJob(id, new JobChange { TimeLimitMs = 0 }, Lab.Root));
        Assert.False(lab.Job(id).EndLimit.IsSet);
    }

    [Fact]
    public void What_a_running_job_has_can_not_be_exchanged()
    {
        var lab = Cluster();
        var id = lab.Run();
        Assert.Equal(RefusalCodes.JobNotPending, lab.Refused(new UpdateJob(id, new JobChange { Partition = "other" }, Lab.Root)).Code);
        Assert.Contains("the memory", lab.Refused(new UpdateJob(id, new JobChange { MemoryPerNodeBytes = 1 }, Lab.Root)).Sentence, StringComparison.Ordinal);
        lab.Finish(id);
        Assert.Equal(RefusalCodes.AlreadyDone, lab.Refused(new UpdateJob(id, new JobChange { Comment = "x" }, Lab.Root)).Code);
    }

    [Fact]
    public void Another_users_job_can_not_be_changed()
    {
        var lab = Cluster();
        Assert.StartsWith("Invalid user id for job 1", lab.Refused(new UpdateJob(Held(lab), new JobChange { Comment = "x" }, Lab.User(Lab.Bob))).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void The_change_passes_the_checks_of_a_submission()
    {
        var lab = Cluster();
        var id = Held(lab);
        Assert.Equal(RefusalCodes.NodeConfigUnavailable, lab.Refused(new UpdateJob(id, new JobChange { CpusPerTask = 64 }, Alice)).Code);
        Assert.Equal(RefusalCodes.InvalidNodeName, lab.Refused(new UpdateJob(id, new JobChange { NodeList = "n9" }, Alice)).Code);
        Assert.Equal(RefusalCodes.ReservationInvalid, lab.Refused(new UpdateJob(id, new JobChange { Reservation = "r" }, Alice)).Code);
        Assert.Equal(RefusalCodes.InvalidRequest, lab.Refused(new UpdateJob(id, new JobChange { BeginMs = -5 }, Alice)).Code);
    }

    [Fact]
    public void Priority_zero_holds_and_another_releases()
    {
        var lab = Cluster();
        var id = lab.Submit();
        lab.Do(new UpdateJob(id, new JobChange { Priority = 0 }, Lab.Root));
        Assert.Equal((true, true, PendingReason.JobHeldAdmin), (lab.Job(id).Held, lab.Job(id).HeldByAdmin, lab.Job(id).Reason));
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new UpdateJob(id, new JobChange { Priority = 5 }, Alice)).Code);
        lab.Do(new UpdateJob(id, new JobChange { Priority = 1000 }, Lab.Root));
        Assert.Equal((false, 1000u), (lab.Job(id).Held, lab.Job(id).Spec.Priority));
        lab.Do(new UpdateJob(id, new JobChange { Priority = 500 }, Alice));
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new UpdateJob(id, new JobChange { Priority = 501 }, Alice)).Code);
        lab.Do(new HoldJob(id, Alice));
        lab.Do(new ReleaseJob(id, Alice));
        Assert.False(lab.Job(id).Spec.HasPriority);
    }

    [Fact]
    public void Only_operators_may_do_what_helps_against_others()
    {
        var lab = Cluster();
        var id = Held(lab);
        foreach (var change in new JobChange[] { new() { Nice = -1 }, new() { DeadlineMs = 5 }, new() { Contiguous = true }, new() { AdminComment = "x" }, new() { SiteFactor = 1 } })
            Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new UpdateJob(id, change, Alice)).Code);
        lab.Do(new UpdateJob(id, new JobChange { Nice = 10 }, Alice));
        lab.Do(new UpdateJob(id, new JobChange { Nice = -10, AdminComment = "x" }, Lab.Root));
    }

    [Fact]
    public void Size_begin_and_name_change_while_it_waits()
    {
        var lab = Cluster();
        var id = lab.Submit(s => s.BeginMs = (lab.Now + TimeSpan.FromHours(1)).Milliseconds);
        lab.Do(new UpdateJob(id, new JobChange { NodesMin = 2, Exclusive = true, BeginMs = 0, Name = "renamed", ExcludeList = "" }, Alice));
        Assert.Equal(2, lab.Schedule().Job(id).Shares.Count);
        Assert.Equal("renamed", lab.Job(id).Spec.Name);
    }

    [Fact]
    public void A_dependency_is_exchanged_or_taken_away()
    {
        var lab = Cluster();
        var first = Held(lab);
        var second = lab.Submit(s => s.Dependencies.Add(Lab.On("afterok", first)));
        Assert.Equal(PendingReason.Dependency, lab.Schedule().Job(second).Reason);
        lab.Do(new UpdateJob(second, new JobChange { Dependencies = [] }, Alice));
        Assert.Equal(JobState.Running, lab.Schedule().Job(second).State);
    }

    [Fact]
    public void Jobs_can_not_wait_for_each_other_in_a_circle()
    {
        var lab = Cluster();
        var first = Held(lab);
        var second = lab.Submit(s => s.Dependencies.Add(Lab.On("afterok", first)));
        var third = lab.Submit(s => s.Dependencies.Add(Lab.On("afterany", second)));
        var refusal = lab.Refused(new UpdateJob(first, new JobChange { Dependencies = [Lab.On("afterok", third)] }, Alice));
        Assert.Equal((RefusalCodes.CircularDependency, "Circular job dependency: 1 → 3 → 2 → 1"), (refusal.Code, refusal.Sentence));
        Assert.Equal(RefusalCodes.CircularDependency, lab.Refused(new UpdateJob(first, new JobChange { Dependencies = [Lab.On("afterok", first)] }, Alice)).Code);
    }

    [Fact]
    public void A_task_can_not_wait_for_its_own_array_but_for_another_task_of_it()
    {
        var lab = Cluster();
        var array = lab.SubmitArray(0, 2, s => s.Held = true);
        ArrayRange[] two = [new() { First = 2, Last = 2, Step = 1 }];
        Assert.Equal(RefusalCodes.CircularDependency, lab.Refused(new UpdateJob(array, new JobChange { Dependencies = [Lab.On("afterany", array)] }, Alice, two)).Code);
        var other = lab.Submit(s => s.Dependencies.Add(Lab.On("afterok", array)));
        Assert.Equal(RefusalCodes.CircularDependency, lab.Refused(new UpdateJob(array, new JobChange { Dependencies = [Lab.On("afterany", other)] }, Alice, two)).Code);
        lab.Do(new UpdateJob(array, new JobChange { Dependencies = [new Dependency { Kind = "afterok", JobId = array, ArrayTask = 0 }] }, Alice, two));
        lab.Do(new ReleaseJob(array, Alice));
        lab.Schedule();
        Assert.Equal(PendingReason.Dependency, lab.Task(array, 2).Reason);
        lab.Finish(lab.Task(array, 0).Id).Schedule();
        Assert.Equal(JobState.Running, lab.Task(array, 2).State);
    }

    [Fact]
    public void A_requeue_flag_is_heeded_when_the_node_is_lost()
    {
        var lab = Cluster();
        var id = lab.Run();
        lab.Do(new UpdateJob(id, new JobChange { Requeue = false }, Alice));
        lab.Do(new UpdateNode("n1", Lab.Root, null, true, "fan"));
        lab.Release(id);
        Assert.Equal(JobState.NodeFail, lab.Job(id).State);
    }

    [Fact]
    public void One_task_of_an_array_is_held_released_and_changed_alone()
    {
        var lab = Cluster();
        var array = lab.SubmitArray(0, 5, s => s.Held = true);
        lab.Do(new ReleaseJob(array, Alice));
        ArrayRange[] two = [new() { First = 2, Last = 2, Step = 1 }], four = [new() { First = 4, Last = 4, Step = 1 }];
        lab.Do(new HoldJob(array, Alice, two));
        lab.Do(new UpdateJob(array, new JobChange { Partition = "other" }, Alice, four));
        lab.Schedule();
        Assert.Equal((JobState.Pending, PendingReason.JobHeldUser), (lab.Task(array, 2).State, lab.Task(array, 2).Reason));
        Assert.Equal(("other", "n2"), (lab.Task(array, 4).Spec.Partition, lab.Task(array, 4).Shares[0].Node));
        Assert.Equal(5, lab.Cluster.JobsOf(array).Count(job => job.State == JobState.Running));
        lab.Do(new ReleaseJob(array, Alice, two));
        Assert.Equal(JobState.Running, lab.Schedule().Task(array, 2).State);
        Assert.Equal(RefusalCodes.InvalidJobId, lab.Refused(new HoldJob(array, Alice, [new ArrayRange { First = 9, Last = 9, Step = 1 }])).Code);
    }

    [Fact]
    public void One_task_of_an_array_is_requeued_alone()
    {
        var lab = Cluster();
        var array = lab.SubmitArray(0, 2);
        lab.Schedule();
        lab.Do(new RequeueJob(array, Alice, Tasks: [new ArrayRange { First = 1, Last = 1, Step = 1 }]));
        Assert.Equal((JobState.Running, JobState.Completing, JobState.Running), (lab.Task(array, 0).State, lab.Task(array, 1).State, lab.Task(array, 2).State));
    }

    [Fact]
    public void The_throttle_of_an_array_can_be_changed_while_it_runs()
    {
        var lab = Cluster();
        var array = lab.SubmitArray(0, 5, throttle: 1);
        lab.Schedule();
        Assert.Equal(1, lab.Cluster.JobsOf(array).Count(job => job.State == JobState.Running));
        lab.Do(new UpdateJob(array, new JobChange { ArrayThrottle = 3 }, Alice));
        lab.Schedule();
        Assert.Equal(3, lab.Cluster.JobsOf(array).Count(job => job.State == JobState.Running));
    }

    [Fact]
    public void A_user_hold_by_an_operator_is_lifted_by_the_owner()
    {
        var lab = Cluster();
        var id = lab.Submit();
        lab.Do(new HoldJob(id, Lab.Root, AsUser: true));
        lab.Do(new ReleaseJob(id, Alice));
        Assert.False(lab.Job(id).Held);
    }

    [Fact]
    public void Top_goes_before_the_users_other_jobs_only()
    {
        var lab = new Lab().Node("n1", cpus: 1);
        lab.Run();
        var ids = Enumerable.Range(0, 3).Select(_ => lab.Submit()).ToArray();
        var bobs = lab.Submit(s => s.Uid = Lab.Bob);
        lab.Do(new TopJobs([ids[2], ids[1]], Lab.Root));
        Assert.Equal([ids[2], ids[1], ids[0], bobs], lab.Cluster.Jobs.Values.Where(j => j.State == JobState.Pending).OrderBy(j => j.Order).Select(j => j.Id));
        lab.Finish(1).Schedule();
        Assert.Equal(JobState.Running, lab.Job(ids[2]).State);
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new TopJobs([bobs], Alice)).Code);
    }

    [Fact]
    public void A_snapshot_holds_changed_tasks()
    {
        var lab = Cluster();
        var array = lab.SubmitArray(0, 5, s => s.Held = true);
        lab.Do(new UpdateJob(array, new JobChange { Comment = "x" }, Alice, [new ArrayRange { First = 1, Last = 3, Step = 1 }]));
        lab.Do(new HoldJob(array, Alice, [new ArrayRange { First = 5, Last = 5, Step = 1 }]));
        var loaded = Core.Cluster.FromSnapshot(lab.Cluster.ToSnapshot(1));
        loaded.Audit();
        Assert.Equal(lab.Cluster.StateHash(), loaded.StateHash());
        Assert.Equal("x", loaded.FindTask(array, 2)!.Spec.Comment);
    }
}
