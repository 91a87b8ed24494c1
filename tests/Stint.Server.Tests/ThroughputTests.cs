using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Server.Tests.Harness;
using Xunit.Abstractions;

namespace Stint.Server.Tests;

/// <summary>No promise in numbers here (Stint.Bench makes those): many jobs at once all end, and the rates are printed.</summary>
public sealed class ThroughputTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task Many_jobs_all_run_and_all_end(bool asArray)
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("STINT_TEST_JOBS"), out var asked) ? asked : 200;
        await using var server = await TestServer.StartAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1", cpus: 64, memoryMiB: 1 << 20);
        var running = RunAllAsync(agent, count);
        var from = Stopwatch.GetTimestamp();
        if (asArray) await server.SubmitAsync(Requests.Batch() with { Array = $"0-{count - 1}" });
        else await SubmitAllAsync(server, count);
        var submitted = Stopwatch.GetElapsedTime(from);
        await running.WaitAsync(TimeSpan.FromSeconds(50));
        await Eventually.TrueAsync(async () => (await server.GetAsync("/api/v1/jobs?state=PENDING,RUNNING,COMPLETING", ApiJson.Default.JobList)).Jobs.Length == 0);
        var took = Stopwatch.GetElapsedTime(from);
        output.WriteLine($"{count} jobs, {(asArray ? "one array" : "one by one")}: submitted in {submitted.TotalMilliseconds:F0} ms, over in {took.TotalMilliseconds:F0} ms, {count / took.TotalSeconds:F0} jobs/s");
        await server.Server.Engine.AskAsync(batch =>
        {
            batch.Cluster.Audit();
            return 0;
        });
    }

    private static async Task SubmitAllAsync(TestServer server, int count)
    {
        using var client = server.Client(TestServer.Alice);
        var json = JsonSerializer.Serialize(Requests.Batch(), ApiJson.Default.SubmitRequest);
        for (var i = 0; i < count; i++)
        {
            using var content = new StringContent(json, Encoding.UTF8, "application/json");
            using var response = await client.PostAsync("/api/v1/jobs", content);
            response.EnsureSuccessStatusCode();
        }
    }

    private static async Task RunAllAsync(FakeAgent agent, int count)
    {
        var seen = new HashSet<uint>();
        while (seen.Count < count)
        {
            var (_, spec) = await agent.NextLaunchAsync();
            if (!seen.Add(spec.Key.JobId)) continue;
            await agent.StartedAsync(spec.Key);
            await agent.ExitedAsync(spec.Key);
        }
    }
}
