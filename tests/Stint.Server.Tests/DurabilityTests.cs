using Microsoft.Data.Sqlite;
using Stint.Core.Journal;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Server.Hosting;
using Stint.Server.Tests.Harness;
using Stint.Storage;
using Stint.Storage.Memory;

namespace Stint.Server.Tests;

public sealed class DurabilityTests
{
    [Fact]
    public async Task After_a_restart_the_state_is_the_same_and_a_running_job_goes_on()
    {
        var home = TestServer.NewHome();
        try
        {
            uint running, pending;
            StepKey key;
            await using (var first = await TestServer.StartAsync(home))
            {
                await using var agent = await FakeAgent.StartAsync(first, "n1", cpus: 1);
                running = await first.SubmitAsync(Requests.Batch());
                pending = await first.SubmitAsync(Requests.Batch("waits"));
                key = (await agent.NextLaunchAsync()).Spec.Key;
                await agent.AckedAsync(await agent.StartedAsync(key));
            }
            await using var second = await TestServer.StartAsync(home);
            Assert.Equal(("RUNNING", "PENDING"), ((await second.JobAsync(running)).State, (await second.JobAsync(pending)).State));
            using var certificate = await FakeAgent.JoinAsync(second, "n1");
            await using var back = await FakeAgent.LinkAsync(second, certificate, "n1", cpus: 1, holdings: key);
            await back.AckedAsync(await back.ExitedAsync(key));
            await second.WaitForStateAsync(running, "COMPLETED");
            Assert.Equal(pending, (await back.NextLaunchAsync()).Spec.Key.JobId);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public async Task A_run_that_was_under_way_is_ended_by_the_restart()
    {
        var home = TestServer.NewHome();
        try
        {
            uint id;
            await using (var first = await TestServer.StartAsync(home))
            {
                using var run = await RunClient.StartAsync(first, Requests.Run("/bin/true"));
                id = (await run.NextAsync("queued")).JobId;
            }
            await using var second = await TestServer.StartAsync(home);
            Assert.Equal("CANCELLED", (await second.JobAsync(id)).State);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public async Task A_node_is_not_given_up_for_the_time_in_which_there_was_no_server()
    {
        var home = TestServer.NewHome();
        try
        {
            uint id;
            await using (var first = await TestServer.StartAsync(home))
            {
                await using (var agent = await FakeAgent.StartAsync(first, "n1"))
                {
                    id = await first.SubmitAsync(Requests.Batch());
                    await agent.AckedAsync(await agent.StartedAsync((await agent.NextLaunchAsync()).Spec.Key));
                }
                await Eventually.TrueAsync(async () => (await first.GetAsync("/api/v1/nodes", ApiJson.Default.NodeList)).Nodes[0].State.EndsWith('*'));
            }
            var time = new ShiftedTime { Shift = TimeSpan.FromHours(1) };
            await using var second = await TestServer.StartAsync(home, with: seams => seams with { Time = time });
            await second.GetAsync("/api/v1/ping", ApiJson.Default.PingView);
            Assert.Equal("RUNNING", (await second.JobAsync(id)).State);
            time.Shift += TimeSpan.FromHours(1);
            second.Server.Engine.Wake();
            await second.WaitForJobAsync(id, job => job.State != "RUNNING");
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public async Task A_second_server_on_the_same_home_is_refused_and_the_first_lives()
    {
        await using var server = await TestServer.StartAsync();
        var refused = await Assert.ThrowsAsync<StartException>(() => TestServer.StartAsync(server.Home));
        Assert.Contains($"another stint-server (pid {Environment.ProcessId}) runs on", refused.Message, StringComparison.Ordinal);
        await server.SubmitAsync(Requests.Batch());
    }

    [Fact]
    public async Task A_stale_socket_is_replaced()
    {
        var home = TestServer.NewHome();
        Directory.CreateDirectory(Path.Combine(home, "run"));
        await File.WriteAllTextAsync(Path.Combine(home, "run", "stint.sock"), "left behind");
        await using (var server = await TestServer.StartAsync(home)) await server.SubmitAsync(Requests.Batch());
        Directory.Delete(home, recursive: true);
    }

    [Fact]
    public async Task A_journal_that_fails_ends_the_engine_and_nobody_is_told_yes()
    {
        var journal = new MemoryJournal();
        var broken = new TaskCompletionSource<Exception>();
        await using var server = await TestServer.StartAsync(journal: journal, with: seams => seams with { Broken = e => broken.TrySetResult(e) });
        journal.FailNextAppend = true;
        var answer = server.PostAsync("/api/v1/jobs", System.Text.Json.JsonSerializer.Serialize(Requests.Batch(), ApiJson.Default.SubmitRequest));
        Assert.IsType<JournalException>(await broken.Task.InTimeAsync());
        Assert.Equal(503, (int)(await answer.InTimeAsync()).Status);
    }

    [Fact]
    public async Task A_locked_history_stops_nothing_and_catches_up()
    {
        await using var server = await TestServer.StartAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        await server.GetAsync("/api/v1/history/jobs", ApiJson.Default.HistoryList);
        using (var other = new SqliteConnection($"Data Source={Path.Combine(server.Home, "server", "history.db")};Pooling=False"))
        {
            await other.OpenAsync();
            using var hold = other.CreateCommand();
            hold.CommandText = "BEGIN EXCLUSIVE";
            await hold.ExecuteNonQueryAsync();
            await RunOneAsync(server, agent);
            await Eventually.TrueAsync(async () => (await server.GetAsync("/api/v1/ping", ApiJson.Default.PingView)) is { HistoryError.Length: > 0 } ping && ping.HistorySequence < ping.JournalSequence);
            await RunOneAsync(server, agent);
        }
        await Eventually.TrueAsync(async () => (await server.GetAsync("/api/v1/ping", ApiJson.Default.PingView)) is { HistoryError: "" } ping && ping.HistorySequence == ping.JournalSequence);
        var past = await server.GetAsync("/api/v1/history/jobs", ApiJson.Default.HistoryList);
        Assert.Equal(["COMPLETED", "COMPLETED"], past.Jobs.Select(job => job.State));
    }

    [Fact]
    public async Task The_history_shows_at_once_what_the_queue_has_just_shown()
    {
        await using var server = await TestServer.StartAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        for (var i = 0; i < 3; i++)
        {
            var id = await RunOneAsync(server, agent);
            var job = Assert.Single((await server.GetAsync($"/api/v1/history/jobs?job={id}", ApiJson.Default.HistoryList)).Jobs);
            Assert.Equal(("COMPLETED", $"{id}.batch"), (job.State, Assert.Single(job.Steps).StepId));
        }
    }

    [Fact]
    public async Task Begin_times_are_kept_to_without_anybody_asking()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        var begin = DateTimeOffset.UtcNow.AddMilliseconds(700).ToUnixTimeMilliseconds();
        var id = await server.SubmitAsync(Requests.Batch() with { BeginMs = begin });
        Assert.Equal("BeginTime", (await server.WaitForJobAsync(id, job => job.Reason != "None" || job.State != "PENDING")).Reason);
        await agent.NextLaunchAsync();
        var late = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - begin;
        Assert.InRange(late, 0, 5_000);
    }

    private static async Task<uint> RunOneAsync(TestServer server, FakeAgent agent)
    {
        var id = await server.SubmitAsync(Requests.Batch());
        StepKey key;
        do key = (await agent.NextLaunchAsync()).Spec.Key;
        while (key.JobId != id);
        await agent.StartedAsync(key);
        await agent.ExitedAsync(key);
        await server.WaitForStateAsync(id, "COMPLETED");
        return id;
    }
}
