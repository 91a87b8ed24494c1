using Stint.Core.Jobs;
using Stint.Core.Journal;
using static Stint.Core.Tests.Reservations.ReservationLab;

namespace Stint.Core.Tests.Reservations;

public sealed class LifeTests
{
    private static Lab Cluster() => new Lab().Nodes("n1", "n2", "n3");

    [Fact]
    public void When_it_ends_its_pending_jobs_are_held_and_a_release_lets_them_run_outside()
    {
        var lab = Cluster();
        lab.ReserveNow("n1");
        var id = lab.Submit(s => { s.Inside(); s.Tasks = 5; });
        lab.Schedule().Later(Hour).Schedule();
        Assert.Empty(lab.Cluster.Reservations);
        Assert.Equal((true, PendingReason.ReservationDeleted), (lab.Job(id).Held, lab.Job(id).Reason));
        lab.Do(new ReleaseJob(id, Lab.User(Lab.Alice)));
        Assert.Equal((JobState.Running, ""), (lab.Schedule().StateOf(id), lab.Job(id).Spec.Reservation));
    }

    [Fact]
    public void With_no_hold_jobs_after_end_they_run_outside_at_once()
    {
        var lab = Cluster();
        lab.ReserveNow("n1", r => r.Flags.Add("NO_HOLD_JOBS_AFTER"));
        var id = lab.Submit(s => { s.Inside(); s.Tasks = 5; });
        Assert.Equal(JobState.Running, lab.Schedule().Later(Hour).Schedule().StateOf(id));
    }

    [Fact]
    public void One_that_is_in_use_is_not_deleted()
    {
        var lab = Cluster();
        lab.ReserveNow("n1");
        var id = lab.Run(s => s.Inside());
        var refusal = lab.Refused(new DeleteReservation("r", Lab.Root));
        Assert.Equal(RefusalCodes.ReservationInUse, refusal.Code);
        Assert.Contains($"job {id}", refusal.Sentence, StringComparison.Ordinal);
        lab.Finish(id).Do(new DeleteReservation("r", Lab.Root));
        Assert.Empty(lab.Cluster.Reservations);
        Assert.Equal(RefusalCodes.ReservationInvalid, lab.Refused(new DeleteReservation("r", Lab.Root)).Code);
    }

    [Fact]
    public void Deleted_nodes_are_free_again_for_those_who_waited()
    {
        var lab = new Lab().Nodes("n1");
        lab.Reserve("n1");
        var id = lab.Submit(s => s.TimeLimitMs = 2 * Hour);
        Assert.Equal(JobState.Pending, lab.Schedule().StateOf(id));
        lab.Do(new DeleteReservation("r", Lab.Root));
        Assert.Equal(JobState.Running, lab.Schedule().StateOf(id));
    }

    // 14 November 2023, 22:13 UTC, is a Tuesday.
    [Theory]
    [InlineData("HOURLY", 1)]
    [InlineData("DAILY", 24)]
    [InlineData("WEEKDAY", 24)]
    [InlineData("WEEKEND", 96)]
    [InlineData("WEEKLY", 168)]
    public void A_recurring_one_comes_again(string flag, int hours)
    {
        var lab = Cluster();
        var start = lab.Reserve("n1", r => { r.Flags.Add(flag); r.EndMs = r.StartMs + Hour / 2; }).StartAt(lab.Now);
        lab.Later(Hour + Hour / 2);
        var again = lab.Cluster.Reservations["r"];
        Assert.Equal(start + TimeSpan.FromHours(hours), again.StartAt(lab.Now));
        Assert.Equal(again.Spec.StartMs, again.StartAt(lab.Now).Milliseconds);
        Assert.False(again.IsActiveAt(lab.Now));
        Assert.True(again.IsActiveAt(start + TimeSpan.FromHours(hours)));
    }

    [Fact]
    public void A_job_of_a_recurring_one_that_did_not_run_waits_for_the_next_time()
    {
        var lab = Cluster();
        lab.Reserve("n1", r => r.Flags.Add("DAILY"));
        var id = lab.Submit(s => s.Inside());
        lab.Do(new HoldJob(id, Lab.Root));
        lab.Later(3 * Hour);
        lab.Do(new ReleaseJob(id, Lab.Root));
        Assert.Equal(PendingReason.Reservation, lab.Schedule().Job(id).Reason);
        lab.Later(22 * Hour);
        Assert.Equal(JobState.Running, lab.Schedule().StateOf(id));
    }

    [Fact]
    public void Skip_leaves_out_one_occurrence_of_a_recurring_one()
    {
        var lab = Cluster();
        var start = lab.Reserve("n1", r => r.Flags.Add("DAILY")).StartAt(lab.Now);
        lab.Do(new SkipReservation("r", Lab.Root));
        Assert.Equal(start + TimeSpan.FromDays(1), lab.Cluster.Reservations["r"].StartAt(lab.Now));
        lab.Reserve("n2", r => r.Name = "once");
        Assert.Equal("Reservation given is not skipable, try deleting instead", lab.Refused(new SkipReservation("once", Lab.Root)).Sentence);
    }

    [Fact]
    public void Purge_comp_removes_one_that_nobody_uses()
    {
        var lab = Cluster();
        lab.ReserveNow("n1", r => r.Flags.Add("PURGE_COMP"));
        lab.ReserveNow("n2", r => { r.Name = "kept"; });
        var id = lab.Run(s => s.Inside());
        lab.Later(10 * Minute);
        Assert.Contains("r", lab.Cluster.Reservations.Keys);
        lab.Finish(id).Later(4 * Minute);
        Assert.Contains("r", lab.Cluster.Reservations.Keys);
        lab.Later(2 * Minute);
        Assert.Equal(["kept"], lab.Cluster.Reservations.Keys);
    }

    [Fact]
    public void A_node_that_is_lost_is_replaced_where_a_count_was_asked_for()
    {
        var lab = Cluster();
        lab.Reserve("", r => { r.NodeCount = 1; });
        lab.Reserve("", r => { r.Name = "static"; r.NodeCount = 1; r.Flags.Add("STATIC_ALLOC"); });
        foreach (var name in new[] { "n1", "n2" }) lab.Do(new UpdateNode(name, Lab.Root, true, null, "fan"));
        lab.Tick();
        Assert.Equal(("n3", "n2"), (lab.Cluster.Reservations["r"].Spec.Nodes, lab.Cluster.Reservations["static"].Spec.Nodes));
    }

    [Fact]
    public void With_replace_idle_nodes_follow_where_jobs_took_some()
    {
        var lab = Cluster();
        lab.ReserveNow("", r => { r.NodeCount = 1; r.Flags.Add("REPLACE"); });
        lab.Run(s => s.Inside());
        lab.Tick();
        Assert.Equal("n2", lab.Cluster.Reservations["r"].Spec.Nodes);
    }

    [Fact]
    public void More_time_for_the_reservation_is_more_time_for_its_jobs()
    {
        var lab = Cluster();
        lab.ReserveNow("n1");
        var id = lab.Run(s => { s.Inside(); s.TimeLimitMs = 2 * Hour; });
        lab.Do(new UpdateReservation("r", new ReservationChange { DurationMs = 90 * Minute }, Lab.Root));
        Assert.Equal(lab.Now + TimeSpan.FromMinutes(90), lab.Job(id).EndLimit);
    }

    [Fact]
    public void What_an_update_may_change()
    {
        var lab = Cluster();
        lab.Reserve("n1");
        lab.Do(new UpdateReservation("r", new ReservationChange { UsersAdded = ["bob"], FlagsAdded = ["FLEX"], NodesAdded = "n2", Comment = "more" }, Lab.Root));
        var spec = lab.Cluster.Reservations["r"].Spec;
        Assert.Equal(("n[1-2]", "more"), (spec.Nodes, spec.Comment));
        Assert.Equal(["alice", "bob"], spec.Users);
        lab.Do(new UpdateReservation("r", new ReservationChange { UsersRemoved = ["alice"], FlagsRemoved = ["FLEX"], NodesRemoved = "n1" }, Lab.Root));
        spec = lab.Cluster.Reservations["r"].Spec;
        Assert.Equal(("n2", "SPEC_NODES"), (spec.Nodes, string.Join(',', spec.Flags)));
        lab.Do(new UpdateReservation("r", new ReservationChange { NodeCount = 3 }, Lab.Root));
        Assert.Equal("n[1-3]", lab.Cluster.Reservations["r"].Spec.Nodes);
        Assert.Equal(RefusalCodes.ReservationNoAccess, lab.Refused(new UpdateReservation("r", new ReservationChange { Users = [] }, Lab.Root)).Code);
        Assert.Equal(RefusalCodes.ReservationInvalid, lab.Refused(new UpdateReservation("r", new ReservationChange { FlagsAdded = ["TIME_FLOAT"] }, Lab.Root)).Code);
        lab.Later(Hour);
        Assert.Equal(RefusalCodes.InvalidTime, lab.Refused(new UpdateReservation("r", new ReservationChange { StartMs = lab.Now.Milliseconds + Hour }, Lab.Root)).Code);
    }

    [Fact]
    public void A_change_that_would_overlap_is_refused()
    {
        var lab = Cluster();
        lab.Reserve("n1");
        lab.Reserve("n2", r => r.Name = "s");
        Assert.Equal(RefusalCodes.ReservationOverlap, lab.Refused(new UpdateReservation("r", new ReservationChange { NodesAdded = "n2" }, Lab.Root)).Code);
        lab.Reserve("n1", r => { r.Name = "later"; (r.StartMs, r.EndMs) = (r.EndMs, r.EndMs + Hour); });
        Assert.Equal(RefusalCodes.ReservationOverlap, lab.Refused(new UpdateReservation("r", new ReservationChange { DurationMs = 2 * Hour }, Lab.Root)).Code);
    }

    [Fact]
    public void The_cores_of_one_can_not_be_exchanged()
    {
        var lab = Cluster();
        lab.Reserve("n1", r => r.CoreCount = 2);
        Assert.Equal("Core-based reservation can not be updated", lab.Refused(new UpdateReservation("r", new ReservationChange { NodesAdded = "n2" }, Lab.Root)).Sentence);
    }

    [Fact]
    public void A_user_who_is_let_in_no_more_is_told_why_the_job_waits()
    {
        var lab = Cluster();
        lab.Reserve("n1", r => r.Users.Add("bob"));
        var id = lab.Submit(s => s.Inside());
        lab.Do(new UpdateReservation("r", new ReservationChange { UsersRemoved = ["alice"] }, Lab.Root));
        Assert.Equal(PendingReason.ReservationInvalid, lab.Schedule().Job(id).Reason);
    }

    [Fact]
    public void A_snapshot_holds_reservations()
    {
        var lab = Cluster();
        lab.ReserveNow("n1", r => r.Flags.Add("PURGE_COMP"));
        lab.Reserve("n2", r => { r.Name = "cores"; r.CoreCount = 1; r.Flags.Add("DAILY"); });
        var id = lab.Run(s => s.Inside());
        var loaded = Core.Cluster.FromSnapshot(lab.Cluster.ToSnapshot(1));
        loaded.Audit();
        Assert.Equal(lab.Cluster.StateHash(), loaded.StateHash());
        Assert.Contains(id, loaded.Reservations["r"].Jobs);
    }
}
