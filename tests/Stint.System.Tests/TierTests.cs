using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Stint.Protocol.Api;

namespace Stint.SystemTests;

/// <summary>One node with more CPUs declared than it has, so that only tiers keep jobs apart.</summary>
public sealed class TierCluster : IAsyncLifetime
{
    public const string Tiers = $$"""
        tiers:
          - { name: student, job: { cpus: 4, memory: 300M }, user: { memory: 400M, pids: 2000, jobs: 5 }, contact: help@lab }
          - { name: researcher, user: { memory: 300M, jobs: 5 }, on_limit: refuse, users: [{{Users.Bob}}] }
          - { name: admin, users: [root] }
        default_tier: student

        """;

    private readonly Users _users = new();
    public TestCluster Cluster { get; private set; } = null!;
    public async Task InitializeAsync() => Cluster = await TestCluster.StartAsync(declare: "cpus=8,sockets=1,cores=8,threads=1,memory=4000M", config: Tiers);

    public async Task DisposeAsync()
    {
        try { await Cluster.DisposeAsync(); }
        finally { _users.Dispose(); }
    }
}

/// <summary>The second layer in a real run: reservation, the kernel's aggregate, live changes, and what people read of it.</summary>
public sealed partial class TierTests(TierCluster tiers) : IClassFixture<TierCluster>
{
    private const string Allocates = "python3 -c 'import os, time\nopen(\"ready-{0}\", \"w\")\nwhile not os.path.exists(\"go-{0}\"): time.sleep(0.05)\nx = bytearray(120 << 20)\nopen(\"has-{0}\", \"w\")\ntime.sleep(3000)'";
    private TestCluster Cluster => tiers.Cluster;

    private Task<uint> Submit(string? user, int mebibytes, string command = "sleep 3000") =>
        Cluster.SubmitAsync(user ?? "root", $"--mem={mebibytes}M", "-t", "60", "-J", "train", "-o", "/dev/null", "--wrap", command);

    private async Task<string> Reason(uint id) => (await Cluster.JobAsync(id)).Reason;
    private Task Waits(uint id) => TestCluster.UntilAsync(async () => await Reason(id) == "AssociationResourceLimit", 20, () => $"job {id} does not wait for its tier");
    private Task Exists(string file) => TestCluster.UntilAsync(() => Task.FromResult(File.Exists(Path.Combine(Cluster.Work, file))), 30, () => $"{file} does not come");
    private void Go(string name) => File.WriteAllText(Path.Combine(Cluster.Work, $"go-{name}"), "");

    private async Task EndAll()
    {
        await Cluster.RunAsync("scancel", "--state=PENDING");
        await Cluster.RunAsync("scancel", "--state=RUNNING");
        await TestCluster.UntilAsync(async () => (await Cluster.RunAsync("squeue", "-h")).Output.Length == 0, 30, () => "jobs stay");
    }

    private static uint Uid(string user) => uint.Parse(File.ReadLines("/etc/passwd").Select(l => l.Split(':')).First(f => f[0] == user)[2], CultureInfo.InvariantCulture);

    /// <summary>The kernel's file of a user's level: v1 or v2.</summary>
    private string LevelFile(string user)
    {
        foreach (var (root, name) in ((string, string)[])[("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")])
            foreach (var folder in Directory.Exists(root) ? Directory.EnumerateDirectories(root, $"u{Uid(user)}", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, MaxRecursionDepth = 6 }) : [])
                if (folder.Contains(Cluster.CgroupRoot, StringComparison.Ordinal) && File.Exists(Path.Combine(folder, name))) return Path.Combine(folder, name);
        throw new InvalidOperationException($"no level of {user}");
    }

    private async Task<LimitsView> Limits(string user) =>
        JsonSerializer.Deserialize((await Cluster.RunAsAsync(user, "check-limits", ["--json"])).Output, ApiJson.Default.LimitsView)!;

    [Fact]
    public async Task Two_users_three_tiers_five_jobs_and_then_the_aggregate_is_to_blame()
    {
        await EndAll();
        var one = await Submit(Users.Alice, 150, string.Format(CultureInfo.InvariantCulture, Allocates, "a"));
        var two = await Submit(Users.Alice, 150, string.Format(CultureInfo.InvariantCulture, Allocates, "b"));
        var three = await Submit(Users.Alice, 150);
        var four = await Submit(Users.Bob, 200);
        var five = await Submit(null, 2000);
        foreach (var id in (uint[])[one, two, four, five]) await Cluster.RunningAsync(id);
        await Waits(three);

        // Reservation: one waits with the numbers, one is refused with them, who has no limit runs.
        var explained = (await Cluster.ExplainAsync(three)).Pending!;
        Assert.Equal($"memory over your limit. You hold 300 MB in 2 jobs ({one}, {two}); this asks for 150 MB; tier student allows 400 MB", explained.Sentence);
        Assert.Equal("Cancel a job, ask for ≤ 100 MB, or ask help@lab", Assert.Single(explained.Remedies));
        var text = Flat((await Cluster.RunAsAsync(Users.Alice, "stint", ["explain", $"{three}"])).Output);
        Assert.Contains($"You hold 300 MB in 2 jobs ({one}, {two}); this asks for 150 MB; tier student allows 400 MB", text, StringComparison.Ordinal);
        var refused = await Cluster.RunAsAsync(Users.Bob, "sbatch", ["--mem=150M", "--wrap", "true"]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Equal($"sbatch: error: refused: memory over your limit. You hold 200 MB in 1 job ({four}); this asks for 150 MB; tier researcher allows 300 MB. Cancel a job, ask for ≤ 100 MB, or ask your admin.\n"
            + "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)\n", refused.Error);

        // What the core keeps by reservation, the kernel holds as well; the receipt says so.
        var row = (await Cluster.ExplainAsync(one)).Steps[0].Rows.First(r => r.Resource == "user memory");
        Assert.True(row is { Enforced: true, Requested: "tier student" } && row.ReadBack == $"{(400 + 32) << 20}", row.ToString());
        var level = LevelFile(Users.Alice);
        Assert.Equal(row.ReadBack, (await File.ReadAllTextAsync(level)).Trim());

        // Over-commit by force: behind the agent's back the level gets less than its jobs may have.
        await Exists("ready-a");
        await Exists("ready-b");
        await File.WriteAllTextAsync(level, $"{200 << 20}");
        Go("a");
        await Exists("has-a");
        Go("b");
        uint victim = 0;
        await TestCluster.UntilAsync(async () => (victim = TestCluster.IsOver((await Cluster.JobAsync(one)).State) ? one : TestCluster.IsOver((await Cluster.JobAsync(two)).State) ? two : 0) != 0, 30, () => "the kernel kills neither");
        var job = await Cluster.EndedAsync(victim);
        Assert.Equal("OUT_OF_MEMORY", job.State);
        Assert.Contains("of all jobs of this user on this node together (user group)", job.Cause, StringComparison.Ordinal);
        Assert.Contains("this job was under its own limit", job.Cause, StringComparison.Ordinal);
        Assert.DoesNotContain("--mem", job.Cause, StringComparison.Ordinal);
        var step = (await Cluster.ExplainAsync(victim)).Steps[0];
        Assert.Equal("user", step.OomLevel);
        Assert.EndsWith($"/u{Uid(Users.Alice)}", step.OomGroup, StringComparison.Ordinal);
        // The user's other job goes on, unless the kernel was asked for memory again before it had the victim's back: then the level is to blame for that one, too.
        var other = await Cluster.JobAsync(victim == one ? two : one);
        Assert.True(other.State == "RUNNING" || (other.State == "OUT_OF_MEMORY" && other.Cause.Contains("(user group)", StringComparison.Ordinal)), $"{other.State} {other.Cause}");
        foreach (var id in (uint[])[four, five]) Assert.Equal("RUNNING", (await Cluster.JobAsync(id)).State);
        await TestCluster.UntilAsync(async () => (await Limits(Users.Alice)).Notices.Any(n => n.JobId == victim && n.Sentence.Contains("user group", StringComparison.Ordinal)), 10, () => "no message of it");
        await EndAll();
        await Cluster.RunAsAsync(Users.Alice, "check-limits", []);
    }

    private static string Flat(string text) => Spaces().Replace(text, " ");

    [GeneratedRegex(@"\s+")] private static partial Regex Spaces();

    [Fact]
    public async Task Limits_change_while_jobs_run_with_a_receipt_and_the_audit_agrees_also_after_restarts()
    {
        await EndAll();
        var one = await Submit(Users.Alice, 200);
        await Cluster.RunningAsync(one);
        var level = LevelFile(Users.Alice);
        var file = Path.Combine(Cluster.Work, "limits-new.yaml");
        var more = TierCluster.Tiers.Replace("memory: 400M", "memory: 600M", StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, more);

        Assert.Equal(1, (await Cluster.RunAsAsync(Users.Alice, "stint", ["limits", "apply", file])).ExitCode);
        var dry = await Cluster.RunAsync("stint", "limits", "apply", "--dry-run", file);
        Assert.True(dry.ExitCode == 0 && dry.Output.Contains("changed tier student\n    user memory: 400 MB → 600 MB", StringComparison.Ordinal), dry.ToString());
        Assert.Contains($"{Users.Alice}, with job {one}, stays in tier student", dry.Output, StringComparison.Ordinal);
        Assert.Equal($"{432 << 20}", (await File.ReadAllTextAsync(level)).Trim());

        var applied = await Cluster.RunAsync("stint", "limits", "apply", file);
        Assert.True(applied.ExitCode == 0 && applied.Output.EndsWith("In force.\n", StringComparison.Ordinal), applied.ToString());
        Assert.Contains($"{632 << 20}", applied.Output, StringComparison.Ordinal);
        Assert.Equal($"{632 << 20}", (await File.ReadAllTextAsync(level)).Trim());

        // A limit below what is held, a tier that goes while it is in use, a mistake: all as before.
        foreach (var (yaml, says) in new[]
        {
            (more.Replace("memory: 600M", "memory: 100M", StringComparison.Ordinal).Replace("memory: 300M }, user", "memory: 50M }, user", StringComparison.Ordinal), $"memory: {Users.Alice} holds 200 MB in 1 job ({one}); tier student would allow 100 MB"),
            (more.Replace("name: student", "name: freshman", StringComparison.Ordinal).Replace("default_tier: student", "default_tier: freshman", StringComparison.Ordinal), $"tier student is in use and cannot go: {Users.Alice} has job {one}"),
            (more.Replace("pids: 2000", "pidz: 2000", StringComparison.Ordinal), $"{file}:2: unknown key 'pidz'"),
        })
        {
            await File.WriteAllTextAsync(file, yaml);
            var refused = await Cluster.RunAsync("stint", "limits", "apply", file);
            Assert.True(refused.ExitCode == 1 && (refused.Output + refused.Error).Contains(says, StringComparison.Ordinal), refused.ToString());
            Assert.Equal($"{632 << 20}", (await File.ReadAllTextAsync(level)).Trim());
        }

        await AuditAgrees(level, $"{632 << 20}");
        TestCluster.KillNow(Cluster.Pid("agent-n1"));
        await Cluster.UpAsync();
        await Linked();
        await AuditAgrees(level, $"{632 << 20}");
        TestCluster.KillNow(Cluster.Pid("server"));
        await Cluster.UpAsync();
        await Linked();
        Assert.Equal(600L << 20, (await Limits(Users.Alice)).Limits.First(l => l.Resource == "memory").Limit);
        await AuditAgrees(level, $"{632 << 20}");

        // Back to the configuration's own: its file goes, and Slurm's command reads again.
        await EndAll();
        File.Delete(Path.Combine(Cluster.Home, "limits.yaml"));
        var reread = await Cluster.RunAsync("scontrol", "reconfigure");
        Assert.True(reread.ExitCode == 0, reread.ToString());
        Assert.Equal(400L << 20, (await Limits(Users.Alice)).Limits.First(l => l.Resource == "memory").Limit);
    }

    private Task Linked() => TestCluster.UntilAsync(async () => (await Cluster.RunAsync("sinfo", "-h", "-o", "%t")).Output.Trim() is "mix" or "idle" or "alloc", 30, () => "the node is not linked");

    /// <summary>Something is put out of place beside it: once the audit has repaired that, it has looked at all of the level and left this as it was.</summary>
    private async Task AuditAgrees(string level, string value)
    {
        var pids = Path.Combine(Path.GetDirectoryName(level)!.Replace("/memory/", "/pids/", StringComparison.Ordinal), "pids.max");
        await File.WriteAllTextAsync(pids, "1500");
        using var http = Cluster.Http();
        (await http.PostAsync("http://stint/api/v1/nodes/n1/audit", null)).EnsureSuccessStatusCode();
        await TestCluster.UntilAsync(async () => (await File.ReadAllTextAsync(pids)).Trim() == "2000", 20, () => "the audit does not put pids.max right");
        Assert.Equal(value, (await File.ReadAllTextAsync(level)).Trim());
        var events = JsonSerializer.Deserialize(await http.GetStringAsync("http://stint/api/v1/nodes/events"), ApiJson.Default.NodeEventList)!;
        Assert.All(events.Events.Where(e => e.Kind == "drift"), e => Assert.Contains("pids.max", e.Sentence, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_limits_greeting_denial_and_JSON_say_the_same()
    {
        await EndAll();
        var one = await Submit(Users.Alice, 200);
        var two = await Submit(Users.Alice, 128);
        await Cluster.RunningAsync(one);
        await Cluster.RunningAsync(two);
        var three = await Submit(Users.Alice, 100);
        await Waits(three);
        await TestCluster.UntilAsync(async () => (await Limits(Users.Alice)).Limits.First(l => l.Resource == "pids").Used > 0, 40, () => "the node does not say how many processes run");
        var sentence = $"memory over your limit. You hold 328 MB in 2 jobs ({one}, {two}); this asks for 100 MB; tier student allows 400 MB";
        const string remedy = "Cancel a job, ask for ≤ 72 MB, or ask help@lab";

        var (text, json) = (await Cluster.RunAsAsync(Users.Alice, "check-limits", []), await Limits(Users.Alice));
        var pids = json.Limits.First(l => l.Resource == "pids").Used;
        var golden = $"""
            Limits of {Users.Alice}: tier student (the default); a job over them waits; for more ask help@lab
              CPUs            [##------------------]  2 of 20               18 free       4 per job
              memory          [################----]  328 MB of 400 MB      72 MB free    300 MB per job
              jobs            [########------------]  2 of 5                3 free
              processes       [#-------------------]  {$"{pids} of 2000",-20}  {$"{2000 - pids} free",-12}  on each node

            Held by
              job {one} train: 1 CPU, 200 MB; running on n1
              job {two} train: 1 CPU, 128 MB; running on n1

            Waiting
              job {three} train: {sentence}. {remedy}.

            """.ReplaceLineEndings("\n");
        Assert.Equal(Normal(golden), Normal(text.Output));
        Assert.Equal(text.Output, (await Cluster.RunAsync("stint", "limits", "--user", Users.Alice)).Output);

        var memory = json.Limits.First(l => l.Resource == "memory");
        Assert.Equal((328L << 20, 400L << 20, 72L << 20, 300L << 20), (memory.Used, memory.Limit, memory.Free, memory.PerJob));
        Assert.Equal((sentence, remedy), (json.Waiting[0].Sentence, json.Waiting[0].Remedy));

        using var http = Cluster.Http();
        var web = JsonSerializer.Deserialize(await http.GetStringAsync($"http://stint/api/v1/limits?user={Users.Alice}"), ApiJson.Default.LimitsView)!;
        Assert.Equal(Normal(JsonSerializer.Serialize(json with { NowMs = 0 }, ApiJson.Default.LimitsView)), Normal(JsonSerializer.Serialize(web with { NowMs = 0 }, ApiJson.Default.LimitsView)));

        var greeting = "";
        await TestCluster.UntilAsync(async () => Normal(greeting = await GreetingAsync(Users.Alice, "bash")).Contains("1 job waiting", StringComparison.Ordinal), 20, () => $"the greeting is\n{greeting}");
        Assert.Equal(Normal(golden.Split("\n\nHeld by")[0] + "\n1 job waiting; check-limits says why\n"), Normal(greeting));

        // What a tier that refuses would say at submission, and what explain says, are the same words.
        Assert.Contains($"{sentence}", Flat((await Cluster.RunAsAsync(Users.Alice, "stint", ["explain", $"{three}"])).Output), StringComparison.Ordinal);
        await EndAll();
    }

    /// <summary>The processes that run are counted by the kernel and may be one more a moment later.</summary>
    private static string Normal(string text) => PidsUsed().Replace(PidsRow().Replace(text, "  processes"), "pids");

    [GeneratedRegex(@"  processes +\[.*")] private static partial Regex PidsRow();
    [GeneratedRegex("\"resource\":\"pids\".*?\"isReserved\"")] private static partial Regex PidsUsed();

    private static string Snippet()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Stint.slnx"))) folder = Path.GetDirectoryName(folder)!;
        return File.ReadAllText(Path.Combine(folder, "examples/profile.d/stint.sh"));
    }

    /// <summary>As a login would: an interactive shell that finds no program at all.</summary>
    private async Task<string> GreetingAsync(string user, string shell)
    {
        var snippet = Path.Combine(Cluster.Work, "stint.sh");
        await File.WriteAllTextAsync(snippet, Snippet());
        var result = await Cluster.RunAsAsync(user, "env", [$"PATH=/nonexistent", $"/bin/{shell}", .. shell == "bash" ? (string[])["--norc", "--noprofile"] : [], "-i", "-c", $". {snippet}"], input: "");
        Assert.DoesNotContain("not found", result.Error, StringComparison.Ordinal);
        return result.Output;
    }

    [Fact]
    public async Task The_greeting_tells_what_happened_until_it_was_seen_is_private_and_takes_under_20_ms()
    {
        var id = await Cluster.SubmitAsync(Users.Bob, "--mem=64M", "-J", "hog", "-o", "/dev/null", "--wrap", "python3 -c 'bytearray(200 << 20)'");
        Assert.Equal("OUT_OF_MEMORY", (await Cluster.EndedAsync(id)).State);
        var greeting = "";
        await TestCluster.UntilAsync(async () => (greeting = await GreetingAsync(Users.Bob, "sh")).Contains($"job {id} (hog) ended OUT_OF_MEMORY: memory: limit 64 MiB (job group)", StringComparison.Ordinal), 20, () => $"the greeting is\n{greeting}");
        Assert.Contains("Since you last looked\n", greeting, StringComparison.Ordinal);

        var file = Path.Combine(Cluster.Home, "greetings", Uid(Users.Bob).ToString(CultureInfo.InvariantCulture));
        Assert.Equal(1, (await Cluster.RunAsAsync(Users.Alice, "cat", [file])).ExitCode);
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(file));

        var snippet = Path.Combine(Cluster.Work, "stint.sh");
        var measured = await Cluster.RunAsAsync(Users.Bob, "env", ["PATH=/nonexistent", "/bin/bash", "--norc", "--noprofile", "-i", "-c",
            $"for i in 1 2 3 4 5 6 7 8 9; do a=${{EPOCHREALTIME/./}}; . {snippet} >/dev/null; b=${{EPOCHREALTIME/./}}; echo $((b - a)); done"], input: "");
        var fastest = measured.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => int.Parse(line, CultureInfo.InvariantCulture)).Order().ToList();
        var line = string.Create(CultureInfo.InvariantCulture, $"measured: greeting at login {fastest[4]} µs (median of 9), {fastest[0]} µs (fastest)");
        if (Environment.GetEnvironmentVariable("STINT_MEASURED") is { Length: > 0 } path) await File.AppendAllTextAsync(path, line + "\n");
        Assert.True(fastest[4] < 20_000, line);

        Assert.Contains($"job {id} (hog) ended OUT_OF_MEMORY", (await Cluster.RunAsAsync(Users.Bob, "check-limits", [])).Output, StringComparison.Ordinal);
        await TestCluster.UntilAsync(async () => !(await GreetingAsync(Users.Bob, "bash")).Contains("Since you last", StringComparison.Ordinal), 20, () => "it is told again");
    }
}
