using System.Text.Json;
using Stint.Protocol.Api;
using Stint.Server.Tests.Harness;

namespace Stint.Server.Tests;

public sealed class OfferTests
{
    [Fact]
    public async Task An_offer_tells_the_start_behind_what_runs_and_leaves_the_state_as_it_is()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1", cpus: 2);
        var running = await server.SubmitAsync(Requests.Batch() with { Tasks = 2, TimeLimitMs = 3_600_000 });
        await server.WaitForStateAsync(running, "RUNNING");
        var hash = await server.StateHashAsync();
        var offer = await AskAsync(server, Requests.Batch() with { Tasks = 2 });
        Assert.Equal((running + 1, "main", "n1", 2u), (offer.JobId, offer.Partition, offer.NodeList, offer.Cpus));
        Assert.Equal((await server.JobAsync(running)).StartMs + 3_600_000, offer.StartMs);
        Assert.Equal([new NodeOfferView("n1", 0, 2, offer.StartMs)], offer.Nodes);
        Assert.Equal(hash, await server.StateHashAsync());
    }

    private static async Task<OfferView> AskAsync(TestServer server, SubmitRequest request)
    {
        var json = JsonSerializer.Serialize(request with { TestOnly = true }, ApiJson.Default.SubmitRequest);
        var (status, text) = await server.PostAsync("/api/v1/jobs", json);
        Assert.Equal(200, (int)status);
        return JsonSerializer.Deserialize(text, ApiJson.Default.SubmitResponse)!.Offer!;
    }
}
