using System.Net.WebSockets;
using Stint.Core;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Server.Tests.Harness;

namespace Stint.Server.Tests;

public sealed class JoinTests
{
    [Fact]
    public async Task A_token_joins_one_node_once()
    {
        await using var server = await TestServer.InMemoryAsync();
        var token = await FakeAgent.TokenAsync(server, "n1");
        Assert.Equal(RefusalCodes.TokenInvalid, (await FakeAgent.JoinAsync(server, token, "n2")).Refusal!.Code);
        var (certificate, _) = await FakeAgent.JoinAsync(server, token, "n1");
        Assert.Equal("CN=n1", certificate!.Subject);
        Assert.Equal(RefusalCodes.TokenUsed, (await FakeAgent.JoinAsync(server, token, "n1")).Refusal!.Code);
        Assert.Equal(RefusalCodes.TokenInvalid, (await FakeAgent.JoinAsync(server, "made-up", "n3")).Refusal!.Code);
    }

    [Fact]
    public async Task An_expired_token_is_refused_as_expired()
    {
        var time = new ShiftedTime();
        await using var server = await TestServer.InMemoryAsync(with: seams => seams with { Time = time });
        var token = await FakeAgent.TokenAsync(server, seconds: 60);
        time.Shift = TimeSpan.FromMinutes(2);
        Assert.Equal(RefusalCodes.TokenExpired, (await FakeAgent.JoinAsync(server, token, "n1")).Refusal!.Code);
    }

    [Fact]
    public async Task Only_operators_issue_tokens()
    {
        await using var server = await TestServer.InMemoryAsync();
        Assert.Equal(403, (int)(await server.PostAsync("/api/v1/tokens", "{}", TestServer.Alice)).Status);
    }

    [Theory]
    [InlineData("../../etc"), InlineData(""), InlineData("a b"), InlineData("-n"), InlineData("n\u0000")]
    public async Task A_node_name_that_could_be_a_path_is_refused(string name)
    {
        await using var server = await TestServer.InMemoryAsync();
        Assert.Equal(RefusalCodes.InvalidRequest, (await FakeAgent.JoinAsync(server, await FakeAgent.TokenAsync(server), name)).Refusal!.Code);
    }

    [Fact]
    public async Task A_certificate_of_one_node_does_not_speak_for_another_and_the_log_has_both_names()
    {
        await using var server = await TestServer.InMemoryAsync();
        using var n1 = await FakeAgent.JoinAsync(server, "n1");
        using var n2 = await FakeAgent.JoinAsync(server, "n2");
        await using var thief = await FakeAgent.LinkAsync(server, n1, "n2");
        await Eventually.TrueAsync(() => thief.FencedBecause is not null && thief.IsOver);
        Assert.Null(thief.Welcome);
        var log = await File.ReadAllTextAsync(Path.Combine(server.Home, "server", "server.log"));
        Assert.Contains("Copied certificate: the certificate of node n1 was used by an agent that calls itself n2", log, StringComparison.Ordinal);
        Assert.Empty((await server.GetAsync("/api/v1/nodes", ApiJson.Default.NodeList)).Nodes);
    }

    [Fact]
    public async Task A_certificate_that_was_replaced_is_fenced()
    {
        await using var server = await TestServer.InMemoryAsync();
        using var old = await FakeAgent.JoinAsync(server, "n1");
        using var replacement = await FakeAgent.JoinAsync(server, "n1");
        await using var agent = await FakeAgent.LinkAsync(server, old, "n1");
        Assert.Null(agent.Welcome);
        await Eventually.TrueAsync(() => agent.FencedBecause?.Contains("replaced", StringComparison.Ordinal) == true);
        await using var newer = await FakeAgent.LinkAsync(server, replacement, "n1");
        Assert.NotNull(newer.Welcome);
    }

    [Fact]
    public async Task A_newer_session_of_a_node_fences_the_older()
    {
        await using var server = await TestServer.InMemoryAsync();
        using var certificate = await FakeAgent.JoinAsync(server, "n1");
        await using var older = await FakeAgent.LinkAsync(server, certificate, "n1");
        await using var newer = await FakeAgent.LinkAsync(server, certificate, "n1");
        await Eventually.TrueAsync(() => older.FencedBecause is not null && older.IsOver);
        Assert.Equal("IDLE", (await server.GetAsync("/api/v1/nodes", ApiJson.Default.NodeList)).Nodes[0].State);
        await server.SubmitAsync(Requests.Batch());
        await newer.NextLaunchAsync();
    }

    [Fact]
    public async Task The_link_needs_a_certificate_of_this_cluster()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var other = await TestServer.InMemoryAsync();
        using var foreign = await FakeAgent.JoinAsync(other, "n1");
        await Assert.ThrowsAsync<WebSocketException>(() => FakeAgent.ConnectAsync(server, foreign));
        using var client = FakeAgent.TlsClient(server, null);
        using var answer = await client.GetAsync(new Uri($"https://127.0.0.1:{server.Server.Port}/api/v1/agents/link"));
        Assert.Equal(401, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Without_a_certificate_the_tls_port_answers_health_and_nothing_of_users()
    {
        await using var server = await TestServer.InMemoryAsync();
        using var client = FakeAgent.TlsClient(server, null);
        var root = $"https://127.0.0.1:{server.Server.Port}";
        Assert.Equal(200, (int)(await client.GetAsync(new Uri($"{root}/health"))).StatusCode);
        Assert.Equal(200, (int)(await client.GetAsync(new Uri($"{root}/api/v1/ca"))).StatusCode);
        foreach (var path in new[] { "jobs", "nodes", "config", "ping", "history/jobs", "events", "jobs/1/script", "nothing" })
            Assert.Equal(401, (int)(await client.GetAsync(new Uri($"{root}/api/v1/{path}"))).StatusCode);
        using var node = await FakeAgent.JoinAsync(server, "n1");
        using var asNode = FakeAgent.TlsClient(server, node);
        Assert.Equal(403, (int)(await asNode.GetAsync(new Uri($"{root}/api/v1/jobs"))).StatusCode);
    }

    [Fact]
    public async Task A_node_cannot_report_about_a_job_on_another_node()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var n1 = await FakeAgent.StartAsync(server, "n1", cpus: 1);
        var id = await server.SubmitAsync(Requests.Batch());
        var (_, spec) = await n1.NextLaunchAsync();
        await n1.AckedAsync(await n1.StartedAsync(spec.Key));
        await using var n2 = await FakeAgent.StartAsync(server, "n2", cpus: 1);
        await n2.AckedAsync(await n2.ExitedAsync(spec.Key, exitCode: 99));
        Assert.Equal("RUNNING", (await server.JobAsync(id)).State);
        Assert.Contains("Node n2 reported about job", await File.ReadAllTextAsync(Path.Combine(server.Home, "server", "server.log")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Garbage_on_the_link_closes_that_link_and_nothing_else()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var other = await FakeAgent.StartAsync(server, "n2");
        using var certificate = await FakeAgent.JoinAsync(server, "n1");
        var random = new Random(7);
        for (var i = 0; i < 20; i++)
        {
            await using var agent = i % 2 == 0 ? await FakeAgent.LinkAsync(server, certificate, "n1") : await FakeAgent.ConnectAsync(server, certificate);
            var bytes = new byte[random.Next(1, 2_000)];
            random.NextBytes(bytes);
            bytes[0] = 0x07;    // an end-group tag of no group: never valid
            await agent.SendRawAsync(bytes, i % 3 == 0 ? WebSocketMessageType.Text : WebSocketMessageType.Binary);
            await Eventually.TrueAsync(() => agent.IsOver);
        }
        Assert.False(other.IsOver);
        await server.SubmitAsync(Requests.Batch());
        await other.NextLaunchAsync();
    }

    [Fact]
    public async Task Load_and_free_memory_come_from_heartbeats_and_are_not_journalled()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        var before = server.Server.Engine.Sequence;
        await agent.SendAsync(new ToServer { Heartbeat = new Heartbeat { Load1M = 1.5, MemoryFreeBytes = 77 } });
        await Eventually.TrueAsync(async () => (await server.GetAsync("/api/v1/nodes", ApiJson.Default.NodeList)).Nodes[0] is { Load: 1.5, MemoryFreeBytes: 77 });
        Assert.Equal(before, server.Server.Engine.Sequence);
    }
}
