using System.Text;
using Google.Protobuf;
using Stint.Core;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Server.Tests.Harness;

namespace Stint.Server.Tests;

public sealed class RunTests
{
    [Fact]
    public async Task A_run_is_queued_allocated_started_and_ended_with_its_tasks_code()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        using var run = await RunClient.StartAsync(server, Requests.Run("/bin/echo", "hi"));
        var allocated = await run.NextAsync("allocated");
        Assert.Equal("n1", allocated.NodeList);
        Assert.Equal($"{allocated.JobId}", allocated.Environment!["SLURM_JOB_ID"]);
        var (_, spec) = await agent.NextLaunchAsync();
        Assert.Equal((0u, IoMode.IoPipes, 1u), (spec.Key.StepId, spec.Io, spec.TotalTasks));
        Assert.Equal(["/bin/echo", "hi"], spec.Payload.Arguments.Select(a => a.ToStringUtf8()));
        Assert.Contains("SLURM_STEP_ID=0", spec.Environment);
        await agent.StartedAsync(spec.Key);
        Assert.Equal("n1", (await run.NextAsync("started")).Node);
        await agent.SendAsync(new ToServer { Output = new StepOutput { Key = spec.Key, Data = ByteString.CopyFromUtf8("hi\n") } });
        await agent.ExitedAsync(spec.Key, exitCode: 7);
        Assert.Equal(7, (await run.NextAsync("task_exited")).ExitCode);
        Assert.Equal(7, (await run.NextAsync("ended")).ExitStatus);
        Assert.Equal("hi\n", run.Output.ToString());
        await agent.NextAsync(ToAgent.BodyOneofCase.EndJob);
        await agent.ReleasedAsync(allocated.JobId, 0);
        Assert.Equal(7, (await server.WaitForStateAsync(allocated.JobId, "FAILED")).ExitCode);
    }

    [Fact]
    public async Task Input_goes_to_the_step_and_taken_output_is_told_to_the_node()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        using var run = await RunClient.StartAsync(server, Requests.Run("/bin/cat"));
        await run.InputAsync("early");
        var (_, spec) = await agent.NextLaunchAsync();
        await agent.StartedAsync(spec.Key);
        Assert.Equal("early", (await agent.NextAsync(ToAgent.BodyOneofCase.Input)).Input.Data.ToStringUtf8());
        await run.InputAsync("");
        Assert.True((await agent.NextAsync(ToAgent.BodyOneofCase.Input)).Input.End);
        await agent.SendAsync(new ToServer { Output = new StepOutput { Key = spec.Key, Data = ByteString.CopyFromUtf8("0123456789") } });
        await run.WaitForOutputAsync(10);
        await run.ControlAsync(new RunControl { Taken = 4 });
        Assert.Equal(4u, (await agent.NextAsync(ToAgent.BodyOneofCase.OutputTaken)).OutputTaken.Bytes);
        await run.ControlAsync(new RunControl { Taken = 100 });
        Assert.Equal(6u, (await agent.NextAsync(ToAgent.BodyOneofCase.OutputTaken)).OutputTaken.Bytes);
    }

    [Fact]
    public async Task At_most_a_window_of_input_is_under_way_to_a_node()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        using var run = await RunClient.StartAsync(server, Requests.Run("/bin/cat"));
        var (_, spec) = await agent.NextLaunchAsync();
        for (var i = 0; i < 4; i++) await run.InputAsync(new string('x', RunFrames.Window));
        Assert.Equal(RunFrames.Window, (await agent.NextAsync(ToAgent.BodyOneofCase.Input)).Input.Data.Length);
        await run.ControlAsync(new RunControl { Signal = 2 });
        await agent.NextAsync(ToAgent.BodyOneofCase.SignalStep);
        Assert.False(agent.TryNext(out _));
        await agent.SendAsync(new ToServer { InputTaken = new StepInputTaken { Key = spec.Key, Bytes = RunFrames.Window } });
        Assert.Equal(RunFrames.Window, (await agent.NextAsync(ToAgent.BodyOneofCase.Input)).Input.Data.Length);
    }

    [Fact]
    public async Task When_the_client_goes_the_job_that_it_made_goes_too()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        using var run = await RunClient.StartAsync(server, Requests.Run("/bin/sleep", "100"));
        var (_, spec) = await agent.NextLaunchAsync();
        await agent.StartedAsync(spec.Key);
        await run.NextAsync("started");
        run.Dispose();
        Assert.Equal(spec.Key.JobId, (await agent.NextAsync(ToAgent.BodyOneofCase.EndJob)).EndJob.JobId);
        await agent.ExitedAsync(spec.Key, outcome: Outcome.Ended, signal: 15);
        await server.WaitForStateAsync(spec.Key.JobId, "CANCELLED");
    }

    [Fact]
    public async Task A_run_that_is_cancelled_while_queued_hears_that_it_was_revoked()
    {
        await using var server = await TestServer.InMemoryAsync();
        using var run = await RunClient.StartAsync(server, Requests.Run("/bin/true"));
        var id = (await run.NextAsync("queued")).JobId;
        await server.SelectAsync("cancel", new JobSelection { Jobs = [$"{id}"] });
        await run.NextAsync("revoked");
        Assert.Equal(1, (await run.NextAsync("ended")).ExitStatus);
    }

    [Fact]
    public async Task A_signal_that_kills_a_task_is_128_more_than_its_number()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        using var run = await RunClient.StartAsync(server, Requests.Run("/bin/sleep", "100"));
        var (_, spec) = await agent.NextLaunchAsync();
        await run.NextAsync("allocated");
        await Eventually.TrueAsync(async () => (await server.JobAsync(spec.Key.JobId)).Steps.Length == 1);
        await run.ControlAsync(new RunControl { Signal = 2 });
        Assert.Equal(2, (await agent.NextAsync(ToAgent.BodyOneofCase.SignalStep)).SignalStep.Signal);
        await agent.ExitedAsync(spec.Key, signal: 2);
        Assert.Equal(130, (await run.NextAsync("ended")).ExitStatus);
    }

    [Fact]
    public async Task A_step_runs_inside_a_batch_job_of_the_same_user_only()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        var id = await server.SubmitAsync(Requests.Batch());
        var (_, batch) = await agent.NextLaunchAsync();
        await agent.AckedAsync(await agent.StartedAsync(batch.Key));
        var request = new RunRequest { JobId = id, Step = new StepRequest { Arguments = [Encoding.UTF8.GetBytes("/bin/true")], WorkDir = "/tmp" } };
        foreach (var uid in new[] { TestServer.Bob, 0u })
        {
            using var stranger = await RunClient.StartAsync(server, request, uid);
            Assert.Equal(RefusalCodes.AccessDenied, (await stranger.NextAsync("refused")).Refusal!.Code);
        }
        using var run = await RunClient.StartAsync(server, request);
        await run.NextAsync("allocated");
        var (_, spec) = await agent.NextLaunchAsync();
        Assert.Equal((id, 0u), (spec.Key.JobId, spec.Key.StepId));
        await agent.StartedAsync(spec.Key);
        await agent.ExitedAsync(spec.Key, released: false);
        Assert.Equal(0, (await run.NextAsync("ended")).ExitStatus);
        Assert.Equal("RUNNING", (await server.JobAsync(id)).State);
    }

    [Theory]
    [InlineData("{}"), InlineData("nonsense"), InlineData("{\"jobId\":1,\"submit\":{}}"), InlineData("{\"jobId\":4294967296}"), InlineData("{\"jobId\":77,\"step\":{\"arguments\":[\"YQ==\"]}}"),
        InlineData("{\"submit\":{\"workDir\":\"x\"}}"), InlineData("{\"jobId\":1,\"step\":{\"arguments\":[null]}}"), InlineData("{\"jobId\":1,\"step\":null}")]
    public async Task A_bad_request_is_refused_in_one_sentence(string json)
    {
        await using var server = await TestServer.InMemoryAsync();
        var hash = await server.StateHashAsync();
        using var run = new RunClient(await server.WebSocketAsync("/api/v1/run", TestServer.Alice));
        await run.SendTextAsync(Encoding.UTF8.GetBytes(json));
        Assert.NotEmpty((await run.NextAsync("refused")).Refusal!.Sentence);
        Assert.Equal(hash, await server.StateHashAsync());
    }

    [Fact]
    public async Task An_allocation_without_a_program_lasts_as_long_as_its_client()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        using var salloc = await RunClient.StartAsync(server, Requests.Run() with { Step = new StepRequest() });
        var id = (await salloc.NextAsync("allocated")).JobId;
        await salloc.CloseAsync();
        await agent.NextAsync(ToAgent.BodyOneofCase.EndJob);
        await agent.ReleasedAsync(id, 0);
        await server.WaitForStateAsync(id, "COMPLETED");
    }
}
