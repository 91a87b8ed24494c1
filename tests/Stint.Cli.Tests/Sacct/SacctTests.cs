using System.Text;
using System.Text.Json;
using Stint.Cli.Slurm.Sacct;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Sacct;

public class SacctTests
{
    private static long At(string time) => SampleCluster.At(time);

    private static StepView Step(string id, string name, string state, string node, uint cpus, string start, string end, int code = 0, int signal = 0) => new()
    {
        StepId = id, Name = name, State = state, NodeList = node, Nodes = node.Contains('[') ? 2u : 1u, Tasks = 1, Cpus = cpus, MemoryBytes = cpus * 16 * SampleCluster.Mebi,
        StartMs = At(start), EndMs = At(end), ExitCode = code, Signal = signal,
    };

    /// <summary>A job cancelled by root on two nodes, one that succeeded, one that waits, a running task, failures, and one cancelled before it began.</summary>
    private static readonly JobView[] History =
    [
        SampleCluster.Train with
        {
            State = "CANCELLED", CancelledBy = 0, EndMs = At("01:19:42"),
            Steps = [Step("1.batch", "batch", "CANCELLED", "n1", 6, "01:18:20", "01:19:42", 0, 15) with { PeakMemoryBytes = 4708 * 1024, CpuUserUs = 20_000, CpuSystemUs = 8_000, MemoryBytes = 2 * SampleCluster.Gibi },
                Step("1.0", "bash", "COMPLETED", "n[1-2]", 12, "01:18:21", "01:18:21") with { Tasks = 4, CpuUserUs = 39_000, MemoryBytes = 4 * SampleCluster.Gibi }],
        },
        SampleCluster.Pending(6, "gpu", "PartitionConfig", 1, 3_600_000) with { Tasks = 1000, Cpus = 1000 },
        SampleCluster.Task(10, 0, "c2") with { Steps = [Step("2_0.batch", "batch", "RUNNING", "c2", 1, "01:18:20", "01:18:20")] },
        SampleCluster.Running(15, "cpu", "c16", 1, 60_000) with { State = "FAILED", ExitCode = 3, StartMs = At("01:18:21"), EndMs = At("01:18:21"), Steps = [Step("15.batch", "batch", "FAILED", "c16", 1, "01:18:21", "01:18:21", 3)] },
        SampleCluster.Pending(24, "cpu", "None", 1, 60_000) with { Name = "nosuchcommand", State = "CANCELLED", CancelledBy = 2001, EndMs = At("01:19:06") },
    ];

    private static CommandRun Run(uint uid = 0) => SampleCluster.Run(new Client.FakeApi().On("/api/v1/history/jobs", new HistoryList(At("01:19:48"), History, null)).On("/api/v1/ping", SampleCluster.Ping), uid);
    private static Task<CommandRun> Sacct(params string[] arguments) => Run().RunAsync(SacctCommand.RunAsync, "sacct", arguments);

    [Fact]
    public async Task The_default_list_has_jobs_and_their_steps() => Assert.Equal(SampleCluster.Lines("""
        JobID           JobName  Partition    Account  AllocCPUS      State ExitCode 
        ------------ ---------- ---------- ---------- ---------- ---------- -------- 
        1                 train        gpu    physics         12 CANCELLED+      0:0 
        1.batch           batch               physics          6  CANCELLED     0:15 
        1.0                bash               physics         12  COMPLETED      0:0 
        6                  wrap        gpu    physics       1000    PENDING      0:0 
        2_0                 arr        cpu    physics          1    RUNNING      0:0 
        2_0.batch         batch               physics          1    RUNNING      0:0 
        15                 wrap        cpu    physics          1     FAILED      3:0 
        15.batch          batch               physics          1     FAILED      3:0 
        24           nosuchcom+        cpu    physics          1 CANCELLED+      0:0 
        """), (await Sacct("-S", "now-1hour")).Out);

    [Fact]
    public async Task Brief_and_allocations_only() => Assert.Equal(SampleCluster.Lines("""
        JobID             State ExitCode 
        ------------ ---------- -------- 
        1            CANCELLED+      0:0 
        6               PENDING      0:0 
        2_0             RUNNING      0:0 
        15               FAILED      3:0 
        24           CANCELLED+      0:0 
        """), (await Sacct("-b", "-X")).Out);

    [Fact]
    public async Task Parsable_fields_are_whole() => Assert.Equal(SampleCluster.Lines("""
        JobID|JobName|State|ExitCode|Elapsed|MaxRSS|AllocTRES|ReqTRES|NodeList|Submit|Start|End|Reason
        1|train|CANCELLED by 0|0:0|00:01:22||billing=12,cpu=12,mem=4G,node=2|billing=12,cpu=12,mem=4G,node=2|n[1-2]|2026-11-22T01:18:20|2026-11-22T01:18:20|2026-11-22T01:19:42|None
        1.batch|batch|CANCELLED|0:15|00:01:22|4708K|cpu=6,mem=2G,node=1||n1|2026-11-22T01:18:20|2026-11-22T01:18:20|2026-11-22T01:19:42|
        1.0|bash|COMPLETED|0:0|00:00:00||cpu=12,mem=4G,node=2||n[1-2]|2026-11-22T01:18:21|2026-11-22T01:18:21|2026-11-22T01:18:21|
        6|wrap|PENDING|0:0|00:00:00|||billing=1000,cpu=1000,mem=16000M,node=1|None assigned|2026-11-22T01:18:20|Unknown|Unknown|PartitionConfig
        2_0|arr|RUNNING|0:0|00:01:28||billing=1,cpu=1,mem=16M,node=1|billing=1,cpu=1,mem=16M,node=1|c2|2026-11-22T01:18:20|2026-11-22T01:18:20|Unknown|None
        2_0.batch|batch|RUNNING|0:0|00:01:28||cpu=1,mem=16M,node=1||c2|2026-11-22T01:18:20|2026-11-22T01:18:20|Unknown|
        15|wrap|FAILED|3:0|00:00:00||billing=1,cpu=1,mem=16M,node=1|billing=1,cpu=1,mem=16M,node=1|c16|2026-11-22T01:18:20|2026-11-22T01:18:21|2026-11-22T01:18:21|NonZeroExitCode
        15.batch|batch|FAILED|3:0|00:00:00||cpu=1,mem=16M,node=1||c16|2026-11-22T01:18:21|2026-11-22T01:18:21|2026-11-22T01:18:21|
        24|nosuchcommand|CANCELLED by 2001|0:0|00:00:00|||billing=1,cpu=1,mem=16M,node=1|None assigned|2026-11-22T01:18:20|None|2026-11-22T01:19:06|None
        """).Replace("|2026-11-22T01:18:21|NonZeroExitCode", "|2026-11-22T01:18:21|None", StringComparison.Ordinal),
        (await Sacct("-P", "-a", "-o", "JobID,JobName,State,ExitCode,Elapsed,MaxRSS,AllocTRES,ReqTRES,NodeList,Submit,Start,End,Reason")).Out);

    [Fact]
    public async Task Widths_are_chosen_with_percent() => Assert.Equal(SampleCluster.Lines("""
                       JobID                          State      User    Account   TotalCPU     ReqMem     AveRSS 
        -------------------- ------------------------------ --------- ---------- ---------- ---------- ---------- 
                           1                 CANCELLED by 0     alice    physics  00:00.067         4G            
                     1.batch                      CANCELLED              physics  00:00.028                 4708K 
                         1.0                      COMPLETED              physics  00:00.039                       
        """), (await Sacct("-j", "1", "--format=JobID%20,State%30,User,Account,TotalCPU,ReqMem,AveRSS")).Out);

    [Theory]
    [InlineData("jobname%-8,state%-6,exitcode", "train    CANCE+      0:0 ")]
    [InlineData("JOBIDRAW,elapsedraw,CPUTime,CPUTimeRAW,TimelimitRaw,Timelimit", "1                    82   00:16:24        984           30   00:30:00 ")]
    [InlineData("nnodes,allocnodes,ncpus,uid,gid,group,restarts", "       2          2         12   2001   2001     alice        0 ")]
    public async Task Fields_of_a_job(string format, string expected) => Assert.Equal(expected + "\n", (await Sacct("-n", "-X", "-j", "1", "-o", format)).Out);

    [Fact]
    public async Task Delimiters()
    {
        Assert.Equal("1|CANCELLED by 0|\n", (await Sacct("-n", "-X", "-j", "1", "-p", "-o", "jobid,state")).Out);
        Assert.Equal("1::CANCELLED by 0\n", (await Sacct("-n", "-X", "-j", "1", "-P", "--delimiter=::", "-o", "jobid,state")).Out);
    }

    [Fact]
    public async Task A_step_can_be_named() => Assert.Equal("1.batch|batch\n", (await Sacct("-n", "-P", "-j", "1.batch", "-o", "jobid,jobname")).Out);

    [Fact]
    public async Task All_fields_are_listed_and_printed()
    {
        var list = await Sacct("-e");
        Assert.StartsWith("Account             AdminComment        AllocCPUS           AllocNodes         \nAllocTRES           AssocID ", list.Out, StringComparison.Ordinal);
        var all = await Sacct("-P", "-o", "ALL", "-j", "1");
        Assert.All(all.Out.TrimEnd('\n').Split('\n'), line => Assert.Equal(HistoryFields.All.Length - 1, line.Count(c => c == '|')));
        var longList = await Sacct("-l", "-j", "1");
        Assert.StartsWith("JobID        JobIDRaw        JobName  Partition  MaxVMSize  MaxVMSizeNode  MaxVMSizeTask  AveVMSize     MaxRSS MaxRSSNode MaxRSSTask     AveRSS MaxPages MaxPagesNode   MaxPagesTask   AvePages     MinCPU MinCPUNode MinCPUTask     AveCPU   NTasks  AllocCPUS    Elapsed      State ExitCode AveCPUFreq ReqCPUFreqMin ReqCPUFreqMax ReqCPUFreqGov     ReqMem ConsumedEnergy ", longList.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Invalid field requested: \"bogus\"\n", "-o", "jobid,bogus")]
    [InlineData("sacct: fatal: unrecognized job state value 'bogus'\n", "-s", "bogus")]
    [InlineData("Invalid time specification (pos=0): zzz\n", "-S", "zzz")]
    [InlineData("sacct: unrecognized option '--bogus'\n", "--bogus")]
    [InlineData("sacct: fatal: Bad job/step specified: x\n", "-j", "x")]
    [InlineData("sacct: fatal: Invalid user id: no-such-user-here\n", "-u", "no-such-user-here")]
    public async Task Bad_values_are_refused_in_Slurm_s_words(string error, params string[] arguments)
    {
        var run = await Sacct(arguments);
        Assert.Equal((error, 1), (run.Error, run.Code));
    }

    [Theory]
    [InlineData(2001, "/api/v1/history/jobs?start_ms=1795305600000&end_ms=1795310309000")]
    [InlineData(2001, "/api/v1/history/jobs?user=root&partition=cpu&start_ms=1795305600000&end_ms=1795310309000", "-u", "root", "-r", "cpu")]
    [InlineData(0, "/api/v1/history/jobs?start_ms=1795305600000&end_ms=1795310309000")]
    [InlineData(2001, "/api/v1/history/jobs?job=12%2C7_3", "-j", "12,7_3.batch")]
    [InlineData(2001, "/api/v1/history/jobs?state=FAILED%2CTIMEOUT&start_ms=1795305600000&end_ms=1795309200000", "-a", "-s", "F,TO", "-S", "00:00", "-E", "01:00")]
    public async Task The_window_and_the_user_depend_on_what_is_asked(uint uid, string path, params string[] arguments)
    {
        var run = await Run(uid).RunAsync(SacctCommand.RunAsync, "sacct", arguments);
        Assert.Equal(path, run.Api.Requests[^1].Path);
    }

    [Fact]
    public async Task Pages_are_followed()
    {
        const string First = "/api/v1/history/jobs?start_ms=1795305600000&end_ms=1795310309000";
        var api = new Client.FakeApi().On(First + "&after=6", new HistoryList(SampleCluster.NowMs, [History[3]], null)).On(First, new HistoryList(SampleCluster.NowMs, [History[1]], 6));
        var run = await SampleCluster.Run(api, 0).RunAsync(SacctCommand.RunAsync, "sacct", "-n", "-X", "-P", "-o", "jobid");
        Assert.Equal("6\n15\n", run.Out);
    }

    [Fact]
    public async Task A_script_can_be_printed()
    {
        var run = SampleCluster.Run(new Client.FakeApi().On("/api/v1/jobs/1/script", "#!/bin/sh\n"));
        await run.RunAsync(SacctCommand.RunAsync, "sacct", "-B", "-j", "1");
        Assert.Equal("#!/bin/sh\n", Encoding.UTF8.GetString(run.RawOut.ToArray()));
        Assert.Equal($"Batch Script for 1\n{new string('-', 80)}\n\n", run.Out);
    }

    [Fact]
    public async Task Json_has_jobs_with_steps()
    {
        using var json = JsonDocument.Parse((await Sacct("--json", "-j", "1")).Out);
        var job = Assert.Single(json.RootElement.GetProperty("jobs").EnumerateArray().ToList());
        Assert.Equal("CANCELLED", job.GetProperty("state").GetProperty("current")[0].GetString());
        Assert.Equal(2, job.GetProperty("steps").GetArrayLength());
    }
}
