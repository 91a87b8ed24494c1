using System.Text.Json;
using Stint.Cli.Admin;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Admin;

public class ExplainTests
{
    private const string Group = "/sys/fs/cgroup/memory/stint/n1/u2001/j42/memory.limit_in_bytes";

    private static readonly JobView Hog = SampleCluster.Running(42, "gpu", "n1", 1, 600_000) with
    {
        Name = "hog", State = "OUT_OF_MEMORY", Reason = "OutOfMemory", MemoryPerCpuBytes = null, MemoryPerNodeBytes = 64 * SampleCluster.Mebi, MemoryBytes = 64 * SampleCluster.Mebi,
        EndMs = SampleCluster.At("01:18:22"), ExitCode = 0, Signal = 9, Cause = "The kernel killed it at the job's memory limit of 64M.",
        Shares = [new NodeShareView("n1", [0], 64 * SampleCluster.Mebi, 1)],
    };

    private static readonly StepReceiptView Receipt = new()
    {
        StepId = "42.batch", Node = "n1", Kernel = "cgroup v1", State = "OUT_OF_MEMORY", PeakMemoryBytes = 64 * SampleCluster.Mebi, MemoryLimitBytes = 64 * SampleCluster.Mebi, OomKills = 1,
        OomLevel = "job", OomGroup = "stint/n1/u2001/j42", PidsPeak = 3, CpuUserUs = 120_000, CpuSystemUs = 30_000,
        Rows =
        [
            new("memory", "64M", "64M", Group, "67108864", "67108864", true, ""), new("cpu", "1", "1 (CPU 0)", "/sys/fs/cgroup/cpuset/stint/n1/u2001/j42/cpuset.cpus", "0", "0", true, ""),
            new("disk", "", "", "", "", "", false, "no project quota on /"),
        ],
        Notes = ["declared capacity beyond this machine is not real"],
    };

    private static Task<CommandRun> Explain(JobView job, StepReceiptView[] steps, int columns, params string[] more) => SampleCluster.Run(
        new Client.FakeApi().On($"/api/v1/jobs/{job.JobId}/explain", new ExplainView { Job = job, Steps = steps }).On("/api/v1/jobs", new JobList(SampleCluster.NowMs, [job, .. SampleCluster.Jobs]))
            .On("/api/v1/nodes", new NodeList(SampleCluster.NowMs, SampleCluster.Nodes)).On("/api/v1/ping", SampleCluster.Ping), columns: columns)
        .RunAsync(Verbs.Find("explain")!.RunAsync, "explain", [job.ArrayTaskId is { } task ? $"{job.ArrayJobId}_{task}" : $"{job.JobId}", .. more]);

    [Fact]
    public async Task A_job_killed_at_its_limit_is_explained_from_request_to_kernel()
    {
        var run = await Explain(Hog, [Receipt], 80);
        Assert.Equal("""
            Job 42 hog of alice: OUT_OF_MEMORY after 0:02 on n1

              asked   1 node, 1 task × 1 CPU, 64M on each node, 10:00 at most, partition gpu
              given   n1: CPU 0, 64M
              cause   The kernel killed it at the job's memory limit of 64M.
              memory  limit 64M, peak 64M; the limit that was hit is the job's
                      (stint/n1/u2001/j42); 1 process killed
              advice  It needs more than 64M: try --mem=128M. The peak of a run that
                      succeeds tells you the exact need.

            Step 42.batch on n1 (cgroup v1): OUT_OF_MEMORY
              RESOURCE  REQUESTED  ALLOCATED   WRITTEN  READ BACK  ENFORCED
              memory    64M        64M        67108864   67108864  ✓
                /sys/fs/cgroup/memory/stint/n1/u2001/j42/memory.limit_in_bytes
              cpu       1          1 (CPU 0)         0          0  ✓
                /sys/fs/cgroup/cpuset/stint/n1/u2001/j42/cpuset.cpus
              disk      -          -                 -          -  NOT
                no project quota on /
              used    memory 64M at its peak of 64M (100 %); CPU 0.12 s user, 0.03 s system;
                      3 processes at once
              note    declared capacity beyond this machine is not real

            """, run.Out);
        Assert.All(run.Out.Split('\n'), line => Assert.True(line.Length <= 80, line));
    }

    [Fact]
    public async Task A_wide_terminal_has_the_kernel_s_files_in_the_table()
    {
        var run = await Explain(Hog, [Receipt], 160);
        Assert.Contains("  RESOURCE  REQUESTED  ALLOCATED  KERNEL FILE                                                      WRITTEN  READ BACK  ENFORCED\n", run.Out, StringComparison.Ordinal);
        Assert.Contains($"  memory    64M        64M        {Group}  67108864   67108864  ✓\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("NOT: no project quota on /\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_waiting_job_is_told_what_is_missing_where()
    {
        NodeView[] nodes = [SampleCluster.Nodes[2] with { State = "ALLOCATED", CpusAllocated = 15 }, SampleCluster.Nodes[3] with { State = "IDLE+DRAIN" }];
        var job = SampleCluster.Pending(50, "gpu", "Resources", 1, 0) with { Tasks = 4, Cpus = 4, ReasonDetail = "4 CPUs are not free on any node" };
        var run = await SampleCluster.Run(new Client.FakeApi().On("/api/v1/jobs/50/explain", new ExplainView { Job = job }).On("/api/v1/jobs", new JobList(SampleCluster.NowMs, [job]))
            .On("/api/v1/nodes", new NodeList(SampleCluster.NowMs, nodes)).On("/api/v1/ping", SampleCluster.Ping)).RunAsync(Verbs.Find("explain")!.RunAsync, "explain", "50");
        Assert.Equal("""
            Job 50 wrap of alice: PENDING for 0:09

              asked   1 node, 4 tasks × 1 CPU, 16M for each CPU, no time limit, partition
                      gpu
              waits   Resources: 4 CPUs are not free on any node
              needs   4 CPUs and 64M on one node
              NODE  STATE      FREE CPUS  FREE MEMORY  WOULD DO
              n2    drained           16        19.5G  no: drained
              n1    allocated          1        19.5G  no: 3 CPUs short
              starts  when running jobs have freed what is missing

            """, run.Out);
    }

    [Fact]
    public async Task A_request_that_no_node_can_meet_is_told_so()
    {
        var run = await Explain(SampleCluster.Pending(51, "gpu", "PartitionConfig", 1, 0) with { MemoryPerNodeBytes = 900 * SampleCluster.Gibi, MemoryPerCpuBytes = null }, [], 80);
        Assert.Contains("never as it is: the largest node of partition gpu has 16 CPUs and", run.Out.Replace("\n          ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("JobHeldUser", "when it is released: scontrol release 52")]
    [InlineData("Priority", "a higher priority in partition gpu")]
    [InlineData("Dependency", "when what it depends on has ended as asked: afterok:1")]
    [InlineData("DependencyNeverSatisfied", "scancel 52")]
    [InlineData("BeginTime", "not before 2026-11-22T01:18:20")]
    [InlineData("PartitionDown", "when an admin opens partition gpu again")]
    [InlineData("None", "the scheduler has not looked at it yet")]
    public async Task Every_reason_says_what_would_start_it(string reason, string says)
    {
        var run = await Explain(SampleCluster.Pending(52, "gpu", reason, 1, 0) with { Dependency = "afterok:1" }, [], 80);
        Assert.Contains(says, run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TIMEOUT", "", "It ran into its time limit of 10:00.", "--signal=B:USR1@60")]
    [InlineData("FAILED", "", "It ended with exit code 3.", "stint logs 42")]
    [InlineData("CANCELLED", "", "Cancelled by root.", "")]
    [InlineData("NODE_FAIL", "n1 stopped answering", "n1 stopped answering", "back into the queue")]
    [InlineData("COMPLETED", "", "It ended with exit code 0.", "")]
    public async Task Every_end_has_a_cause_and_advice(string state, string cause, string sentence, string advice)
    {
        var run = await Explain(Hog with { State = state, Cause = cause, ExitCode = state == "FAILED" ? 3 : 0, Signal = 0, CancelledBy = state == "CANCELLED" ? 0u : null }, [], 80);
        Assert.Contains($"  cause   {sentence}", run.Out, StringComparison.Ordinal);
        Assert.Contains(advice, run.Out, StringComparison.Ordinal);
        Assert.Equal(advice.Length > 0, run.Out.Contains("  advice  ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("user", "All your jobs on the node together")]
    [InlineData("node", "The node itself ran out of memory")]
    public async Task The_level_that_killed_decides_the_advice(string level, string advice) =>
        Assert.Contains(advice, (await Explain(Hog, [Receipt with { OomLevel = level }], 100)).Out, StringComparison.Ordinal);

    [Fact]
    public async Task A_step_can_be_chosen_and_a_missing_one_is_said()
    {
        var other = Receipt with { StepId = "42.0" };
        var run = SampleCluster.Run(new Client.FakeApi().On("/api/v1/jobs/42/explain", new ExplainView { Job = Hog, Steps = [Receipt, other] }).On("/api/v1/jobs", new JobList(0, [Hog])).On("/api/v1/ping", SampleCluster.Ping));
        await run.RunAsync(Verbs.Find("explain")!.RunAsync, "explain", "42.0");
        Assert.Contains("Step 42.0 on", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("Step 42.batch", run.Out, StringComparison.Ordinal);
        await run.RunAsync(Verbs.Find("explain")!.RunAsync, "explain", "42.7");
        Assert.Equal("stint explain: job 42 has no step 7 that has started\n", run.Error);
    }

    [Fact]
    public async Task Json_is_the_api_s_own_shape()
    {
        using var json = JsonDocument.Parse((await Explain(Hog, [Receipt], 80, "--json")).Out);
        Assert.Equal(67108864ul, json.RootElement.GetProperty("steps")[0].GetProperty("memoryLimitBytes").GetUInt64());
    }

    [Fact]
    public async Task A_task_of_an_array_is_found_by_its_array_id() => Assert.StartsWith("Job 2_1 arr of alice: RUNNING for 0:09 on c2\n", (await Explain(SampleCluster.Task(11, 1, "c2"), [], 80)).Out, StringComparison.Ordinal);
}
