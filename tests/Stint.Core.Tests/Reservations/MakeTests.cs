using Stint.Core.Journal;
using Stint.Core.Reservations;
using static Stint.Core.Tests.Reservations.ReservationLab;

namespace Stint.Core.Tests.Reservations;

public sealed class MakeTests
{
    private static Lab Cluster() => new Lab().Nodes("n1", "n2", "n3", "n4");

    [Fact]
    public void A_reservation_of_named_nodes_is_for_these_nodes()
    {
        var reservation = Cluster().Reserve("n[2-3]");
        Assert.Equal(("n[2-3]", 2u, 8u), (reservation.Spec.Nodes, reservation.Spec.NodeCount, reservation.Spec.CoreCount));
        Assert.True(reservation.Has(ReservationFlags.SpecNodes));
    }

    [Fact]
    public void A_reservation_by_count_gets_nodes_that_are_free_then()
    {
        var lab = Cluster();
        lab.Run(s => { s.NodeList = "n1"; s.TimeLimitMs = 2 * Hour; });
        var reservation = lab.Reserve("", r => r.NodeCount = 2);
        Assert.Equal("n[2-3]", reservation.Spec.Nodes);
        Assert.False(reservation.Has(ReservationFlags.SpecNodes));
        Assert.Equal("n4", lab.Reserve("", r => { r.Name = "s"; r.NodeCount = 1; }).Spec.Nodes);
    }

    [Fact]
    public void A_job_that_ends_before_the_reservation_starts_is_not_in_the_way()
    {
        var lab = Cluster();
        lab.Run(s => { s.NodeList = "n1"; s.TimeLimitMs = Hour; });
        Assert.Equal("n1", lab.Reserve("n1").Spec.Nodes);
    }

    [Fact]
    public void A_job_that_may_still_run_then_is_in_the_way_unless_jobs_are_ignored()
    {
        var lab = Cluster();
        var id = lab.Run(s => { s.NodeList = "n1"; s.TimeLimitMs = 2 * Hour; });
        var refusal = lab.RefusedReservation("n1");
        Assert.Equal(RefusalCodes.NodesBusy, refusal.Code);
        Assert.Contains($"job {id} on n1", refusal.Sentence, StringComparison.Ordinal);
        Assert.Equal("n1", lab.Reserve("n1", r => r.Flags.Add("ignore_jobs")).Spec.Nodes);
    }

    [Fact]
    public void Overlap_is_refused_and_says_with_which_one()
    {
        var lab = Cluster();
        lab.Reserve("n[1-2]", r => r.Name = "first");
        var refusal = lab.RefusedReservation("n[2-3]");
        Assert.Equal(RefusalCodes.ReservationOverlap, refusal.Code);
        Assert.Contains("first has n2", refusal.Sentence, StringComparison.Ordinal);
        lab.Reserve("n[2-3]", r => (r.StartMs, r.EndMs) = (r.EndMs, r.EndMs + Hour));       // right after it
    }

    [Theory, InlineData("MAINT"), InlineData("OVERLAP")]
    public void Overlap_is_allowed_where_a_flag_says_so(string flag)
    {
        var lab = Cluster();
        lab.Reserve("n[1-2]", r => r.Name = "first");
        Assert.Equal("n2", lab.Reserve("n2", r => r.Flags.Add(flag)).Spec.Nodes);
    }

    [Fact]
    public void Two_that_recur_overlap_when_any_of_their_occurrences_do()
    {
        var lab = Cluster();
        lab.Reserve("n1", r => { r.Name = "daily"; r.Flags.Add("DAILY"); });
        Assert.Equal(RefusalCodes.ReservationOverlap, lab.RefusedReservation("n1", r =>
        {
            r.Flags.Add("WEEKLY");
            (r.StartMs, r.EndMs) = (r.StartMs + 3 * Day + Hour / 2, r.EndMs + 3 * Day + Hour / 2);
        }).Code);
        lab.Reserve("n1", r => { r.Flags.Add("WEEKLY"); (r.StartMs, r.EndMs) = (r.StartMs + 3 * Day + 2 * Hour, r.EndMs + 3 * Day + 2 * Hour); });
    }

    [Fact]
    public void Somebody_must_be_let_in() =>
        Assert.Equal("Reservation request lacks users, groups or accounts", Cluster().RefusedReservation("n1", r => r.Users.Clear()).Sentence);

    [Fact]
    public void Users_and_groups_exclude_each_other() =>
        Assert.Equal("Reservations can't have users and groups specified, only one or the other", Cluster().RefusedReservation("n1", r => r.Groups.Add("staff")).Sentence);

    [Fact]
    public void A_name_is_used_once_and_made_up_when_none_is_given()
    {
        var lab = Cluster();
        lab.Reserve("n1");
        Assert.Equal(RefusalCodes.ReservationNameTaken, lab.RefusedReservation("n2").Code);
        Assert.Equal("alice_2", lab.Reserve("n2", r => r.Name = "").Name);
    }

    [Fact]
    public void Times_must_make_sense()
    {
        var lab = Cluster();
        Assert.Equal(RefusalCodes.InvalidTime, lab.RefusedReservation("n1", r => r.EndMs = r.StartMs).Code);
        Assert.Equal(RefusalCodes.InvalidTime, lab.RefusedReservation("n1", r => r.StartMs = 0).Code);
        Assert.Equal(RefusalCodes.InvalidTime, lab.RefusedReservation("n1", r => r.StartMs = lab.Now.Milliseconds - Hour).Code);
        Assert.Equal(RefusalCodes.InvalidTime, lab.RefusedReservation("n1", r => { r.Flags.Add("HOURLY"); r.EndMs = r.StartMs + 2 * Hour; }).Code);
        Assert.Equal(RefusalCodes.ReservationInvalid, lab.RefusedReservation("n1", r => r.Flags.Add("SOMETIMES")).Code);
        Assert.Equal(RefusalCodes.ReservationInvalid, lab.RefusedReservation("n1", r => r.Flags.AddRange(["DAILY", "WEEKLY"])).Code);
    }

    [Fact]
    public void Only_operators_make_change_and_delete()
    {
        var lab = Cluster();
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new MakeReservation(lab.Spec("n1"), Lab.User(Lab.Alice))).Code);
        lab.Reserve("n1");
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new UpdateReservation("r", new ReservationChange(), Lab.User(Lab.Alice))).Code);
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new DeleteReservation("r", Lab.User(Lab.Alice))).Code);
    }

    [Fact]
    public void Cores_of_a_listed_node_are_the_lowest_that_are_free()
    {
        var lab = Cluster();
        lab.Run(s => { s.NodeList = "n1"; s.TimeLimitMs = 3 * Hour; });
        var reservation = lab.Reserve("n1", r => r.CoreCount = 2);
        Assert.Equal("1-2", Lab.Cpus(reservation.Spec.Shares.Single()));
        Assert.Equal("3", Lab.Cpus(lab.Reserve("n1", r => { r.Name = "s"; r.CoreCount = 1; }).Spec.Shares.Single()));
        Assert.Equal(RefusalCodes.ReservationOverlap, lab.RefusedReservation("n1", r => { r.Name = "t"; r.CoreCount = 1; }).Code);
    }

    [Fact]
    public void Cores_are_given_per_node_evenly_or_as_needed()
    {
        var lab = Cluster();
        var listed = lab.Reserve("n[1-3]", r => r.Name = "listed", [1, 2, 3]);
        Assert.Equal(["0", "0-1", "0-2"], listed.Spec.Shares.Select(Lab.Cpus));
        var even = lab.Reserve("", r => { r.Name = "even"; r.NodeCount = 2; r.CoreCount = 3; });
        Assert.Equal(["n1:1-2", "n2:2"], even.Spec.Shares.Select(s => $"{s.Node}:{Lab.Cpus(s)}"));
        var packed = lab.Reserve("", r => { r.Name = "packed"; r.CoreCount = 4; });
        Assert.Equal(["n1:3", "n2:3", "n3:3", "n4:0"], packed.Spec.Shares.Select(s => $"{s.Node}:{Lab.Cpus(s)}"));
    }

    [Fact]
    public void Gpus_are_reserved_by_index_and_nobody_gets_the_same_one()
    {
        var lab = new Lab().GpuNode("g1", 2).GpuNode("g2", 2);
        var first = lab.Reserve("", r => r.Tres.AddRange([Tres("gres/gpu", 3), Tres("cpu", 4)]));
        Assert.Equal(["g1:0,1", "g2:0"], first.Spec.Shares.Select(s => $"{s.Node}:{string.Join(',', s.Gres[0].Indices)}"));
        Assert.Equal(4, first.Spec.Shares.Sum(s => Core.Resources.CpuSet.FromBytes(s.Cpus).Count));
        var second = lab.Reserve("", r => { r.Name = "s"; r.Tres.Add(Tres("gres/gpu:a100", 1)); });
        Assert.Equal("g2:1", $"{second.Spec.Shares[0].Node}:{second.Spec.Shares[0].Gres[0].Indices[0]}");
        Assert.Equal(RefusalCodes.NodesBusy, lab.RefusedReservation("", r => { r.Name = "t"; r.Tres.Add(Tres("gres/gpu", 1)); }).Code);
    }

    [Fact]
    public void A_job_of_a_reservation_of_gpus_alone_gets_its_cpus_of_what_is_free()
    {
        var lab = new Lab().GpuNode("g1", 4);
        lab.ReserveNow("", r => r.Tres.Add(Tres("gres/gpu", 2)));
        var inside = lab.Run(s => { s.Inside(); s.Tasks = 4; s.Gres.Add(new GresRequest { Name = "gpu", Count = 2 }); });
        Assert.Equal("4: 0,1", $"{Core.Resources.CpuSet.FromBytes(lab.Job(inside).Shares[0].Cpus).Count}: {string.Join(',', lab.Job(inside).Shares[0].Gres[0].Indices)}");
        var outside = lab.Run(s => s.Gres.Add(new GresRequest { Name = "gpu", Count = 2 }));
        Assert.Equal([2u, 3u], lab.Job(outside).Shares[0].Gres[0].Indices);
    }

    [Fact]
    public void A_tres_that_can_not_be_reserved_is_refused() =>
        Assert.Equal("TRES type 'energy' not supported with reservations", Cluster().RefusedReservation("", r => r.Tres.Add(Tres("energy", 1))).Sentence);

    [Fact]
    public void Licences_alone_need_the_flag_and_are_not_promised_twice()
    {
        var lab = new Lab(c => c.Licenses = "matlab:10").Nodes("n1");
        Assert.Equal(RefusalCodes.ReservationInvalid, lab.RefusedReservation("", r => r.Licenses = "matlab:6").Code);
        var reservation = lab.Reserve("", r => { r.Licenses = "matlab:6"; r.Flags.Add("LICENSE_ONLY"); });
        Assert.Equal(["ANY_NODES"], reservation.Spec.Flags);
        Assert.Equal(RefusalCodes.ReservationOverlap, lab.RefusedReservation("", r => { r.Name = "s"; r.Licenses = "matlab:5"; r.Flags.Add("ANY_NODES"); }).Code);
        lab.Reserve("", r => { r.Name = "s"; r.Tres.Add(Tres("license/matlab", 4)); r.Flags.Add("ANY_NODES"); });
        Assert.Equal(RefusalCodes.ReservationInvalid, lab.RefusedReservation("", r => { r.Name = "t"; r.Licenses = "ansys"; r.Flags.Add("ANY_NODES"); }).Code);
    }

    [Fact]
    public void Part_nodes_reserves_a_partition_and_follows_it()
    {
        var lab = Cluster();
        Assert.Equal(RefusalCodes.ReservationInvalid, lab.RefusedReservation("ALL", r => r.Flags.Add("PART_NODES")).Code);
        lab.Reserve("ALL", r => { r.Flags.Add("PART_NODES"); r.Partition = "main"; });
        lab.Node("n5").Tick();
        Assert.Equal("n[1-5]", lab.Cluster.Reservations["r"].Spec.Nodes);
    }

    [Fact]
    public void Features_choose_among_the_nodes()
    {
        var lab = new Lab(c => c.Nodes.Add(new NodeSpec { Nodes = "n[2,4]", Features = { "fast" } })).Nodes("n1", "n2", "n3", "n4");
        Assert.Equal("n[2,4]", lab.Reserve("", r => { r.NodeCount = 2; r.Features = "fast"; }).Spec.Nodes);
        Assert.Equal(RefusalCodes.NodesBusy, lab.RefusedReservation("", r => { r.Name = "s"; r.NodeCount = 1; r.Features = "fast"; }).Code);
    }

    private static TresValue Tres(string name, double value) => new() { Tres = name, Value = value };
}
