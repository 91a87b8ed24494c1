using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Scheduling;

public sealed class BackfillTests
{
    private const long Hour = 3_600_000;

    private static Lab Planned(string policy, uint reservations = 0) =>
        new(c => c.Planning = new PlanningSettings { Policy = policy, ReservationsMax = reservations });

    [Fact]
    public void A_short_job_fills_the_hole_before_a_planned_start_and_a_long_one_does_not()
    {
        var lab = Planned("easy").Node("n1", cpus: 4);
        lab.Run(s => s.Tasks = 3);
        var head = lab.Submit(s => s.Tasks = 4);
        var tooLong = lab.Submit(s => s.TimeLimitMs = 2 * Hour);
        var fits = lab.Submit(s => s.TimeLimitMs = Hour / 2);
        lab.Schedule();
        Assert.Equal(JobState.Running, lab.Job(fits).State);
        Assert.Equal((PendingReason.Resources, PendingReason.Priority), (lab.Job(head).Reason, lab.Job(tooLong).Reason));
    }

    [Fact]
    public void The_planned_start_and_its_nodes_can_be_asked_for_and_who_waits_behind_is_told_of_them()
    {
        var lab = Planned("easy").Nodes("n1", "n2");
        var first = lab.Run(s => { s.Tasks = 4; s.NodeList = "n1"; });
        lab.Run(s => { s.Tasks = 4; s.NodeList = "n2"; s.TimeLimitMs = 3 * Hour; });
        var head = lab.Submit(s => s.Tasks = 4);
        var behind = lab.Submit(s => s.Tasks = 4);
        lab.Schedule();
        var planned = lab.Cluster.PlannedStart(head);
        Assert.Equal(lab.Job(first).EndLimit, planned!.Value.At);
        Assert.Equal(["n1"], planned.Value.Nodes);
        Assert.True(lab.Cluster.IsPlanned("n1"));
        Assert.False(lab.Cluster.IsPlanned("n2"));
        Assert.Null(lab.Cluster.PlannedStart(behind));
        var why = lab.Cluster.ReasonOf(lab.Job(behind));
        Assert.Equal((PendingReason.Priority, head), (why.Reason, why.Behind));
        Assert.Equal(planned.Value.At, why.Planned!.Value.At);
    }

    [Fact]
    public void A_gang_waits_for_all_of_its_nodes_and_small_jobs_do_not_take_them_one_by_one()
    {
        var lab = Planned("easy").Nodes("n1", "n2", "n3");
        lab.Run(s => { s.Tasks = 4; s.NodeList = "n1"; });
        var gang = lab.Submit(s => { s.NodesMin = 3; s.Tasks = 12; });
        var small = lab.Submit(s => { s.Tasks = 4; s.TimeLimitMs = 2 * Hour; });
        lab.Schedule();
        Assert.Equal((JobState.Pending, JobState.Pending), (lab.Job(gang).State, lab.Job(small).State));
        Assert.Equal(3, lab.Cluster.PlannedStart(gang)!.Value.Nodes.Count);
        Assert.Equal(JobState.Running, lab.Finish(1).Schedule().Job(gang).State);
    }

    [Fact]
    public void First_come_first_served_lets_nobody_pass()
    {
        var lab = Planned("fcfs").Node("n1", cpus: 4);
        lab.Run(s => s.Tasks = 3);
        lab.Submit(s => s.Tasks = 4);
        var small = lab.Submit(s => s.TimeLimitMs = 60_000);
        Assert.Equal(JobState.Pending, lab.Schedule().Job(small).State);
    }

    [Fact]
    public void The_conservative_policy_plans_everybody()
    {
        var lab = Planned("conservative").Node("n1", cpus: 4);
        var running = lab.Run(s => s.Tasks = 4);
        var ids = Enumerable.Range(0, 5).Select(_ => lab.Submit(s => s.Tasks = 4)).ToArray();
        lab.Schedule();
        for (var i = 0; i < ids.Length; i++)
            Assert.Equal(lab.Job(running).EndLimit.Milliseconds + i * Hour, lab.Cluster.PlannedStart(ids[i])!.Value.At.Milliseconds);
    }

    [Fact]
    public void The_configured_number_of_jobs_gets_a_planned_start()
    {
        var lab = Planned("easy", reservations: 3).Node("n1", cpus: 4);
        lab.Run(s => s.Tasks = 4);
        var ids = Enumerable.Range(0, 5).Select(_ => lab.Submit(s => s.Tasks = 4)).ToArray();
        lab.Schedule();
        Assert.Equal([true, true, true, false, false], ids.Select(id => lab.Cluster.PlannedStart(id) is not null));
    }

    [Fact]
    public void A_head_that_can_never_start_blocks_nobody()
    {
        var lab = Planned("easy").Nodes("n1", "n2");
        lab.Do(new UpdateNode("n2", Lab.Root, true, null, "why"));
        var head = lab.Submit(s => { s.NodesMin = 2; s.Tasks = 2; });
        var next = lab.Submit();
        lab.Schedule();
        Assert.Equal((PendingReason.ReqNodeNotAvail, JobState.Running), (lab.Job(head).Reason, lab.Job(next).State));
    }

    [Fact]
    public void A_job_may_name_several_partitions_and_runs_in_the_first_that_has_room()
    {
        var lab = new Lab(c => c.Partitions.Add(new PartitionSpec { Name = "other", Nodes = "n2", IsUp = true })).Nodes("n1", "n2");
        lab.Run(s => { s.Tasks = 4; s.NodeList = "n1"; });
        lab.Cluster.Audit();
        var id = lab.Submit(s => { s.Tasks = 4; s.Partition = "other,main"; });
        lab.Schedule();
        Assert.Equal((JobState.Running, "other", "n2"), (lab.Job(id).State, lab.Job(id).Partition, lab.Job(id).Shares[0].Node));
    }

    [Fact]
    public void Licences_are_held_from_start_to_end_and_who_lacks_one_blocks_nobody()
    {
        var lab = new Lab(c => c.Licenses = "matlab:1").Node("n1");
        var first = lab.Run(s => s.Licenses = "matlab");
        var second = lab.Submit(s => s.Licenses = "matlab:1");
        var other = lab.Submit();
        lab.Schedule();
        Assert.Equal((PendingReason.Licenses, JobState.Running), (lab.Job(second).Reason, lab.Job(other).State));
        Assert.Contains("needs 1 of licence matlab (1 of 1 are in use)", lab.Job(second).ReasonDetail, StringComparison.Ordinal);
        Assert.Equal(JobState.Running, lab.Finish(first).Schedule().Job(second).State);
    }

    [Fact]
    public void Predicted_run_times_move_the_plan_and_not_the_limit()
    {
        var lab = new Lab(c => c.Planning = new PlanningSettings { Policy = "easy", PredictRunTimes = true }).Node("n1", cpus: 4);
        for (var i = 0; i < 2; i++)
        {
            var id = lab.Run(s => s.Tasks = 4);
            lab.After(TimeSpan.FromMinutes(10)).Finish(id);
        }
        var running = lab.Run(s => s.Tasks = 4);
        var next = lab.Submit(s => s.Tasks = 4);
        lab.Schedule();
        Assert.Equal(lab.Now + TimeSpan.FromMinutes(10), lab.Cluster.PlannedStart(next)!.Value.At);
        Assert.Equal(lab.Now + TimeSpan.FromHours(1), lab.Job(running).EndLimit);
    }

    [Fact]
    public void A_slice_that_is_cut_short_goes_on_where_it_was()
    {
        var lab = new Lab { Audits = false }.Node("n1", cpus: 2_000, memory: 2_000 * Lab.GiB);
        for (var i = 0; i < 500; i++) lab.Submit(s => { s.Uid = (uint)i; s.TimeLimitMs = Hour + i; });
        var slices = 0;
        do
        {
            lab.Do(new Schedule(() => true));
            slices++;
        } while (lab.Cluster.NeedsSchedule && slices < 5_000);
        Assert.Equal(500, lab.Cluster.ActiveJobs.Count);
        Assert.True(slices > 2, $"{slices} slices");
        lab.Cluster.Audit();
    }
}
