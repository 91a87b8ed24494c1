using Stint.Cli.Tests.Client;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests;

/// <summary>
/// A small cluster in the middle of a morning: two nodes c2 and c16 in partition cpu, n1 to n4 in gpu (default), all six in all;
/// an array with three tasks running, jobs that wait for every usual reason, a job on two nodes, and some that have ended.
/// </summary>
public static class SampleCluster
{
    public const ulong Mebi = 1 << 20, Gibi = 1 << 30;
    private const long Minute = 60_000, Hour = 60 * Minute, Day = 24 * Hour;

    public static readonly DateTimeOffset Now = new(2026, 11, 22, 1, 18, 29, TimeSpan.Zero);
    public static readonly TimeProvider Time = new FixedTime(Now);
    public static long NowMs => Now.ToUnixTimeMilliseconds();
    public static long At(string time) => DateTimeOffset.Parse($"2026-11-22T{time}Z", System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

    private static readonly JobView Blank = new()
    {
        Name = "wrap", Uid = 2001, Gid = 2001, User = "alice", Group = "alice", Account = "physics", NodesMin = 1, Tasks = 1, Cpus = 1, CpusPerTask = 1,
        MemoryPerCpuBytes = 16 * Mebi, MemoryBytes = 16 * Mebi, SubmitMs = At("01:18:20"), EligibleMs = At("01:18:20"), IsBatch = true, Requeue = true,
        SubmitHost = "vm", SubmitSid = 5541, WorkDir = "/home/alice", StdIn = "/dev/null",
    };

    public static JobView Pending(uint id, string partition, string reason, uint priority, long limitMs) => Blank with
    {
        JobId = id, Partition = partition, State = "PENDING", Reason = reason, Priority = priority, TimeLimitMs = limitMs,
        StdOut = $"/home/alice/slurm-{id}.out", StdErr = $"/home/alice/slurm-{id}.out",
    };

    public static JobView Running(uint id, string partition, string node, uint priority, long limitMs) => Pending(id, partition, "None", priority, limitMs) with
    {
        State = "RUNNING", NodeList = node, BatchHost = node, NodeCount = 1, StartMs = At("01:18:20"), EndMs = At("01:18:20") + limitMs,
        Shares = [new NodeShareView(node, [0], 16 * Mebi, 1)],
    };

    public static JobView Task(uint id, uint task, string node) => Running(id, "cpu", node, 1095, 10 * Minute) with
    {
        ArrayJobId = 2, ArrayTaskId = task, ArrayThrottle = 3, Name = "arr", Steps = [Step($"2_{task}.batch", node, "01:18:20")],
    };

    public static StepView Step(string id, string node, string start) => new()
    {
        StepId = id, Name = id.EndsWith("batch", StringComparison.Ordinal) ? "batch" : "bash", State = "RUNNING", NodeList = node, Nodes = 1, Tasks = 1, Cpus = 1,
        MemoryBytes = 16 * Mebi, StartMs = At(start),
    };

    public static readonly JobView Train = Running(1, "gpu", "n[1-2]", 2013, 30 * Minute) with
    {
        Name = "train", BatchHost = "n1", NodesMin = 2, NodesMax = 2, NodeCount = 2, Tasks = 4, Cpus = 12, CpusPerTask = 3, TasksPerNode = 2, MemoryPerCpuBytes = null,
        MemoryPerNodeBytes = 2 * Gibi, MemoryBytes = 4 * Gibi, Command = "/home/alice/job.sh", StdOut = "/home/alice/train-1.out", StdErr = "/home/alice/train-1.out",
        SubmitLine = "sbatch job.sh", Shares = [new NodeShareView("n1", [0, 1, 2, 8, 9, 10], 2 * Gibi, 2), new NodeShareView("n2", [0, 1, 2, 8, 9, 10], 2 * Gibi, 2)],
        Steps = [Step("1.batch", "n1", "01:18:20")],
    };

    public static readonly JobView Array = Pending(2, "cpu", "JobArrayTaskLimit", 1095, 10 * Minute) with { Name = "arr", ArrayJobId = 2, ArrayTasks = "3-9%3", ArrayThrottle = 3 };
    public static readonly JobView Held = Pending(3, "cpu", "JobHeldUser", 0, 7 * Day) with { Comment = "held one" };

    public static readonly JobView[] Jobs =
    [
        Train, Task(10, 0, "c2"), Held, Pending(4, "gpu", "Dependency", 1278, Hour) with { Dependency = "afterok:1(unfulfilled)" },
        Pending(5, "gpu", "Resources", 1364, 5 * Minute) with { NodesMin = 4, NodesMax = 4, Tasks = 4, Cpus = 4, MemoryBytes = 64 * Mebi },
        Pending(6, "gpu", "PartitionConfig", 3582, Hour) with { NodesMin = 63, Tasks = 1000, Cpus = 1000, MemoryBytes = 16000 * Mebi },
        Pending(7, "gpu", "PartitionTimeLimit", 1091, 5 * Day), Task(11, 1, "c2"), Task(12, 2, "c16"), Array,
        Pending(16, "gpu", "Priority", 1092, Hour) with { SubmitMs = At("01:18:23"), EligibleMs = At("01:18:23") },
        Pending(15, "cpu", "NonZeroExitCode", 1095, Minute) with { State = "FAILED", ExitCode = 3, NodeList = "c16", NodeCount = 1, StartMs = At("01:18:21"), EndMs = At("01:18:21") },
    ];

    public static NodeView Node(string name, uint sockets, uint cores, string state, params string[] partitions) => new()
    {
        Name = name, State = state, Cpus = sockets * cores, Sockets = sockets, CoresPerSocket = cores, ThreadsPerCore = 1, MemoryBytes = 20000 * Mebi, MemoryFreeBytes = 22306 * Mebi,
        Load = 3.1, Address = "127.0.0.1", Hostname = "vm", Version = "0.1.0", Os = "Linux 6.18.44", Partitions = partitions, BootMs = At("00:35:36"), AgentStartMs = At("01:18:11"), LastBusyMs = At("01:18:12"),
    };

    public static readonly NodeView[] Nodes =
    [
        Node("c2", 1, 2, "IDLE", "cpu", "all"), Node("c16", 1, 16, "IDLE", "cpu", "all"), Node("n1", 2, 8, "IDLE", "gpu", "all"), Node("n2", 2, 8, "IDLE", "gpu", "all"),
        Node("n3", 2, 8, "IDLE", "gpu", "all"), Node("n4", 2, 8, "IDLE", "gpu", "all"),
    ];

    public static readonly PartitionView[] Partitions =
    [
        new() { Name = "gpu", IsDefault = true, NodeList = "n[1-4]", MaxTimeMs = 2 * Day, DefaultTimeMs = Hour, TotalCpus = 64, TotalNodes = 4, TotalMemoryBytes = 80000 * Mebi },
        new() { Name = "cpu", NodeList = "c[2,16]", MaxTimeMs = 7 * Day, TotalCpus = 18, TotalNodes = 2, TotalMemoryBytes = 40000 * Mebi },
        new() { Name = "all", NodeList = "c[2,16],n[1-4]", TotalCpus = 82, TotalNodes = 6, TotalMemoryBytes = 120000 * Mebi },
    ];

    public static readonly PingView Ping = new("scout", "vm", "0.1.0", "UP", NowMs, NowMs - 3 * Hour, 6, 6, 120, 120, "");

    public static FakeApi Api(JobView[]? jobs = null, NodeView[]? nodes = null) => new FakeApi()
        .On("/api/v1/jobs?", new JobList(NowMs, jobs ?? Jobs)).On("/api/v1/nodes", new NodeList(NowMs, nodes ?? Nodes))
        .On("/api/v1/partitions", new PartitionList(NowMs, Partitions)).On("/api/v1/ping", Ping);

    public static CommandRun Run(FakeApi? api = null, uint uid = 2001, bool terminal = false, int columns = 80) =>
        new() { Api = api ?? Api(), Time = Time, Uid = uid, OutIsTerminal = terminal, Columns = columns };

    /// <summary>Text of a raw string as a command prints it: every line ends.</summary>
    public static string Lines(string text) => text + "\n";
}
