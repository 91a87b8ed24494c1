using System.Security.Cryptography;
using System.Text;
using Stint.Core;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Server.Tests.Harness;

namespace Stint.Server.Tests;

public sealed class JobLifeTests
{
    [Fact]
    public async Task A_job_goes_from_its_submission_through_a_signed_launch_to_its_end()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        var id = await server.SubmitAsync(Requests.Batch("train") with { CpusPerTask = 2, TimeLimitMs = 600_000 });

        var (launch, spec) = await agent.NextLaunchAsync();
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(agent.Welcome!.SigningKey.Span, out _);
        Assert.True(key.VerifyData(launch.Spec.Span, launch.Signature.Span, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        Assert.Equal(("n1", "stint", TestServer.Alice, 16), (spec.Node, spec.Cluster, spec.Uid, spec.Nonce.Length));
        Assert.Equal((id, StepIds.Batch, 0u), (spec.Key.JobId, spec.Key.StepId, spec.Key.Attempt));
        Assert.Equal((64UL << 20, "--mem=64M", "-c 2, 1 task"), (spec.Limits.MemoryBytes, spec.Limits.MemoryRequested, spec.Limits.CpusRequested));
        Assert.Equal("slurm-%j.out", spec.StdOut);
        Assert.InRange(spec.WallLimitMs, 590_000, 600_000);
        Assert.Equal("#!/bin/sh\ntrue\n", spec.Payload.Script.ToStringUtf8());
        Assert.Contains(spec.Payload.Environment, e => e.ToStringUtf8() == "SECRET=tell-nobody");
        foreach (var variable in new[] { $"SLURM_JOB_ID={id}", "SLURM_JOB_NAME=train", "SLURM_JOB_NODELIST=n1", "SLURM_JOB_CPUS_PER_NODE=2", "SLURM_CPUS_PER_TASK=2", "SLURM_MEM_PER_NODE=64", "SLURM_TASKS_PER_NODE=1", "SLURM_SUBMIT_DIR=/tmp" })
            Assert.Contains(variable, spec.Environment);

        await agent.AckedAsync(await agent.StartedAsync(spec.Key));
        Assert.Equal("RUNNING", (await server.JobAsync(id)).State);
        await agent.AckedAsync(await agent.ExitedAsync(spec.Key));
        var job = await server.WaitForStateAsync(id, "COMPLETED");
        Assert.Equal((0, "n1", 2u, $"/tmp/slurm-{id}.out"), (job.ExitCode, job.NodeList, job.Cpus, job.StdOut));
        Assert.Equal($"{id}.batch", Assert.Single(job.Steps).StepId);
    }

    [Fact]
    public async Task Over_time_moves_the_end_and_not_the_warning()
    {
        await using var server = await TestServer.InMemoryAsync(yaml: "over_time_limit: 2m\n");
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        await server.SubmitAsync(Requests.Batch() with { TimeLimitMs = 600_000, Signal = "USR1@60" });
        var (_, spec) = await agent.NextLaunchAsync();
        Assert.InRange(spec.WallLimitMs, 705_000, 720_000);
        Assert.Equal(180_000, spec.WarnBeforeMs);
    }

    [Fact]
    public async Task A_report_that_comes_twice_is_acknowledged_twice_and_counts_once()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        var id = await server.SubmitAsync(Requests.Batch());
        var (_, spec) = await agent.NextLaunchAsync();
        await agent.AckedAsync(await agent.StartedAsync(spec.Key));
        await agent.AckedAsync(await agent.ExitedAsync(spec.Key, exitCode: 3));
        await server.WaitForStateAsync(id, "FAILED");
        var hash = await server.StateHashAsync();
        await agent.AckedAsync(await agent.StartedAsync(spec.Key));
        await agent.AckedAsync(await agent.ExitedAsync(spec.Key, exitCode: 0));
        Assert.Equal(hash, await server.StateHashAsync());
        Assert.Equal((3, "NonZeroExitCode"), ((await server.JobAsync(id)).ExitCode, (await server.JobAsync(id)).Reason));
    }

    [Fact]
    public async Task Explain_shows_the_receipt_and_what_killed_the_step()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        var id = await server.SubmitAsync(Requests.Batch());
        var (_, spec) = await agent.NextLaunchAsync();
        await agent.StartedAsync(spec.Key);
        await agent.ExitedAsync(spec.Key, outcome: Outcome.OutOfMemory, signal: 9, cause: "over its limit of 64M");
        await server.WaitForStateAsync(id, "OUT_OF_MEMORY");
        var step = Assert.Single((await server.GetAsync($"/api/v1/jobs/{id}/explain", ApiJson.Default.ExplainView, TestServer.Bob)).Steps);
        Assert.Equal(("n1", "cgroup v1", "over its limit of 64M", 64UL << 20), (step.Node, step.Kernel, step.Cause, step.MemoryLimitBytes));
        Assert.Equal("67108864", Assert.Single(step.Rows).ReadBack);
    }

    [Fact]
    public async Task A_cancelled_job_is_ended_on_its_node_and_free_when_the_node_says_so()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        var id = await server.SubmitAsync(Requests.Batch());
        var (_, spec) = await agent.NextLaunchAsync();
        await agent.StartedAsync(spec.Key);
        var result = await server.SelectAsync("cancel", new JobSelection { Jobs = [$"{id}"] });
        Assert.Null(Assert.Single(result.Outcomes).Code);
        var end = (await agent.NextAsync(ToAgent.BodyOneofCase.EndJob)).EndJob;
        Assert.Equal((id, EndReason.EndCancelled), (end.JobId, end.Reason));
        Assert.Matches(@"^slurmstepd-n1: error: \*\*\* JOB \d+ ON n1 CANCELLED AT \d{4}-.* \*\*\*$", end.Message);
        Assert.Equal("COMPLETING", (await server.JobAsync(id)).State);
        await agent.ExitedAsync(spec.Key, outcome: Outcome.Ended, signal: 15);
        var job = await server.WaitForStateAsync(id, "CANCELLED");
        Assert.Equal(TestServer.Alice, job.CancelledBy);
    }

    [Fact]
    public async Task An_array_starts_task_by_task_and_tells_each_its_number()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1", cpus: 2);
        var id = await server.SubmitAsync(Requests.Batch() with { Array = "0-4%2" });
        var seen = new List<uint>();
        for (var i = 0; i < 5; i++)
        {
            var (_, spec) = await agent.NextLaunchAsync();
            Assert.Equal((id, "slurm-%A_%a.out"), (spec.ArrayJobId, spec.StdOut));
            Assert.Contains($"SLURM_ARRAY_TASK_ID={spec.ArrayTask}", spec.Environment);
            Assert.Contains("SLURM_ARRAY_TASK_COUNT=5", spec.Environment);
            seen.Add(spec.ArrayTask);
            await agent.StartedAsync(spec.Key);
            await agent.ExitedAsync(spec.Key);
        }
        Assert.Equal([0u, 1, 2, 3, 4], seen.Order().ToArray());
        await Eventually.TrueAsync(async () => (await server.GetAsync($"/api/v1/jobs?job={id}", ApiJson.Default.JobList)).Jobs.All(job => job.State == "COMPLETED"));
    }

    [Fact]
    public async Task A_node_that_comes_back_is_told_again_what_it_has_not_answered()
    {
        await using var server = await TestServer.InMemoryAsync();
        using var certificate = await FakeAgent.JoinAsync(server, "n1");
        uint id;
        await using (var first = await FakeAgent.LinkAsync(server, certificate, "n1"))
        {
            id = await server.SubmitAsync(Requests.Batch());
            await first.NextLaunchAsync();
        }
        await Eventually.TrueAsync(async () => (await server.GetAsync("/api/v1/nodes", ApiJson.Default.NodeList)).Nodes[0].State.EndsWith('*'));
        StepKey key;
        await using (var second = await FakeAgent.LinkAsync(server, certificate, "n1"))
        {
            var (_, spec) = await second.NextLaunchAsync();
            key = spec.Key;
            await second.AckedAsync(await second.StartedAsync(key));
            await server.SelectAsync("cancel", new JobSelection { Jobs = [$"{id}"] });
            await second.NextAsync(ToAgent.BodyOneofCase.EndJob);
        }
        await using var third = await FakeAgent.LinkAsync(server, certificate, "n1", holdings: key);
        Assert.Equal(id, (await third.NextAsync(ToAgent.BodyOneofCase.EndJob)).EndJob.JobId);
        await third.ExitedAsync(key, outcome: Outcome.Ended);
        await server.WaitForStateAsync(id, "CANCELLED");
    }

    [Fact]
    public async Task A_step_that_the_node_lost_is_a_node_failure()
    {
        await using var server = await TestServer.InMemoryAsync();
        using var certificate = await FakeAgent.JoinAsync(server, "n1");
        uint id;
        await using (var first = await FakeAgent.LinkAsync(server, certificate, "n1"))
        {
            id = await server.SubmitAsync(Requests.Batch() with { Requeue = false });
            var (_, spec) = await first.NextLaunchAsync();
            await first.AckedAsync(await first.StartedAsync(spec.Key));
        }
        await using var second = await FakeAgent.LinkAsync(server, certificate, "n1");
        var end = (await second.NextAsync(ToAgent.BodyOneofCase.EndJob)).EndJob;
        await second.ReleasedAsync(end.JobId, end.Attempt);
        await server.WaitForStateAsync(id, "NODE_FAIL");
    }

    [Fact]
    public async Task A_submission_with_the_same_client_token_is_the_same_job()
    {
        await using var server = await TestServer.InMemoryAsync();
        var request = Requests.Batch() with { ClientToken = "once" };
        Assert.Equal(await server.SubmitAsync(request), await server.SubmitAsync(request));
        Assert.NotEqual(await server.SubmitAsync(request), await server.SubmitAsync(request, TestServer.Bob));
    }

    [Fact]
    public async Task Hold_release_and_requeue_change_what_squeue_shows()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        var id = await server.SubmitAsync(Requests.Batch() with { Held = true });
        var held = await server.WaitForJobAsync(id, job => job.Reason == "JobHeldUser");
        Assert.Equal(0u, held.Priority);
        await server.SelectAsync("release", new JobSelection { Jobs = [$"{id}"] });
        var (_, spec) = await agent.NextLaunchAsync();
        await agent.AckedAsync(await agent.StartedAsync(spec.Key));
        await server.SelectAsync("requeue", new JobSelection { Jobs = [$"{id}"] });
        await agent.NextAsync(ToAgent.BodyOneofCase.EndJob);
        await agent.ExitedAsync(spec.Key, outcome: Outcome.Ended);
        var again = await server.WaitForJobAsync(id, job => job.Restarts == 1 || job.State == "PENDING");
        Assert.NotEqual("CANCELLED", again.State);
    }

    [Fact]
    public async Task Signals_reach_the_nodes_of_running_jobs_only()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        var id = await server.SubmitAsync(Requests.Batch());
        var (_, spec) = await agent.NextLaunchAsync();
        await agent.AckedAsync(await agent.StartedAsync(spec.Key));
        await server.SelectAsync("cancel", new JobSelection { Jobs = [$"{id}"], Signal = 10, BatchOnly = true });
        var signal = (await agent.NextAsync(ToAgent.BodyOneofCase.SignalStep)).SignalStep;
        Assert.Equal((id, 10, true), (signal.JobId, signal.Signal, signal.BatchOnly));
        var pending = await server.SubmitAsync(Requests.Batch() with { Held = true });
        Assert.Equal(RefusalCodes.JobPending, (await server.SelectAsync("cancel", new JobSelection { Jobs = [$"{pending}"], Signal = 10 })).Outcomes[0].Code);
    }

    [Fact]
    public async Task Test_only_says_when_and_where_and_changes_nothing()
    {
        await using var server = await TestServer.InMemoryAsync();
        await using var agent = await FakeAgent.StartAsync(server, "n1", cpus: 2);
        var hash = await server.StateHashAsync();
        var json = System.Text.Json.JsonSerializer.Serialize(Requests.Batch() with { TestOnly = true }, ApiJson.Default.SubmitRequest);
        Assert.Matches(@"Job 1 to start at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d using 1 processors on nodes n1 in partition main", (await server.PostAsync("/api/v1/jobs", json)).Text);
        Assert.Equal(hash, await server.StateHashAsync());
        json = System.Text.Json.JsonSerializer.Serialize(Requests.Batch() with { TestOnly = true, CpusPerTask = 3 }, ApiJson.Default.SubmitRequest);
        Assert.Equal(400, (int)(await server.PostAsync("/api/v1/jobs", json)).Status);
    }

    [Fact]
    public async Task The_script_is_shown_as_it_was_submitted()
    {
        await using var server = await TestServer.InMemoryAsync();
        var id = await server.SubmitAsync(Requests.Batch());
        using var client = server.Client(TestServer.Alice);
        Assert.Equal("#!/bin/sh\ntrue\n", Encoding.UTF8.GetString(await client.GetByteArrayAsync($"/api/v1/jobs/{id}/script")));
    }
}
