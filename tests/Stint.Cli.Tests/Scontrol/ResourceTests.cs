using Stint.Cli.Slurm.Scontrol;
using Stint.Cli.Slurm.Sinfo;
using Stint.Cli.Slurm.Squeue;
using Stint.Cli.Tests.Client;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Scontrol;

/// <summary>Jobs and nodes with devices, features and licences, in the layouts of real outputs.</summary>
public class ResourceTests
{
    private static readonly JobView Train = SampleCluster.Train with
    {
        Qos = "normal", TresPerNode = "gres:gpu:a100:2", GresRequested = [new("gres/gpu", 4), new("gres/gpu:a100", 4)], GresAllocated = [new("gres/gpu", 4), new("gres/gpu:a100", 4)], Billing = 45,
        Shares = [.. SampleCluster.Train.Shares.Select(share => share with { Gres = "gpu:a100:2(IDX:0-1)" })],
    };

    private static readonly NodeView Node = SampleCluster.Node("n1", 2, 8, "MIXED", "gpu", "all") with
    {
        Features = ["a100", "nvlink"], Gres = "gpu:a100:4", GresUsed = "gpu:a100:2(IDX:0-1)", GresTotal = [new("gres/gpu", 4), new("gres/gpu:a100", 4)],
        GresAllocated = [new("gres/gpu", 2), new("gres/gpu:a100", 2)], CpusAllocated = 6, MemoryAllocatedBytes = 2 * SampleCluster.Gibi, Gpus = 4,
    };

    [Fact]
    public async Task A_job_s_devices_are_in_its_record()
    {
        var run = SampleCluster.Run(SampleCluster.Api([Train]).On("/api/v1/jobs/1/explain", new ExplainView { Job = Train }));
        await run.RunAsync(ScontrolCommand.RunAsync, "scontrol", "-d", "show", "job", "1");
        Assert.Contains("\n   AllocTRES=cpu=12,mem=4G,node=2,billing=45,gres/gpu=4,gres/gpu:a100=4\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("\n   JOB_GRES=gpu:a100:4\n     Nodes=n[1-2] CPU_IDs=0-2,8-10 Mem=2048 GRES=gpu:a100:2(IDX:0-1)\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("\n   TresPerNode=gres:gpu:a100:2\n", run.Out, StringComparison.Ordinal);
        Assert.Contains(" Account=physics QOS=normal\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_waiting_job_asked_for_is_in_its_record()
    {
        var job = SampleCluster.Pending(20, "gpu", "Resources", 5, 60_000) with
        {
            Constraint = "a100&nvlink", Prefer = "x", Reservation = "maint", Licenses = "matlab:2", PlannedStartMs = SampleCluster.At("01:48:20"), PlannedNodes = "n[1-4]", Contiguous = true,
            SwitchesMax = 2, SwitchesWaitMs = 60_000, CpusPerGpu = 4, MemoryPerGpuBytes = 1UL << 30, TresPerJob = "gres:gpu:8", DiskBytes = 1UL << 30, CoreSpec = 1, TimeMinMs = 30_000,
            DeadlineMs = SampleCluster.At("03:00:00"), SocketsPerNode = 2,
        };
        var run = SampleCluster.Run(SampleCluster.Api([job]));
        await run.RunAsync(ScontrolCommand.RunAsync, "scontrol", "show", "job", "20");
        foreach (string line in (string[])["NodeList= SchedNodeList=n[1-4]", "Features=a100&nvlink DelayBoot=00:00:00", "Prefer=x", "Reservation=maint", "TresPerJob=gres:gpu:8", "Switches=2@00:01:00",
            "CpusPerTres=gres:gpu:4", "MemPerTres=gres:gpu:1024", "StartTime=2026-11-22T01:48:20 EndTime=2026-11-22T01:49:20 Deadline=2026-11-22T03:00:00"])
            Assert.Contains($"\n   {line}\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("Contiguous=1 Licenses=matlab:2 LicensesAlloc=(null)", run.Out, StringComparison.Ordinal);
        Assert.Contains("MinTmpDiskNode=1G\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("CoreSpec=1\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_s_features_and_devices_are_in_its_record()
    {
        var run = SampleCluster.Run(SampleCluster.Api(nodes: [Node]));
        await run.RunAsync(ScontrolCommand.RunAsync, "scontrol", "-d", "show", "node", "n1");
        foreach (string line in (string[])["AvailableFeatures=a100,nvlink", "Gres=gpu:a100:4", "GresUsed=gpu:a100:2(IDX:0-1)", "AllocTRES=cpu=6,mem=2G,gres/gpu=2,gres/gpu:a100=2"])
            Assert.Contains($"\n   {line}\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("billing=16,gres/gpu=4,gres/gpu:a100=4\n", run.Out, StringComparison.Ordinal);
        run = SampleCluster.Run(SampleCluster.Api(nodes: [Node]));
        await run.RunAsync(SinfoCommand.RunAsync, "sinfo", "-h", "-p", "gpu", "-o", "%P %a %D %t %N %G %f %w");
        Assert.Equal("gpu* up 1 mix n1 gpu:a100:4 a100,nvlink 1\n", run.Out);
    }

    [Theory]
    [InlineData("IDLE+MAINTENANCE+RESERVED", "maint"), InlineData("IDLE+RESERVED", "resv"), InlineData("IDLE+PLANNED", "plnd"), InlineData("MIXED+DRAIN", "drng"), InlineData("IDLE+DRAIN+RESERVED", "drain"),
        InlineData("IDLE+FAIL", "fail"), InlineData("MIXED+FAIL", "failg"), InlineData("DOWN+RESERVED", "down"), InlineData("FUTURE", "futr"), InlineData("MIXED", "mix")]
    public void Flags_of_a_node_have_Slurm_s_short_words(string state, string compact) => Assert.Equal(compact, NodeState.Parse(state).Compact);

    [Fact]
    public async Task Expected_starts_come_from_the_plan()
    {
        var jobs = new[] { SampleCluster.Jobs.Single(job => job.JobId == 5) with { PlannedStartMs = SampleCluster.At("01:48:20"), PlannedNodes = "n[1-4]" }, SampleCluster.Held };
        var run = SampleCluster.Run(SampleCluster.Api(jobs));
        await run.RunAsync(SqueueCommand.RunAsync, "squeue", "--start");
        Assert.Equal("""
                         JOBID PARTITION     NAME     USER ST          START_TIME  NODES SCHEDNODES           NODELIST(REASON)
                             5       gpu     wrap    alice PD 2026-11-22T01:48:20      4 n[1-4]               (Resources)
                             3       cpu     wrap    alice PD                 N/A      1 (null)               (JobHeldUser)

            """, run.Out);
    }

    [Fact]
    public async Task A_reason_with_its_nodes_is_printed_whole()
    {
        var job = SampleCluster.Pending(9, "gpu", "ReqNodeNotAvail, UnavailableNodes:n3", 5, 60_000) with { RequestedNodes = "n3", TresPerNode = "gres:gpu:1", Qos = "high", Reservation = "r", Licenses = "m:1", Wckey = "w", Constraint = "a100" };
        var run = SampleCluster.Run(SampleCluster.Api([job]));
        await run.RunAsync(SqueueCommand.RunAsync, "squeue", "-h", "-o", "%i %R|%b|%q|%v|%W|%w|%f");
        Assert.Equal("9 (ReqNodeNotAvail, UnavailableNodes:n3)|gres:gpu:1|high|r|m:1|w|a100\n", run.Out);
    }

    [Fact]
    public async Task Licences_and_topology_are_shown()
    {
        var run = SampleCluster.Run(new FakeApi().On("/api/v1/licenses", new LicenseList(SampleCluster.NowMs, [new("ansys", 5, 0, 0), new("matlab", 10, 3, 0)])));
        await run.RunAsync(ScontrolCommand.RunAsync, "scontrol", "show", "licenses");
        Assert.Equal("LicenseName=ansys\n    Total=5 Used=0 Free=5 Reserved=0 Remote=no\nLicenseName=matlab\n    Total=10 Used=3 Free=7 Reserved=0 Remote=no\n", run.Out);
        run = SampleCluster.Run(new FakeApi().On("/api/v1/topology", new TopologyView([new("top", 1, "n[1-4]", "s[1-2]"), new("s1", 0, "n[1-2]", "")], [])));
        await run.RunAsync(ScontrolCommand.RunAsync, "scontrol", "show", "topology");
        Assert.Equal("SwitchName=s1 Level=0 LinkSpeed=1 Nodes=n[1-2]\nSwitchName=top Level=1 LinkSpeed=1 Nodes=n[1-4] Switches=s[1-2]\n", run.Out);
    }

    [Fact]
    public async Task Jobs_are_changed_by_name_and_value()
    {
        var run = SampleCluster.Run(new FakeApi().On("/api/v1/jobs/update", new SelectionResult([new("1", null, ""), new("2_3", "access_denied", "not yours")])));
        await run.RunAsync(ScontrolCommand.RunAsync, "scontrol", "update", "job=1,2_3", "TimeLimit=+10", "Nice=5", "NumNodes=2-4", "Gres=gpu:2", "Partition=a,b", "StartTime=now", "MinMemoryNode=2G", "Requeue=0");
        var sent = run.Api.Body(0, ApiJson.Default.JobUpdateRequest);
        Assert.Equal((600_000L, 5, 2u, 4u, "gpu:2", "a,b", SampleCluster.NowMs, 2UL << 30, false),
            (sent.TimeLimitAddMs, sent.Nice, sent.NodesMin, sent.NodesMax, sent.Gres, sent.Partition, sent.BeginMs, sent.MemoryPerNodeBytes, sent.Requeue));
        Assert.Equal(["1", "2_3"], sent.Jobs);
        Assert.Equal(("Access/permission denied for job 2_3\n", 1), (run.Error, run.Code));
    }

    [Theory]
    [InlineData("TimeLimit=soon"), InlineData("NumNodes=4-2"), InlineData("Priority=high"), InlineData("Contiguous=maybe"), InlineData("StartTime=whenever"), InlineData("MinMemoryCPU=x")]
    public async Task A_bad_value_of_a_job_is_refused(string word)
    {
        var run = SampleCluster.Run(new FakeApi());
        await run.RunAsync(ScontrolCommand.RunAsync, "scontrol", "update", "JobId=1", word);
        Assert.Equal(($"Invalid input: {word}\nRequest aborted\n", 1), (run.Error, run.Code));
    }

    [Theory]
    [InlineData("suspend", "suspend"), InlineData("resume", "resume"), InlineData("top", "top"), InlineData("requeuehold", "requeue")]
    public async Task Every_verb_of_jobs_has_its_endpoint(string verb, string action)
    {
        var run = SampleCluster.Run(new FakeApi().On($"/api/v1/jobs/{action}", new SelectionResult([])));
        await run.RunAsync(ScontrolCommand.RunAsync, "scontrol", verb, "1,2");
        var sent = run.Api.Body(0, ApiJson.Default.JobSelection);
        Assert.Equal((2, verb == "requeuehold", 0), (sent.Jobs.Length, sent.Hold, run.Code));
    }
}
