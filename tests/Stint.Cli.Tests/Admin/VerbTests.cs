using System.Text;
using System.Text.Json;
using Stint.Cli.Admin;
using Stint.Cli.Client;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Admin;

public class VerbTests
{
    private static Task<CommandRun> Stint(CommandRun run, string verb, params string[] arguments) => run.RunAsync(Verbs.Find(verb)!.RunAsync, verb, arguments);

    [Fact]
    public async Task Status_is_one_page()
    {
        NodeView[] nodes = [SampleCluster.Nodes[2] with { State = "MIXED", CpusAllocated = 4, MemoryAllocatedBytes = 2 * SampleCluster.Gibi }, SampleCluster.Nodes[3] with { State = "IDLE+DRAIN", Reason = "bad fan" }];
        var run = await Stint(SampleCluster.Run(new Client.FakeApi().On("/api/v1/jobs", new JobList(SampleCluster.NowMs, SampleCluster.Jobs)).On("/api/v1/nodes", new NodeList(SampleCluster.NowMs, nodes)).On("/api/v1/ping", SampleCluster.Ping with { HistorySequence = 117 })), "status");
        Assert.Equal("""
            scout: server on vm, Stint 0.1.0, up for 3 h 0 min

            Nodes    2: 1 mixed, 1 drained
            CPUs     [###---------------------]  4 of 32 given out (12 %)
            Memory   [#-----------------------]  2G of 39.1G given out (5 %)
            Jobs     4 running, 13 pending, 1 ended lately
                     waiting for: JobHeldUser 1, Dependency 1, Resources 1, PartitionConfig 1, PartitionTimeLimit 1, JobArrayTaskLimit 1, Priority 1
            Journal  120 records, history 3 records behind

            n2 is drained: bad fan

            """, run.Out);
    }

    [Fact]
    public async Task Colours_are_for_terminals_only_and_not_under_NO_COLOR()
    {
        var pipe = await Stint(SampleCluster.Run(Full()), "jobs");
        Assert.DoesNotContain('\u001b', pipe.Out);
        var terminal = await Stint(SampleCluster.Run(Full(), terminal: true), "jobs");
        Assert.Contains("\u001b[32mrunning\u001b[0m", terminal.Out, StringComparison.Ordinal);
        var plain = SampleCluster.Run(Full(), terminal: true);
        plain.Environment["NO_COLOR"] = "1";
        await Stint(plain, "jobs");
        Assert.Equal(pipe.Out, plain.Out);
    }

    [Fact]
    public async Task Jobs_says_where_or_why()
    {
        var run = await Stint(SampleCluster.Run(Full()), "jobs");
        Assert.Contains("1          train  alice  running  0:09       30:00    12      4G  n[1-2]\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("2_[3-9%3]  arr    alice  pending  0:00       10:00     1     16M  JobArrayTaskLimit\n", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("failed", run.Out, StringComparison.Ordinal);
        Assert.Contains("failed", (await Stint(SampleCluster.Run(Full()), "jobs", "-a")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nodes_say_what_they_cannot_enforce()
    {
        NodeView[] nodes = [SampleCluster.Nodes[0] with { Declared = true, Capabilities = [new("memory", true, "v1"), new("cpuset", true, ""), new("disk", false, "no project quota on /")] }];
        var brief = await Stint(SampleCluster.Run(SampleCluster.Api(nodes: nodes)), "nodes");
        Assert.Contains("memory cpuset\n", brief.Out, StringComparison.Ordinal);
        Assert.Contains("  not enforced here: disk\n", brief.Out, StringComparison.Ordinal);
        Assert.Contains("declared, not measured", brief.Out, StringComparison.Ordinal);
        var details = await Stint(SampleCluster.Run(SampleCluster.Api(nodes: nodes)), "nodes", "c2");
        Assert.Contains("  ✗ disk: no project quota on /\n", details.Out, StringComparison.Ordinal);
        Assert.Equal(1, (await Stint(SampleCluster.Run(), "nodes", "none")).Code);
    }

    [Fact]
    public async Task Token_prints_the_command_for_the_node()
    {
        var run = SampleCluster.Run(new Client.FakeApi().On("/api/v1/tokens", new TokenResponse("T0K", SampleCluster.NowMs + 2_700_000, new string('a', 64), "https://10.0.0.1:6817")));
        await Stint(run, "token", "--node", "n7", "--for", "45m");
        Assert.Contains($"  stint join https://10.0.0.1:6817 T0K --ca-fingerprint {new string('a', 64)} --node n7\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("works once, until 2026-11-22T02:03:29", run.Out, StringComparison.Ordinal);
        Assert.Equal(new TokenRequest("n7", 2700), run.Api.Body(0, ApiJson.Default.TokenRequest));
        Assert.Equal(1, (await Stint(SampleCluster.Run(), "token", "--for", "soon")).Code);
    }

    [Fact]
    public async Task Join_builds_the_agent_s_command_line()
    {
        var run = await Stint(SampleCluster.Run(), "join", "10.0.0.1:6817", "T0K", "--ca-fingerprint", new string('A', 64), "--node", "n7", "--print");
        Assert.Equal($"/stint-agent --home /var/lib/stint --node n7 --server https://10.0.0.1:6817 --token T0K --ca-fingerprint {new string('A', 64)}\n", run.Out);
        var bare = await Stint(SampleCluster.Run(), "join", "10.0.0.1:6817", "T0K");
        Assert.Equal(1, bare.Code);
        Assert.Contains("--ca-fingerprint is missing", bare.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await Stint(SampleCluster.Run(), "join", "ftp://x", "T0K", "--ca-fingerprint", new string('A', 64))).Code);
        Assert.Contains("must run as root", (await Stint(SampleCluster.Run(), "join", "x:1", "T", "--ca-fingerprint", new string('A', 64))).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stauts", "stint: 'stauts' is not a verb. Did you mean 'status'?\n")]
    [InlineData("expl", "stint: 'expl' is not a verb. Did you mean 'explain'?\n")]
    [InlineData("sbacth", "stint: 'sbacth' is not a verb. Did you mean 'sbatch'?\n")]
    [InlineData("xyzzy", "stint: 'xyzzy' is not a verb\n")]
    public async Task An_unknown_verb_gets_a_guess(string verb, string error)
    {
        var run = await SampleCluster.Run().RunAsync(CommandTable.NoSuchVerb, "stint", verb);
        Assert.Equal((error + "stint: `stint help` lists them\n", 1), (run.Error, run.Code));
    }

    [Fact]
    public async Task Help_names_every_verb_and_explains_each()
    {
        var all = await SampleCluster.Run().RunAsync(CommandTable.NoSuchVerb, "stint");
        Assert.All(Verbs.All, verb => Assert.Contains($"  {verb.Name}", all.Out, StringComparison.Ordinal));
        Assert.All(all.Out.Split('\n'), line => Assert.True(line.Length <= 110, line));
        foreach (var verb in Verbs.All)
        {
            var one = await Stint(SampleCluster.Run(), "help", verb.Name);
            Assert.StartsWith($"stint {verb.Name}: {verb.Summary}\n\nUsage: stint {verb.Name}", one.Out, StringComparison.Ordinal);
            Assert.Equal(one.Out, (await Stint(SampleCluster.Run(), verb.Name, "--help")).Out);
        }
    }

    [Fact]
    public async Task Words_too_many_or_too_few_show_the_usage()
    {
        Assert.Equal("stint explain: JOB[.STEP] is missing\nUsage: stint explain JOB[.STEP]\n", (await Stint(SampleCluster.Run(), "explain")).Error);
        Assert.Equal("stint status: 'x' is one word too many\nUsage: stint status\n", (await Stint(SampleCluster.Run(), "status", "x")).Error);
        Assert.Equal("stint jobs: unrecognized option '--bogus'\nUsage: stint jobs\n", (await Stint(SampleCluster.Run(), "jobs", "--bogus")).Error);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("jobs")]
    [InlineData("nodes")]
    public async Task Json_everywhere(string verb)
    {
        using var json = JsonDocument.Parse((await Stint(SampleCluster.Run(Full()), verb, "--json")).Out);
        Assert.True(json.RootElement.TryGetProperty("nowMs", out _));
    }

    [Fact]
    public async Task Refusals_come_with_their_remedy()
    {
        var run = SampleCluster.Run(new Client.FakeApi().On("/api", _ => new ApiRefusedException(403, new RefusalView("access_denied", "only operators issue tokens", "Ask your admin"))));
        await Stint(run, "token");
        Assert.Equal(("stint token: only operators issue tokens\nstint token: Ask your admin\n", 1), (run.Error, run.Code));
    }

    [Fact]
    public async Task Logs_prints_the_output_file_as_it_is()
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, [1, 2, 0xff, 10]);
            JobView[] jobs = [SampleCluster.Train with { StdOut = path }];
            var api = new Client.FakeApi().On("/api/v1/jobs", new JobList(SampleCluster.NowMs, jobs));
            var run = await Stint(SampleCluster.Run(api), "logs", "1");
            Assert.Equal((0, "\u0001\u0002\u00ff\n"), (run.Code, Encoding.Latin1.GetString(run.RawOut.ToArray())));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Logs_follows_until_the_job_ends_and_misses_nothing()
    {
        string path = Path.GetTempFileName();
        try
        {
            int asked = 0;
            var api = new Client.FakeApi().On("/api/v1/jobs", _ =>
            {
                asked++;
                // The fake is asked twice for each answer; what is appended before the last one is still read.
                File.AppendAllText(path, "x");
                return new JobList(SampleCluster.NowMs, [SampleCluster.Train with { StdOut = path, State = asked > 6 ? "COMPLETED" : "RUNNING" }]);
            });
            var run = new CommandRun { Api = api };
            await Stint(run, "logs", "-f", "1");
            Assert.Equal((0, asked), (run.Code, (int)run.RawOut.Length));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Logs_says_why_there_is_nothing()
    {
        var pending = await Stint(SampleCluster.Run(Full()), "logs", "3");
        Assert.Equal("stint logs: job 3 has not started (JobHeldUser); -f waits for it\n", pending.Error);
        var missing = await Stint(SampleCluster.Run(Full()), "logs", "1");
        Assert.StartsWith("stint logs: /home/alice/train-1.out: it is not there", missing.Error, StringComparison.Ordinal);
        var unknown = await Stint(SampleCluster.Run(new Client.FakeApi().On("/api/v1/jobs", new JobList(0, [])).On("/api/v1/history", new HistoryList(0, [], null))), "logs", "77");
        Assert.Equal("stint logs: there is no job 77, neither in the queue nor in the history\n", unknown.Error);
    }

    private static Client.FakeApi Full() => new Client.FakeApi().On("/api/v1/jobs", new JobList(SampleCluster.NowMs, SampleCluster.Jobs)).On("/api/v1/nodes", new NodeList(SampleCluster.NowMs, SampleCluster.Nodes)).On("/api/v1/ping", SampleCluster.Ping);
}
