using Stint.Protocol.Api;
using Stint.Server.Tests.Harness;

namespace Stint.Server.Tests;

public sealed class EventTests
{
    [Fact]
    public async Task A_watcher_sees_a_jobs_states_in_order_and_can_resume_where_it_was()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        using var client = server.Client(TestServer.Bob);
        using var stream = new StreamReader(await client.GetStreamAsync("/api/v1/events"));
        Assert.Equal(": stint", await stream.ReadLineAsync());
        var id = await server.SubmitAsync(Requests.Batch());
        var (_, spec) = await agent.NextLaunchAsync();
        await agent.StartedAsync(spec.Key);
        await agent.ExitedAsync(spec.Key);
        await server.WaitForStateAsync(id, "COMPLETED");
        var events = await ReadUntilAsync(stream, "COMPLETED");
        Assert.All(events, e => Assert.Contains($"\"jobId\":{id}", e.Data, StringComparison.Ordinal));
        Assert.Equal(events.Select(e => e.Id).Order(), events.Select(e => e.Id));

        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/events");
        request.Headers.Add("Last-Event-ID", $"{events[0].Id}");
        using var resumed = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var again = new StreamReader(await resumed.Content.ReadAsStreamAsync());
        Assert.Equal(events.Skip(1).Select(e => e.Id), (await ReadUntilAsync(again, "COMPLETED")).Select(e => e.Id));
    }

    [Fact]
    public async Task A_watcher_that_was_away_too_long_is_told_to_start_over()
    {
        await using var server = await TestServer.InMemoryAsync();
        using var client = server.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/events");
        request.Headers.Add("Last-Event-ID", "0");
        using var response = await client.SendAsync(request);
        Assert.Contains("event: reset", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_openapi_document_lists_the_endpoints_with_their_bodies()
    {
        await using var server = await TestServer.InMemoryAsync();
        using var client = server.Client();
        var text = await client.GetStringAsync("/api/v1/openapi/v1.json");
        using var document = System.Text.Json.JsonDocument.Parse(text);
        var paths = document.RootElement.GetProperty("paths");
        foreach (var path in new[] { "/api/v1/jobs", "/api/v1/jobs/{id}", "/api/v1/jobs/{id}/explain", "/api/v1/jobs/cancel", "/api/v1/nodes", "/api/v1/run", "/api/v1/agents/link", "/api/v1/join", "/health" })
            Assert.True(paths.TryGetProperty(path, out _), $"{path} is missing in {text[..Math.Min(500, text.Length)]}");
        Assert.True(paths.GetProperty("/api/v1/jobs").GetProperty("post").TryGetProperty("requestBody", out _));
        Assert.Contains("memoryPerNodeBytes", text, StringComparison.Ordinal);
    }

    private static async Task<List<(long Id, string Data)>> ReadUntilAsync(StreamReader stream, string wanted)
    {
        var events = new List<(long, string)>();
        long id = 0;
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        while (await stream.ReadLineAsync(deadline.Token) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal)) id = long.Parse(line[4..], System.Globalization.CultureInfo.InvariantCulture);
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            events.Add((id, line[6..]));
            if (line.Contains(wanted, StringComparison.Ordinal)) break;
        }
        return events;
    }
}
