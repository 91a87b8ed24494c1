using System.Net;
using System.Text;
using System.Text.Json;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Protocol.Wording;
using Stint.Server.Tests.Harness;

namespace Stint.Server.Tests;

/// <summary>Limits of users as the API shows and changes them; the node is played by hand.</summary>
public sealed class LimitsTests
{
    private const string Tiers = """
        tiers:
          - { name: student, job: { memory: 1G }, user: { cpus: 4, memory: 2G, pids: 500, jobs: 3 }, contact: help@lab }
          - { name: staff, user: { memory: 3G }, on_limit: refuse, users: ["61002"] }
        default_tier: student

        """;

    private static SubmitRequest Job(ulong mebibytes) => Requests.Batch() with { MemoryPerNodeBytes = mebibytes << 20 };

    private static async Task<LimitsChangeView> ApplyAsync(TestServer server, string? yaml, bool dryRun = false)
    {
        var request = new LimitsApplyRequest { Yaml = yaml is null ? null : Encoding.UTF8.GetBytes(yaml), File = yaml is null ? "" : "/root/new.yaml", DryRun = dryRun };
        var (status, text) = await server.PostAsync("/api/v1/limits/apply", JsonSerializer.Serialize(request, ApiJson.Default.LimitsApplyRequest));
        Assert.True(status == HttpStatusCode.OK, text);
        return JsonSerializer.Deserialize(text, ApiJson.Default.LimitsChangeView)!;
    }

    [Fact]
    public async Task Whoever_asks_gets_the_limits_that_users_would_have()
    {
        await using var server = await TestServer.InMemoryAsync(Tiers);
        var request = new LimitsApplyRequest { Yaml = Encoding.UTF8.GetBytes(Tiers.Replace("memory: 2G", "memory: 7G, disk: 50G", StringComparison.Ordinal)), DryRun = true, LimitsOf = ["root", "nobody-of-that-name"] };
        var (_, text) = await server.PostAsync("/api/v1/limits/apply", JsonSerializer.Serialize(request, ApiJson.Default.LimitsApplyRequest));
        var after = Assert.Single(JsonSerializer.Deserialize(text, ApiJson.Default.LimitsChangeView)!.After);
        Assert.Equal((0u, "root", "student", 7L << 30), (after.Uid, after.User, after.Tier, after.Limits.Single(static limit => limit.Resource == "memory").Limit));
        Assert.Equal((50L << 30, false), (after.Limits[^1].Limit, after.Limits[^1].IsReserved));
        Assert.Contains("  local disk      [--------------------]  0 MB of 50 GB         50 GB free    on each node\n", LimitsText.Full(after, TimeZoneInfo.Utc), StringComparison.Ordinal);
        Assert.Contains("user disk: no limit → 50 GB", text.Replace("\\u2192", "→", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await server.PostAsync("/api/v1/limits/apply", """{"limitsOf":["a\nb"]}""")).Status);
    }

    private static Task<LimitsView> LimitsAsync(TestServer server, uint uid, string query = "") => server.GetAsync($"/api/v1/limits{query}", ApiJson.Default.LimitsView, uid);

    private static async Task AnswerAsync(FakeAgent agent, List<SetUserLimits> told, Func<SetUserLimits, string> whyNot, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            var order = (await agent.NextAsync(ToAgent.BodyOneofCase.SetUserLimits)).SetUserLimits;
            lock (told) told.Add(order);
            var report = new UserLimitsReport { RequestId = order.RequestId, Uid = order.Uid, HasGroup = true, WhyNot = whyNot(order) };
            if (!order.CheckOnly) report.Rows.Add(new ReceiptRow { Resource = "user memory", File = "/sys/fs/cgroup/memory/u", Written = $"{order.Limits.MemoryBytes}", ReadBack = $"{order.Limits.MemoryBytes}", Enforced = true });
            await agent.SendAsync(new ToServer { UserLimits = report });
        }
    }

    [Fact]
    public async Task The_model_shows_what_is_held_what_is_free_and_what_waits_with_the_words_of_the_denial()
    {
        await using var server = await TestServer.InMemoryAsync(Tiers);
        await using var agent = await FakeAgent.StartAsync(server, "n1", cpus: 8, memoryMiB: 8_192);
        var one = await server.SubmitAsync(Job(1024));
        var two = await server.SubmitAsync(Job(512));
        await server.WaitForStateAsync(two, "RUNNING");
        var three = await server.SubmitAsync(Job(1024));
        await server.WaitForJobAsync(three, job => job.Reason == "AssociationResourceLimit");
        var limits = (await LimitsAsync(server, TestServer.Alice));
        Assert.Equal(("student", "default", "wait", "help@lab"), (limits.Tier, limits.TierFrom, limits.OnLimit, limits.Contact));
        Assert.Equal((2L << 30, 1536L << 20, 512L << 20, 1L << 30), (limits.Limits[1].Limit, limits.Limits[1].Used, limits.Limits[1].Free, limits.Limits[1].PerJob));
        Assert.Equal([one, two], limits.Jobs.Select(job => job.JobId));
        var waiting = Assert.Single(limits.Waiting);
        var sentence = $"memory over your limit. You hold 1.5 GB in 2 jobs ({one}, {two}); this asks for 1 GB; tier student allows 2 GB";
        Assert.Equal((three, sentence, "Cancel a job, ask for ≤ 512 MB, or ask help@lab"), (waiting.JobId, waiting.Sentence, waiting.Remedy));
        Assert.Equal((1536L << 20, 1L << 30, 2L << 30, "user"), (waiting.Denial!.Held, waiting.Denial.Request, waiting.Denial.Limit, waiting.Denial.Layer));
        var explained = (await server.GetAsync($"/api/v1/jobs/{three}/explain", ApiJson.Default.ExplainView, TestServer.Alice)).Pending!;
        Assert.Equal((sentence, "Cancel a job, ask for ≤ 512 MB, or ask help@lab"), (explained.Sentence, Assert.Single(explained.Remedies)));
        Assert.Equal($"""
            Limits of 61001: tier student (the default); a job over them waits; for more ask help@lab
              CPUs            [##########----------]  2 of 4                2 free
              memory          [###############-----]  1.5 GB of 2 GB        512 MB free   1 GB per job
              jobs            [#############-------]  2 of 3                1 free
              processes       [--------------------]  0 of 500              500 free      on each node

            Held by
              job {one} job: 1 CPU, 1 GB; running on n1
              job {two} job: 1 CPU, 512 MB; running on n1

            Waiting
              job {three} job: {sentence}. Cancel a job, ask for ≤ 512 MB, or ask help@lab.

            """.ReplaceLineEndings("\n"), LimitsText.Full(limits, TimeZoneInfo.Utc));
        Assert.StartsWith(LimitsText.Greeting(limits, TimeZoneInfo.Utc).Split("1 job waiting")[0], LimitsText.Full(limits, TimeZoneInfo.Utc), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tier_that_refuses_says_the_same_and_gives_the_numbers()
    {
        await using var server = await TestServer.InMemoryAsync(Tiers);
        await using var agent = await FakeAgent.StartAsync(server, "n1", cpus: 8, memoryMiB: 8_192);
        var one = await server.SubmitAsync(Job(2048), TestServer.Bob);
        await server.WaitForStateAsync(one, "RUNNING");
        var (status, text) = await server.PostAsync("/api/v1/jobs", JsonSerializer.Serialize(Job(1536), ApiJson.Default.SubmitRequest), TestServer.Bob);
        var refusal = JsonSerializer.Deserialize(text, ApiJson.Default.RefusalView)!;
        Assert.Equal((HttpStatusCode.BadRequest, "tier_limit"), (status, refusal.Code));
        Assert.Equal($"memory over your limit. You hold 2 GB in 1 job ({one}); this asks for 1.5 GB; tier staff allows 3 GB. Cancel a job, ask for ≤ 1 GB, or ask your admin.", LimitsText.Denial(refusal.Sentence, refusal.Remedy));
        Assert.Equal(("memory", "staff", "user", 3L << 30, 2L << 30, 1536L << 20), (refusal.Denial!.Resource, refusal.Denial.Tier, refusal.Denial.Layer, refusal.Denial.Limit, refusal.Denial.Held, refusal.Denial.Request));
        Assert.Equal([one], refusal.Denial.Jobs);
    }

    [Fact]
    public async Task Others_are_shown_to_operators_only_and_only_operators_apply()
    {
        await using var server = await TestServer.InMemoryAsync(Tiers);
        using var alice = server.Client(TestServer.Alice);
        Assert.Equal(HttpStatusCode.Forbidden, (await alice.GetAsync("/api/v1/limits?user=root")).StatusCode);
        Assert.Equal("root", (await LimitsAsync(server, 0, "?user=root")).User);
        Assert.Equal(HttpStatusCode.Forbidden, (await server.PostAsync("/api/v1/limits/apply", "{}", TestServer.Alice)).Status);
    }

    [Fact]
    public async Task What_is_applied_is_told_to_the_nodes_read_back_and_survives_a_restart()
    {
        var home = TestServer.NewHome();
        await File.WriteAllTextAsync(Path.Combine(home, "stint.yaml"), Tiers);
        var told = new List<SetUserLimits>();
        using var over = new CancellationTokenSource();
        await using (var server = await TestServer.StartAsync(home))
        {
            await using var agent = await FakeAgent.StartAsync(server, "n1", cpus: 8, memoryMiB: 8_192);
            var one = await server.SubmitAsync(Job(1024));
            var (_, spec) = await agent.NextLaunchAsync();
            Assert.Equal(("student", (2UL << 30) + (32 << 20), 500UL, 4000UL), (spec.Limits.User.Tier, spec.Limits.User.MemoryBytes, spec.Limits.User.PidsMax, spec.Limits.User.CpuMilli));
            var answering = AnswerAsync(agent, told, _ => "", over.Token);
            const string more = "tiers:\n  - { name: student, user: { cpus: 4, memory: 4G, jobs: 3 } }\n  - { name: staff }\ndefault_tier: student\n";

            var dry = await ApplyAsync(server, more, dryRun: true);
            Assert.False(dry.Applied);
            Assert.Equal(["job memory: 1 GB → no limit", "user memory: 2 GB → 4 GB", "user pids: 500 processes → no limit", "contact: help@lab → none"], dry.Tiers.Single(t => t.Tier == "student").Lines);
            Assert.Equal([one], Assert.Single(dry.Users).Jobs);
            Assert.Equal(2L << 30, (await LimitsAsync(server, TestServer.Alice)).Limits[1].Limit);
            lock (told) Assert.All(told, order => Assert.True(order.CheckOnly));

            var done = await ApplyAsync(server, more);
            Assert.True(done.Applied);
            var row = Assert.Single(Assert.Single(done.Receipts).Rows);
            Assert.Equal(($"{(4UL << 30) + (32 << 20)}", true), (row.ReadBack, row.Enforced));
            lock (told) Assert.True(told[^1].Limits.Version > spec.Limits.User.Version && told[^1].Limits.PidsMax == 0);
            Assert.Equal(4L << 30, (await LimitsAsync(server, TestServer.Alice)).Limits[1].Limit);
            Assert.Equal(more, await File.ReadAllTextAsync(Path.Combine(home, "limits.yaml")));

            var shrunk = await ApplyAsync(server, "tiers:\n  - { name: student, user: { memory: 512M } }\n  - { name: staff }\ndefault_tier: student\n");
            Assert.Equal((false, $"memory: 61001 holds 1 GB in 1 job ({one}); tier student would allow 512 MB"), (shrunk.Applied, Assert.Single(shrunk.Objections)));
            var gone = await ApplyAsync(server, "tiers:\n  - { name: staff }\n");
            Assert.Equal($"tier student is in use and cannot go: 61001 has job {one}", Assert.Single(gone.Objections));
            Assert.Equal(more, await File.ReadAllTextAsync(Path.Combine(home, "limits.yaml")));
            Assert.False(File.Exists(Path.Combine(home, "limits.yaml.new")));
            await over.CancelAsync();
        }
        await using (var server = await TestServer.StartAsync(home))
        {
            Assert.Equal(4L << 30, (await LimitsAsync(server, TestServer.Alice)).Limits[1].Limit);
            // A start on tiers that take away what somebody holds keeps those before.
            await server.DisposeAsync();
            await File.WriteAllTextAsync(Path.Combine(home, "limits.yaml"), "tiers:\n  - { name: staff }\n");
        }
        await using (var server = await TestServer.StartAsync(home))
        {
            Assert.Equal("student", (await LimitsAsync(server, TestServer.Alice)).Tier);
            Assert.Equal(4L << 30, (await LimitsAsync(server, TestServer.Alice)).Limits[1].Limit);
        }
        Directory.Delete(home, recursive: true);
    }

    [Fact]
    public async Task A_node_whose_kernel_would_refuse_keeps_all_of_it_from_being_applied()
    {
        await using var server = await TestServer.InMemoryAsync(Tiers);
        await using var agent = await FakeAgent.StartAsync(server, "n1", cpus: 8, memoryMiB: 8_192);
        await server.SubmitAsync(Job(1024));
        await agent.NextLaunchAsync();
        using var over = new CancellationTokenSource();
        var told = new List<SetUserLimits>();
        var answering = AnswerAsync(agent, told, order => order.Limits.PidsMax == 50 ? "pids.max: 50 processes for the user are less than the 60 that run" : "", over.Token);
        var before = await server.StateHashAsync();
        var view = await ApplyAsync(server, "tiers:\n  - { name: student, user: { pids: 50 } }\n  - { name: staff }\ndefault_tier: student\n");
        Assert.Equal("node n1, 61001: pids.max: 50 processes for the user are less than the 60 that run", Assert.Single(view.Objections));
        Assert.Equal(before, await server.StateHashAsync());
        Assert.True((await ApplyAsync(server, "tiers:\n  - { name: student, user: { pids: 60 } }\n  - { name: staff }\ndefault_tier: student\n")).Applied);
        await over.CancelAsync();
    }

    [Fact]
    public async Task A_node_that_comes_back_is_told_what_holds_before_anything_is_launched()
    {
        await using var server = await TestServer.InMemoryAsync(Tiers);
        using var certificate = await FakeAgent.JoinAsync(server, "n1");
        StepKey key;
        await using (var agent = await FakeAgent.LinkAsync(server, certificate, "n1", cpus: 8, memoryMiB: 8_192))
        {
            await server.SubmitAsync(Job(1024));
            key = (await agent.NextLaunchAsync()).Spec.Key;
            await agent.AckedAsync(await agent.StartedAsync(key));
        }
        Assert.True((await ApplyAsync(server, "tiers:\n  - { name: student, user: { memory: 3G } }\n  - { name: staff }\ndefault_tier: student\n")).Applied);
        await using var again = await FakeAgent.LinkAsync(server, certificate, "n1", 8, 8_192, key);
        var order = (await again.NextAsync(ToAgent.BodyOneofCase.SetUserLimits)).SetUserLimits;
        Assert.Equal((TestServer.Alice, (3UL << 30) + (32 << 20)), (order.Uid, order.Limits.MemoryBytes));
    }

    [Fact]
    public async Task What_happened_to_a_job_is_told_until_it_was_seen_also_after_a_restart()
    {
        var home = TestServer.NewHome();
        await File.WriteAllTextAsync(Path.Combine(home, "stint.yaml"), Tiers);
        uint id;
        await using (var server = await TestServer.StartAsync(home))
        {
            await using var agent = await FakeAgent.StartAsync(server, "n1");
            id = await server.SubmitAsync(Job(64));
            var (_, spec) = await agent.NextLaunchAsync();
            await agent.AckedAsync(await agent.ExitedAsync(spec.Key, outcome: Outcome.OutOfMemory, signal: 9, cause: "memory: limit 64 MiB (job group), peak 64 MiB"));
            await Eventually.TrueAsync(async () => (await LimitsAsync(server, TestServer.Alice)).Notices.Length == 1);
            await Eventually.TrueAsync(() => File.Exists(Path.Combine(home, "server", "notices.json")));
        }
        await using (var server = await TestServer.StartAsync(home))
        {
            var notice = Assert.Single((await LimitsAsync(server, TestServer.Alice)).Notices);
            Assert.Equal((id, "OUT_OF_MEMORY", $"job {id} (job) ended OUT_OF_MEMORY: memory: limit 64 MiB (job group), peak 64 MiB"), (notice.JobId, notice.Kind, notice.Sentence));
            Assert.Empty((await LimitsAsync(server, TestServer.Bob)).Notices);
            await server.PostAsync("/api/v1/limits/seen", $$"""{"upToMs":{{notice.AtMs - 1}}}""", TestServer.Alice);
            Assert.Single((await LimitsAsync(server, TestServer.Alice)).Notices);
            await server.PostAsync("/api/v1/limits/seen", $$"""{"upToMs":{{notice.AtMs}}}""", TestServer.Alice);
            Assert.Empty((await LimitsAsync(server, TestServer.Alice)).Notices);
        }
        Directory.Delete(home, recursive: true);
    }
}
