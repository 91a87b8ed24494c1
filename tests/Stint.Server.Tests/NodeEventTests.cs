using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Server.Tests.Harness;

namespace Stint.Server.Tests;

public sealed class NodeEventTests
{
    private static async Task<NodeView> NodeAsync(TestServer server, string name) =>
        Assert.Single((await server.GetAsync("/api/v1/nodes", ApiJson.Default.NodeList)).Nodes, n => n.Name == name);

    [Fact]
    public async Task A_step_whose_end_left_something_behind_drains_its_node_with_that_sentence()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        var id = await server.SubmitAsync(Requests.Batch());
        var (_, spec) = await agent.NextLaunchAsync();
        await agent.StartedAsync(spec.Key);
        await agent.SendAsync(new ToServer { ReportId = 900, StepExited = new StepExitedReport { Key = spec.Key, Outcome = Outcome.Exited, Started = true, JobReleased = true, DrainReason = "gpu 0 is still open\nin process 42" } });
        await agent.AckedAsync(900);
        await server.WaitForStateAsync(id, "COMPLETED");
        var node = await NodeAsync(server, "n1");
        Assert.Contains("DRAIN", node.State, StringComparison.Ordinal);
        Assert.Equal(("gpu 0 is still open in process 42", 0u), (node.Reason, node.ReasonUid));

        // A reason that is there already stays: it may be a person's.
        await agent.SendAsync(new ToServer { ReportId = 901, NodeEvent = new NodeEvent { Kind = NodeEventKind.EventHealth, Sentence = "disk", DrainReason = "disk" } });
        await agent.AckedAsync(901);
        Assert.Equal("gpu 0 is still open in process 42", (await NodeAsync(server, "n1")).Reason);
    }

    [Fact]
    public async Task A_failed_prolog_sends_the_job_back_to_the_queue_held_and_drains_the_node()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        var id = await server.SubmitAsync(Requests.Batch());
        var (_, spec) = await agent.NextLaunchAsync();
        await agent.SendAsync(new ToServer
        {
            ReportId = 900,
            StepExited = new StepExitedReport { Key = spec.Key, Outcome = Outcome.NodeFailure, JobReleased = true, HoldJob = true, Cause = "prolog: exit code 3", DrainReason = "prolog: exit code 3" },
        });
        await agent.AckedAsync(900);
        var job = await server.JobAsync(id);
        Assert.Equal("PENDING", job.State);
        Assert.Contains("Held", job.Reason, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("prolog: exit code 3", (await NodeAsync(server, "n1")).Reason);
    }

    [Fact]
    public async Task Events_are_kept_for_operators_and_for_the_owner_of_their_job()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        await agent.SendAsync(new ToServer { NodeEvent = new NodeEvent { Kind = NodeEventKind.EventDrift, Sentence = "memory was 1 G", Key = new StepKey { JobId = 7 }, Uid = TestServer.Alice } });
        await agent.SendAsync(new ToServer { ReportId = 5, NodeEvent = new NodeEvent { Kind = NodeEventKind.EventHealth, Sentence = "fan" } });
        await agent.AckedAsync(5);
        async Task<string[]> SeenAsync(uint uid, string query = "") => [.. (await server.GetAsync("/api/v1/nodes/events" + query, ApiJson.Default.NodeEventList, uid)).Events.Select(e => e.Kind)];
        Assert.Equal(["drift", "health"], await SeenAsync(0));
        Assert.Equal(["drift"], await SeenAsync(TestServer.Alice));
        Assert.Empty(await SeenAsync(TestServer.Bob));
        Assert.Equal(["drift"], await SeenAsync(0, "?job=7"));
        Assert.Empty(await SeenAsync(0, "?node=n2"));
    }

    [Fact]
    public async Task Usage_is_asked_of_the_node_and_shown_to_the_owner_alone()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        var id = await server.SubmitAsync(Requests.Batch());
        var (_, spec) = await agent.NextLaunchAsync();
        await agent.AckedAsync(await agent.StartedAsync(spec.Key));
        var asking = server.GetAsync($"/api/v1/jobs/{id}/usage", ApiJson.Default.UsageList, TestServer.Alice);
        var request = (await agent.NextAsync(ToAgent.BodyOneofCase.UsageRequest)).UsageRequest;
        Assert.Equal(id, request.JobId);
        await agent.SendAsync(new ToServer { Usage = new UsageReport { RequestId = request.RequestId, Steps = { new StepUsage { Key = spec.Key, PeakMemoryBytes = 5 << 20, CpuUserUs = 7, Tasks = 1 } } } });
        var step = Assert.Single((await asking).Steps);
        Assert.Equal(($"{id}.batch", "n1", 5UL << 20, 7UL, null), (step.StepId, step.Node, step.PeakMemoryBytes, step.CpuUserUs, step.EnergyUj));
        using var client = server.Client(TestServer.Bob);
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, (await client.GetAsync($"/api/v1/jobs/{id}/usage")).StatusCode);
    }
}
