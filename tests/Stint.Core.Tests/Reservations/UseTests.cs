using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Reservations;
using static Stint.Core.Tests.Reservations.ReservationLab;

namespace Stint.Core.Tests.Reservations;

public sealed class UseTests
{
    private static Lab Cluster() => new Lab().Nodes("n1", "n2");

    [Fact]
    public void A_job_outside_that_could_run_into_a_reservation_goes_elsewhere_or_waits()
    {
        var lab = Cluster();
        lab.Reserve("n1");
        var whole = lab.Submit(s => { s.Exclusive = true; s.TimeLimitMs = 2 * Hour; });
        var second = lab.Submit(s => { s.Exclusive = true; s.TimeLimitMs = 2 * Hour; });
        lab.Schedule();
        Assert.Equal("n2", lab.NodesOf(whole));
        Assert.Equal(JobState.Pending, lab.StateOf(second));
    }

    [Fact]
    public void A_job_outside_that_ends_before_it_starts_may_use_its_nodes()
    {
        var lab = Cluster();
        lab.Reserve("n[1-2]");
        Assert.Equal("n1", lab.NodesOf(lab.Run(s => s.TimeLimitMs = Hour)));
    }

    [Fact]
    public void A_job_of_the_reservation_waits_for_its_start_and_runs_on_its_nodes_only()
    {
        var lab = Cluster();
        lab.Reserve("n2");
        var id = lab.Submit(s => s.Inside());
        Assert.Equal(PendingReason.Reservation, lab.Schedule().Job(id).Reason);
        lab.Later(Hour).Schedule();
        Assert.Equal(("n2", "r"), (lab.NodesOf(id), lab.Job(id).Reservation));
        Assert.Contains(id, lab.Cluster.Reservations["r"].Jobs);
        var tooMuch = lab.Submit(s => { s.Inside(); s.Tasks = 5; });
        Assert.Equal(JobState.Pending, lab.Schedule().StateOf(tooMuch));
    }

    [Fact]
    public void A_job_whose_reservation_is_closed_to_its_user_can_still_be_changed_but_not_into_one_that_is()
    {
        var lab = Cluster();
        lab.Reserve("n2");
        var id = lab.Submit(s => s.Inside());
        lab.Do(new UpdateReservation("r", new ReservationChange { Users = ["bob"] }, Lab.Root));
        Assert.Equal(PendingReason.ReservationInvalid, lab.Schedule().Job(id).Reason);
        lab.Do(new UpdateJob(id, new JobChange { Comment = "still mine", Dependencies = [] }, Lab.User(Lab.Alice)));
        lab.Reserve("n1", static r => (r.Name, r.Users[0]) = ("other", "bob"));
        Assert.Equal(RefusalCodes.ReservationAccess, lab.Refused(new UpdateJob(id, new JobChange { Reservation = "other" }, Lab.User(Lab.Alice))).Code);
        lab.Do(new UpdateJob(id, new JobChange { Reservation = "" }, Lab.User(Lab.Alice)));
        Assert.Equal(JobState.Running, lab.Schedule().StateOf(id));
    }

    [Fact]
    public void The_end_of_the_reservation_is_the_end_of_its_jobs_unless_it_is_flexible()
    {
        var lab = Cluster();
        var strict = lab.ReserveNow("n1");
        var flexible = lab.ReserveNow("n2", r => { r.Name = "f"; r.Flags.Add("FLEX"); });
        var first = lab.Run(s => { s.Inside(); s.TimeLimitMs = 5 * Hour; });
        var second = lab.Run(s => { s.Inside("f"); s.TimeLimitMs = 5 * Hour; });
        Assert.Equal(strict.EndAt(lab.Now), lab.Job(first).EndLimit);
        Assert.Equal(lab.Now + TimeSpan.FromHours(5), lab.Job(second).EndLimit);
        Assert.Equal("f", flexible.Name);
    }

    [Fact]
    public void With_flex_a_job_starts_before_it_and_also_outside_of_its_nodes()
    {
        var lab = Cluster();
        lab.Reserve("n1", r => r.Flags.Add("FLEX"));
        var inside = lab.Run(s => { s.Inside(); s.Exclusive = true; s.NodesMin = 2; s.TimeLimitMs = 3 * Hour; });
        Assert.Equal("n1,n2", lab.NodesOf(inside));
    }

    [Fact]
    public void Another_user_may_not_name_it()
    {
        var lab = Cluster();
        lab.ReserveNow("n1");
        Assert.Equal("Access denied to requested reservation: r", lab.Refused(new SubmitJob(Lab.Spec(s => { s.Inside(); s.OfBob(); }))).Sentence);
        Assert.Equal("Requested reservation is invalid: q", lab.Refused(new SubmitJob(Lab.Spec(s => s.Inside("q")))).Sentence);
    }

    [Theory]
    [InlineData("alice", "", false, false, "alice", "physics", true)]
    [InlineData("alice", "", false, false, "bob", "physics", false)]
    [InlineData("alice", "physics", false, false, "alice", "biology", false)]
    [InlineData("alice", "physics", false, false, "alice", "physics", true)]
    [InlineData("alice", "", true, false, "alice", "physics", false)]
    [InlineData("alice", "", true, false, "bob", "physics", true)]
    [InlineData("", "physics", false, true, "alice", "physics", false)]
    [InlineData("", "physics", false, true, "alice", "biology", true)]
    public void Users_and_accounts_must_both_let_a_job_in(string users, string accounts, bool usersDenied, bool accountsDenied, string user, string account, bool allowed)
    {
        var lab = Cluster();
        lab.ReserveNow("n1", r =>
        {
            r.Users.Clear();
            if (users.Length > 0) r.Users.Add(users);
            if (accounts.Length > 0) r.Accounts.Add(accounts);
            (r.UsersDenied, r.AccountsDenied) = (usersDenied, accountsDenied);
        });
        var decision = lab.Try(new SubmitJob(Lab.Spec(s => { s.Inside(); s.User = user; s.Account = account; })));
        Assert.Equal(allowed, decision.Refusal is null);
    }

    [Fact]
    public void Groups_and_qos_let_in_as_well()
    {
        var lab = Cluster();
        lab.ReserveNow("n1", r => { r.Users.Clear(); r.Groups.Add("staff"); r.Qos.Add("high"); });
        Assert.NotNull(lab.Refused(new SubmitJob(Lab.Spec(s => { s.Inside(); s.Groups.Add("staff"); }))));
        lab.Submit(s => { s.Inside(); s.Groups.Add("staff"); s.Qos = "high"; });
    }

    [Fact]
    public void A_magnetic_reservation_takes_jobs_that_did_not_ask()
    {
        var lab = Cluster();
        lab.ReserveNow("n1", r => r.Flags.Add("MAGNETIC"));
        var drawn = lab.Run(s => { s.Exclusive = true; s.TimeLimitMs = Hour / 2; });
        Assert.Equal(("n1", "r"), (lab.NodesOf(drawn), lab.Job(drawn).Reservation));
        var others = lab.Run(s => { s.Exclusive = true; s.OfBob(); s.TimeLimitMs = Hour / 2; });
        Assert.Equal(("n2", ""), (lab.NodesOf(others), lab.Job(others).Reservation));
    }

    [Fact]
    public void A_magnetic_reservation_does_not_take_what_would_outlast_it()
    {
        var lab = Cluster();
        lab.ReserveNow("n1", r => r.Flags.Add("MAGNETIC"));
        Assert.Equal("n2", lab.NodesOf(lab.Run(s => s.TimeLimitMs = 2 * Hour)));
    }

    [Fact]
    public void Reserved_cores_are_for_its_jobs_and_the_rest_for_all()
    {
        var lab = new Lab().Node("n1", cpus: 4);
        lab.ReserveNow("n1", r => r.CoreCount = 2);
        Assert.Equal("2-3", Lab.Cpus(lab.Job(lab.Run(s => s.Tasks = 2)).Shares[0]));
        var outside = lab.Submit();
        Assert.Equal(JobState.Pending, lab.Schedule().StateOf(outside));
        lab.Do(new CancelJob(outside, null, Lab.Root));
        var inside = lab.Submit(s => { s.Inside(); s.Tasks = 2; });
        lab.Schedule();
        Assert.Equal("0-1", Lab.Cpus(lab.Job(inside).Shares[0]));
    }

    [Fact]
    public void Nobody_outside_gets_a_whole_node_of_which_a_part_is_reserved()
    {
        var lab = new Lab().Node("n1", cpus: 4);
        lab.ReserveNow("n1", r => r.CoreCount = 1);
        var id = lab.Submit(s => s.Exclusive = true);
        Assert.Equal(JobState.Pending, lab.Schedule().StateOf(id));
        lab.Later(2 * Hour).Schedule();
        Assert.Equal(JobState.Running, lab.StateOf(id));
    }

    [Fact]
    public void A_maintenance_reservation_goes_before_the_one_that_it_lies_over()
    {
        var lab = Cluster();
        lab.ReserveNow("n1", r => r.Users.Add("bob"));
        lab.ReserveNow("n1", r => { r.Name = "m"; r.Flags.Add("MAINT"); });
        var below = lab.Submit(s => { s.Inside(); s.OfBob(); });
        var above = lab.Submit(s => s.Inside("m"));
        lab.Schedule();
        Assert.Equal((JobState.Pending, JobState.Running), (lab.StateOf(below), lab.StateOf(above)));
        Assert.Equal(["m", "r"], lab.Cluster.ReservationsOn("n1", lab.Now).Select(r => r.Name));
        Assert.Empty(lab.Cluster.ReservationsOn("n2", lab.Now));
    }

    [Fact]
    public void Of_several_reservations_the_first_that_is_open_is_used()
    {
        var lab = Cluster();
        lab.Reserve("n1");
        lab.ReserveNow("n2", r => r.Name = "s");
        Assert.Equal("s", lab.Job(lab.Run(s => s.Inside("r,s"))).Reservation);
    }

    [Fact]
    public void Any_nodes_reserves_licences_and_leaves_the_nodes_open()
    {
        var lab = new Lab(c => c.Licenses = "matlab:10").Nodes("n1", "n2");
        lab.ReserveNow("", r => { r.Licenses = "matlab:6"; r.Flags.Add("ANY_NODES"); });
        Assert.Equal("n1", lab.NodesOf(lab.Run(s => s.Inside())));
    }

    [Fact]
    public void A_partition_can_take_jobs_of_reservations_only()
    {
        var lab = new Lab(c => c.Partitions[0].RequiresReservation = true).Nodes("n1");
        Assert.NotNull(lab.Refused(new SubmitJob(Lab.Spec())));
        lab.ReserveNow("n1");
        lab.Run(s => s.Inside());
    }

    [Fact]
    public void A_floating_reservation_is_always_as_far_ahead()
    {
        var lab = new Lab().Nodes("n1");
        lab.Reserve("n1", r => r.Flags.Add("TIME_FLOAT"));
        lab.Later(5 * Hour);
        Assert.Equal(lab.Now + TimeSpan.FromHours(1), lab.Cluster.Reservations["r"].StartAt(lab.Now));
        var tooLong = lab.Submit(s => s.TimeLimitMs = 2 * Hour);
        Assert.Equal(JobState.Pending, lab.Schedule().StateOf(tooLong));
        lab.Do(new CancelJob(tooLong, null, Lab.Root));
        lab.Run(s => s.TimeLimitMs = Hour);
    }

    [Fact]
    public void Every_occurrence_to_come_is_kept_free()
    {
        var lab = new Lab().Nodes("n1");
        lab.Reserve("n1", r => { r.Flags.Add("DAILY"); (r.StartMs, r.EndMs) = (r.StartMs, r.StartMs + 10 * Minute); });
        lab.Later(Hour + 20 * Minute);
        var dayLong = lab.Submit(s => s.TimeLimitMs = 2 * Day);
        Assert.Equal(JobState.Pending, lab.Schedule().StateOf(dayLong));
        lab.Do(new CancelJob(dayLong, null, Lab.Root));
        lab.Run(s => s.TimeLimitMs = 23 * Hour);
    }
}
