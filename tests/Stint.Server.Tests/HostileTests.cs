using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Server.Engine;
using Stint.Server.Tests.Harness;
using Stint.Storage.Memory;

namespace Stint.Server.Tests;

/// <summary>Peers that are slow, many, or lie; clocks that jump.</summary>
public sealed class HostileTests
{
    [Fact]
    public async Task A_million_queued_requests_are_taken_or_refused_at_once_in_bounded_memory_and_all_that_were_taken_are_answered()
    {
        await using var server = await TestServer.InMemoryAsync();
        var engine = server.Server.Engine;
        using var gate = new ManualResetEventSlim();
        var blocked = engine.AskAsync(_ => { gate.Wait(TimeSpan.FromSeconds(60)); return 0; });
        await Task.Delay(100);      // it is at it
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var began = Stopwatch.GetTimestamp();
        var taken = new List<Task<int>>();
        var refused = 0;
        for (var i = 0; i < 1_000_000; i++)
        {
            var asked = engine.AskAsync(_ => 1);
            if (asked.IsFaulted) refused += asked.Exception!.InnerException is EngineBusyException ? 1 : 0;
            else taken.Add(asked);
        }
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 60);
        Assert.Equal(1_000_000, refused + taken.Count);
        Assert.InRange(taken.Count, 1_000, 20_000);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 100L << 20);
        // Over the wire it is a refusal with a code and what to do, not a connection that hangs.
        var (status, text) = await server.PostAsync("/api/v1/jobs/hold", "{\"jobs\":[\"1\"]}");
        Assert.Equal(503, (int)status);
        Assert.Contains("busy", text, StringComparison.Ordinal);
        gate.Set();
        Assert.Equal(0, await blocked.InTimeAsync());
        Assert.Equal(taken.Count, (await Task.WhenAll(taken).InTimeAsync()).Sum());
        Assert.True(await server.SubmitAsync(Requests.Batch()) > 0);
    }

    [Fact]
    public async Task Five_hundred_callers_that_send_a_byte_now_and_then_keep_nobody_from_an_answer()
    {
        await using var server = await TestServer.InMemoryAsync();
        var slow = new List<Socket>();
        try
        {
            for (var i = 0; i < 500; i++)
            {
                var socket = await server.ConnectAsync(TestServer.Bob, CancellationToken.None);
                slow.Add(socket);
                await socket.SendAsync(Encoding.ASCII.GetBytes(i % 2 == 0 ? "GET /api/v1/jo" : "POST /api/v1/jobs HTTP/1.1\r\nHost: s\r\nContent-Length: 1000000\r\n\r\n{"));
            }
            var began = Stopwatch.GetTimestamp();
            var id = await server.SubmitAsync(Requests.Batch());
            Assert.Equal("PENDING", (await server.JobAsync(id)).State);
            Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 5);
        }
        finally
        {
            slow.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public async Task A_node_whose_frames_come_byte_by_byte_is_understood_and_holds_up_no_other()
    {
        await using var server = await TestServer.InMemoryAsync();
        using var certificate = await FakeAgent.JoinAsync(server, "n1");
        await using var slow = await FakeAgent.ConnectAsync(server, certificate);
        var hello = new ToServer { Hello = new Hello { Node = "n1", Version = "test", Hostname = "n1", Os = "Linux", Hardware = new HardwareReport { Cpus = 1, Sockets = 1, CoresPerSocket = 1, ThreadsPerCore = 1, MemoryBytes = 64 << 20 } } };
        var sending = slow.SendBytesAsync(hello.ToByteArray(), TimeSpan.FromMilliseconds(20));
        await using var other = await FakeAgent.StartAsync(server, "n2");
        var id = await server.SubmitAsync(Requests.Batch());
        var (_, spec) = await other.NextLaunchAsync();
        await other.AckedAsync(await other.StartedAsync(spec.Key));
        await other.AckedAsync(await other.ExitedAsync(spec.Key));
        await server.WaitForStateAsync(id, "COMPLETED");
        Assert.Null(slow.Welcome);
        await sending.InTimeAsync();
        await Eventually.TrueAsync(() => slow.Welcome is not null);
    }

    [Fact]
    public async Task A_node_that_reports_about_another_nodes_job_changes_nothing()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var owner = await FakeAgent.StartAsync(server, "n1", cpus: 4);
        var id = await server.SubmitAsync(Requests.Batch() with { NodeList = "n1" });
        var (_, spec) = await owner.NextLaunchAsync();
        await owner.AckedAsync(await owner.StartedAsync(spec.Key));
        await using var liar = await FakeAgent.StartAsync(server, "n2", cpus: 4);
        await liar.AckedAsync(await liar.ExitedAsync(spec.Key, exitCode: 66));
        await liar.AckedAsync(await liar.StartedAsync(spec.Key));
        await liar.ReleasedAsync(id, 1);
        await liar.SendAsync(new ToServer { ReportId = 99, NodeEvent = new NodeEvent { Kind = NodeEventKind.EventHealth, DrainReason = "n1 is ill", Sentence = "n1 is ill" } });
        await liar.AckedAsync(99);
        Assert.Equal("RUNNING", (await server.JobAsync(id)).State);
        var nodes = await server.GetAsync("/api/v1/nodes", ApiJson.Default.NodeList);
        Assert.Equal((false, true), (nodes.Nodes.Single(n => n.Name == "n1").State.Contains("DRAIN", StringComparison.Ordinal), nodes.Nodes.Single(n => n.Name == "n2").State.Contains("DRAIN", StringComparison.Ordinal)));
        await owner.AckedAsync(await owner.ExitedAsync(spec.Key));
        await server.WaitForStateAsync(id, "COMPLETED");
    }

    /// <summary>The limit is the node's to keep, by a clock that nobody sets; what the server's clock of day says ends no job and loses no node.</summary>
    [Theory, InlineData(1.0), InlineData(-1.0), InlineData(1 / 24.0), InlineData(-1 / 24.0), InlineData(400.0)]
    public async Task A_clock_of_day_that_jumps_ends_no_running_job_and_loses_no_node(double days)
    {
        var time = new ShiftedTime();
        await using var server = await TestServer.StartAsync(with: s => s with { Time = time }, yaml: "node_timeout: 30s\n", journal: new MemoryJournal());
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        var id = await server.SubmitAsync(Requests.Batch() with { TimeLimitMs = 3_600_000 });
        var (launch, spec) = await agent.NextLaunchAsync();
        Assert.Equal(3_600_000, spec.WallLimitMs);
        Assert.NotNull(launch);
        await agent.AckedAsync(await agent.StartedAsync(spec.Key));
        time.Leap = TimeSpan.FromDays(days);
        for (var turn = 0; turn < 5; turn++)
        {
            server.Server.Engine.Wake();
            await server.Server.Engine.AskAsync(_ => 0);
            await Task.Delay(50);
        }
        Assert.Equal("RUNNING", (await server.JobAsync(id)).State);
        Assert.DoesNotContain("DOWN", (await server.GetAsync("/api/v1/nodes", ApiJson.Default.NodeList)).Nodes.Single().State, StringComparison.Ordinal);
        var next = await server.SubmitAsync(Requests.Batch());
        var (_, second) = await agent.NextLaunchAsync();
        Assert.Equal(next, second.Key.JobId);
        Assert.False(agent.TryNext(out var order) && order!.BodyCase == ToAgent.BodyOneofCase.EndJob);
        await agent.AckedAsync(await agent.ExitedAsync(spec.Key));
        await server.WaitForStateAsync(id, "COMPLETED");
    }

    [Fact]
    public async Task Metrics_have_the_pressure_of_node_user_and_job_and_what_steps_use_for_operators_alone()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        var id = await server.SubmitAsync(Requests.Batch());
        var (_, spec) = await agent.NextLaunchAsync();
        await agent.AckedAsync(await agent.StartedAsync(spec.Key));
        using var client = server.Client();
        var asking = client.GetAsync("/api/v1/metrics");
        var request = (await agent.NextAsync(ToAgent.BodyOneofCase.UsageRequest)).UsageRequest;
        Pressure Of(string scope) => new() { Scope = scope, Resource = "memory", Full10S = 150, FullUs = 2_500_000 };
        await agent.SendAsync(new ToServer { Usage = new UsageReport { RequestId = request.RequestId, Pressure = { Of("node") }, Steps = { new StepUsage { Key = spec.Key, MemoryBytes = 77, Pressure = { Of("job"), Of("user") } } } } });
        using var answer = await asking.InTimeAsync();
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Contains("# TYPE stint_node_pressure_seconds_total counter\n", text, StringComparison.Ordinal);
        foreach (var line in (string[])["stint_node_pressure_seconds_total{node=\"n1\",resource=\"memory\",kind=\"full\"} 2.5",
            $"stint_job_pressure_ratio{{node=\"n1\",job=\"{id}\",uid=\"{TestServer.Alice}\",resource=\"memory\",kind=\"full\",window=\"10s\"}} 0.015",
            $"stint_user_pressure_seconds_total{{node=\"n1\",uid=\"{TestServer.Alice}\",resource=\"memory\",kind=\"full\"}} 2.5",
            $"stint_step_memory_bytes{{node=\"n1\",job=\"{id}\",uid=\"{TestServer.Alice}\",step=\"{spec.Key.StepId}\"}} 77", "stint_node_answers{node=\"n1\"} 1"])
            Assert.Contains(line + "\n", text, StringComparison.Ordinal);
        using var others = server.Client(TestServer.Alice);
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, (await others.GetAsync("/api/v1/metrics")).StatusCode);
    }
}
