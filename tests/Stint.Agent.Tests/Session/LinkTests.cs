using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Stint.Agent.Hardware;
using Stint.Agent.Session;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Session;

public sealed class LinkTests
{
    [Fact]
    public async Task Hello_tells_what_the_node_holds_and_the_certificate_who_it_is()
    {
        await using var test = new Linked();
        test.Host.Held.Add(new StepHolding { Key = new StepKey { JobId = 5, Attempt = 1 }, Exited = true });
        _ = test.Start();
        var peer = await test.Server.LinkAsync();
        var hello = await peer.WelcomeAsync();
        Assert.Equal(("n1", "n1", "test"), (peer.Node, hello.Node, hello.Cluster));
        Assert.Equal(5u, Assert.Single(hello.Holdings).Key.JobId);
        Assert.True(hello.Hardware.Cpus > 0 && hello.BootMs > 0 && hello.Os.StartsWith("Linux ", StringComparison.Ordinal));
        Assert.True((await peer.ReadAsync(ToServer.BodyOneofCase.Heartbeat)).Heartbeat.MemoryFreeBytes > 0);
    }

    [Fact]
    public async Task Reports_that_were_not_acknowledged_are_sent_again_after_a_reconnect()
    {
        await using var test = new Linked();
        _ = test.Start();
        var first = await test.Server.LinkAsync();
        await first.WelcomeAsync();
        var report = new ToServer { ReportId = 7, JobReleased = new JobReleasedReport { JobId = 1 } };
        test.Host.Open.Add(report);
        test.Outbox.Send(report);
        Assert.Equal(7UL, (await first.ReadAsync(ToServer.BodyOneofCase.JobReleased)).ReportId);
        first.Drop();

        var second = await test.Server.LinkAsync();
        await second.WelcomeAsync();
        Assert.Equal(report, await second.ReadAsync(ToServer.BodyOneofCase.JobReleased));
        await second.SendAsync(new ToAgent { Ack = new ReportAck { ReportId = 7 } });
        Assert.Equal("ack 7", test.Host.Next());
    }

    [Fact]
    public async Task Output_made_while_the_link_is_down_arrives_after_it()
    {
        await using var test = new Linked();
        for (var i = 0; i < 3; i++) test.Outbox.Send(new ToServer { Output = new StepOutput { Data = ByteString.CopyFrom((byte)i) } });
        _ = test.Start();
        var peer = await test.Server.LinkAsync();
        await peer.WelcomeAsync();
        for (var i = 0; i < 3; i++) Assert.Equal(i, (await peer.ReadAsync(ToServer.BodyOneofCase.Output)).Output.Data[0]);
    }

    [Fact]
    public async Task A_fault_while_an_order_is_carried_out_ends_neither_link_nor_agent()
    {
        await using var test = new Linked();
        _ = test.Start();
        var peer = await test.Server.LinkAsync();
        await peer.WelcomeAsync();
        await peer.SendAsync(new ToAgent { Input = new StepInput() });
        await peer.SendAsync([]);                              // a message of no known kind
        await peer.SendAsync(new ToAgent { EndJob = new EndJob { JobId = 3 } });
        Assert.Equal("end 3", test.Host.Next());
    }

    [Theory]
    [InlineData("malformed")]
    [InlineData("text")]
    [InlineData("oversize")]
    [InlineData("no welcome")]
    [InlineData("other cluster")]
    [InlineData("bad key")]
    public async Task Nonsense_from_the_server_drops_the_link_and_it_is_made_again(string nonsense)
    {
        await using var test = new Linked();
        _ = test.Start();
        var peer = await test.Server.LinkAsync();
        switch (nonsense)
        {
            case "no welcome": await peer.SendAsync(new ToAgent { EndJob = new EndJob() }); break;
            case "other cluster": await peer.SendAsync(new ToAgent { Welcome = new Welcome { Cluster = "other" } }); break;
            case "bad key": await peer.SendAsync(new ToAgent { Welcome = new Welcome { Cluster = "test", SigningKey = ByteString.CopyFromUtf8("no key") } }); break;
            case "malformed": await peer.WelcomeAsync(); await peer.SendAsync([0xFF, 0xFF, 0xFF]); break;
            case "text": await peer.WelcomeAsync(); await peer.SendAsync("hi"u8.ToArray(), System.Net.WebSockets.WebSocketMessageType.Text); break;
            default: await peer.WelcomeAsync(); await peer.SendAsync(new byte[Frames.BytesMax + 1]); break;
        }
        var again = await test.Server.LinkAsync();
        await again.WelcomeAsync();
        await again.SendAsync(new ToAgent { EndJob = new EndJob { JobId = 4 } });
        Assert.Equal("end 4", test.Host.Next());
    }

    [Fact]
    public async Task A_fenced_agent_stops_and_says_why()
    {
        await using var test = new Linked();
        var running = test.Start();
        var peer = await test.Server.LinkAsync();
        await peer.WelcomeAsync();
        await peer.SendAsync(new ToAgent { Fenced = new Fenced { Why = "another agent connected as n1" } });
        Assert.Equal("another agent connected as n1", (await Assert.ThrowsAsync<FencedException>(() => running)).Message);
    }

    [Theory]
    [InlineData("another cluster's CA")]
    [InlineData("another name")]
    [InlineData("a node's certificate")]
    public async Task A_server_that_the_ca_does_not_vouch_for_hears_nothing(string wrong)
    {
        using var cluster = new Cluster();
        using var other = wrong switch { "another name" => new Cluster(serverName: "elsewhere"), "a node's certificate" => new Cluster(forServers: false), _ => new Cluster() };
        await using var impostor = new FakeServer(other);
        var identity = cluster.Node("n1");
        if (wrong != "another cluster's CA") identity = identity with { Authority = other.Ca };
        using var link = new Link(impostor.Address, identity, Machine.Detect(), new RecordingHost(), new Outbox(), TimeProvider.System, NullLogger.Instance);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => link.RunAsync(stop.Token));
        Assert.Empty(impostor.Requests);
    }

    [Fact]
    public async Task A_signed_launch_reaches_the_host_once_and_a_tampered_one_is_reported_as_failed()
    {
        await using var test = new Linked();
        _ = test.Start();
        var peer = await test.Server.LinkAsync();
        await peer.WelcomeAsync();
        var good = test.Cluster.Sign(Specs.Valid(1));
        await peer.SendAsync(new ToAgent { Launch = good });
        await peer.SendAsync(new ToAgent { Launch = good });
        var foreign = test.Cluster.Sign(Specs.Valid(2));
        foreign.Signature = good.Signature;
        await peer.SendAsync(new ToAgent { Launch = foreign });
        var failed = (await peer.ReadAsync(ToServer.BodyOneofCase.StepExited)).StepExited;
        Assert.Equal((2u, Outcome.LaunchFailed, true), (failed.Key.JobId, failed.Outcome, failed.JobReleased));
        Assert.Contains("signature", failed.Cause, StringComparison.Ordinal);
        Assert.Equal("launch 1.0", test.Host.Next());
        Assert.Empty(test.Host.Calls);
    }

    /// <summary>A node of a cluster whose server is a stand-in.</summary>
    private sealed class Linked : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Link _link;
        private Task _running = Task.CompletedTask;

        public Linked()
        {
            Server = new FakeServer(Cluster);
            _link = new Link(Server.Address, Cluster.Node("n1"), Machine.Detect(), Host, Outbox, TimeProvider.System, NullLogger.Instance);
        }

        public Cluster Cluster { get; } = new();
        public FakeServer Server { get; }
        public RecordingHost Host { get; } = new();
        public Outbox Outbox { get; } = new();

        public Task Start() => _running = _link.RunAsync(_stop.Token);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            try { await _running; }
            catch (Exception e) when (e is OperationCanceledException or FencedException) { }
            await Server.DisposeAsync();
            _link.Dispose();
            Cluster.Dispose();
            _stop.Dispose();
        }
    }
}
