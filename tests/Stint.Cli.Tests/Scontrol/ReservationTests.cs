using Stint.Cli.Client;
using Stint.Cli.Slurm.Scontrol;
using Stint.Cli.Slurm.Sinfo;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Scontrol;

public class ReservationTests
{
    private readonly CommandRun _run = SampleCluster.Run(new Client.FakeApi());

    private Task<CommandRun> Scontrol(params string[] arguments) => _run.RunAsync(ScontrolCommand.RunAsync, "scontrol", arguments);
    private ReservationRequest Sent => _run.Api.Body(_run.Api.Requests.Count - 1, ApiJson.Default.ReservationRequest);

    private static readonly ReservationView[] Two =
    [
        new() { Name = "maint", StartMs = SampleCluster.At("03:18:29"), EndMs = SampleCluster.At("04:18:29"), Nodes = "n4", NodeCount = 1, CoreCount = 16, Flags = ["MAINT", "SPEC_NODES"],
            Users = ["root"], Tres = [new("cpu", 16)] },
        new() { Name = "alice_2", StartMs = SampleCluster.At("06:18:29"), EndMs = SampleCluster.At("07:18:29"), Nodes = "n[1-2]", NodeCount = 2, CoreCount = 32, Partition = "gpu",
            Users = ["alice"], Tres = [new("cpu", 32)] },
    ];

    [Fact]
    public async Task A_reservation_is_made_as_scontrol_s_manual_has_it()
    {
        _run.Api.On("/api/v1/reservations", new ReservationResponse("maint"));
        await Scontrol("create", "reservation", "ReservationName=maint", "StartTime=now+2hours", "Duration=60", "Users=root", "Nodes=n4", "Flags=MAINT,ignore_jobs");
        Assert.Equal(("Reservation created: maint\n", "", 0), (_run.Out, _run.Error, _run.Code));
        Assert.Equal(("maint", SampleCluster.NowMs + 7_200_000, 3_600_000, "n4"), (Sent.Name, Sent.StartMs, Sent.DurationMs, Sent.Nodes));
        Assert.Equal(["MAINT", "IGNORE_JOBS"], Sent.FlagsAdded);
        Assert.Equal(["root"], Sent.Users!);
    }

    [Fact]
    public async Task Words_may_be_short_and_users_denied()
    {
        _run.Api.On("/api/v1/reservations", new ReservationResponse("alice_2"));
        await Scontrol("create", "res", "start=now", "dur=2:00:00", "user=-alice,-bob", "nodec=2", "part=gpu", "tres=cpu=4,gres/gpu=2");
        Assert.Equal("", _run.Error);
        Assert.Equal((2u, "gpu", true, 7_200_000L), (Sent.NodeCount, Sent.Partition, Sent.UsersDenied, Sent.DurationMs));
        Assert.Equal(["alice", "bob"], Sent.Users!);
        Assert.Equal([new TresCount("cpu", 4), new TresCount("gres/gpu", 2)], Sent.Tres!);
    }

    [Fact]
    public async Task Lists_grow_and_shrink()
    {
        _run.Api.On("/api/v1/reservations/maint", new ReservationResponse("maint"));
        await Scontrol("update", "ReservationName=maint", "Users+=bob", "Flags-=MAINT", "Nodes+=n3", "EndTime=2026-11-22T05:00:00");
        Assert.Equal(("Reservation updated.\n", "", 0), (_run.Out, _run.Error, _run.Code));
        Assert.Equal(("bob", "MAINT", "n3", SampleCluster.At("05:00:00")), (Sent.UsersAdded.Single(), Sent.FlagsRemoved.Single(), Sent.NodesAdded, Sent.EndMs));
    }

    [Fact]
    public async Task A_reservation_is_deleted_by_name()
    {
        _run.Api.On("/api/v1/reservations/maint", new ReservationResponse("maint"));
        await Scontrol("delete", "reservation", "maint");
        await Scontrol("delete", "reservationname=maint");
        Assert.Equal(("", 0, 2), (_run.Error, _run.Code, _run.Api.Requests.Count));
    }

    [Theory]
    [InlineData("An end time or duration must be given.  No reservation created.\n", "users=a", "nodes=n1")]
    [InlineData("Either Users/Groups and/or Accounts must be specified.  No reservation created.\n", "duration=5", "nodes=n1")]
    [InlineData("Nodes, NodeCnt, CoreCnt, Licenses, TRES and/or PartitionName must be specified.  No reservation created.\n", "duration=5", "users=a")]
    [InlineData("Invalid input: duration=soon\nRequest aborted\n", "duration=soon", "users=a")]
    [InlineData("Invalid input: users=-a,b\nRequest aborted\n", "users=-a,b")]
    [InlineData("Invalid input: nodecnt=0\nRequest aborted\n", "nodecnt=0")]
    [InlineData("Update of this parameter is not supported: burstbuffer=x\nRequest aborted\n", "burstbuffer=x")]
    [InlineData("Update of this parameter is not supported: colour=x\nRequest aborted\n", "colour=x")]
    public async Task Bad_reservations_are_refused(string error, params string[] words)
    {
        await Scontrol(["create", "reservation", .. words]);
        Assert.Equal((error, 1, 0), (_run.Error, _run.Code, _run.Api.Requests.Count));
    }

    [Fact]
    public async Task The_server_s_refusal_has_Slurm_s_words()
    {
        _run.Api.On("/api/v1/reservations", new ApiRefusedException(409, new RefusalView("reservation_overlap", "node n4 is in reservation maint")));
        await Scontrol("create", "reservation", "duration=5", "users=a", "nodes=n4");
        Assert.StartsWith("Error creating the reservation: Requested reservation overlaps with another reservation\n", _run.Error, StringComparison.Ordinal);
        Assert.Equal(1, _run.Code);
    }

    [Theory]
    [InlineData("update", "NodeName=n1", "Gres=gpu:4")]
    [InlineData("update", "NodeName=n1", "Features=")]
    public async Task What_the_file_owns_is_refused_with_where_to_change_it(params string[] words)
    {
        await Scontrol(words);
        Assert.Contains("stint.yaml", _run.Error, StringComparison.Ordinal);
        Assert.Equal((1, 0), (_run.Code, _run.Api.Requests.Count));
    }

    [Fact]
    public async Task Reservations_are_shown_as_Slurm_s()
    {
        _run.Api.On("/api/v1/reservations", new ReservationList(SampleCluster.NowMs, Two));
        await Scontrol("show", "res");
        Assert.Equal("""
            ReservationName=maint StartTime=2026-11-22T03:18:29 EndTime=2026-11-22T04:18:29 Duration=01:00:00
               Nodes=n4 NodeCnt=1 CoreCnt=16 Features=(null) PartitionName=(null) Flags=MAINT,SPEC_NODES
               TRES=cpu=16
               Users=root Groups=(null) Accounts=(null) Licenses=(null) State=INACTIVE BurstBuffer=(null) Watts=n/a
               MaxStartDelay=(null)

            ReservationName=alice_2 StartTime=2026-11-22T06:18:29 EndTime=2026-11-22T07:18:29 Duration=01:00:00
               Nodes=n[1-2] NodeCnt=2 CoreCnt=32 Features=(null) PartitionName=gpu Flags=
               TRES=cpu=32
               Users=alice Groups=(null) Accounts=(null) Licenses=(null) State=INACTIVE BurstBuffer=(null) Watts=n/a
               MaxStartDelay=(null)


            """, _run.Out);
    }

    [Fact]
    public async Task Sinfo_lists_them()
    {
        _run.Api.On("/api/v1/reservations", new ReservationList(SampleCluster.NowMs, Two));
        await _run.RunAsync(SinfoCommand.RunAsync, "sinfo", "-T");
        Assert.Equal("""
            RESV_NAME     STATE           START_TIME             END_TIME     DURATION  NODELIST
            maint      INACTIVE  2026-11-22T03:18:29  2026-11-22T04:18:29     01:00:00  n4
            alice_2    INACTIVE  2026-11-22T06:18:29  2026-11-22T07:18:29     01:00:00  n[1-2]

            """, _run.Out);
    }
}
