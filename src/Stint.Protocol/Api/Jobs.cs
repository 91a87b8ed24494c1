namespace Stint.Protocol.Api;

/// <summary>POST /api/v1/jobs. Sizes in bytes, times in milliseconds of Unix time or of duration, as named.</summary>
// Requests have set, not init: the JSON source generator would give a left-out init property its type's default instead of ours.
public sealed partial record SubmitRequest
{
    public string Name { get; set; } = "";
    public string? Partition { get; set; }
    public string? Account { get; set; }
    public uint NodesMin { get; set; } = 1;
    public uint NodesMax { get; set; }
    public uint? Tasks { get; set; }
    public uint? TasksPerNode { get; set; }
    public uint CpusPerTask { get; set; } = 1;
    public ulong? MemoryPerNodeBytes { get; set; }
    public ulong? MemoryPerCpuBytes { get; set; }
    /// <summary>null: the partition's default; 0: unlimited.</summary>
    public long? TimeLimitMs { get; set; }
    public long BeginMs { get; set; }
    public bool Held { get; set; }
    public bool IsBatch { get; set; } = true;
    /// <summary>As typed: <c>0-15:4%2</c>.</summary>
    public string? Array { get; set; }
    /// <summary>As typed: <c>afterok:12:13,afterany:14</c>.</summary>
    public string? Dependency { get; set; }
    public bool? Requeue { get; set; }
    public int Nice { get; set; }
    public string WorkDir { get; set; } = "/";
    public string? StdOut { get; set; }
    public string? StdErr { get; set; }
    public string? StdIn { get; set; }
    public bool AppendOutput { get; set; }
    public string Command { get; set; } = "";
    public string SubmitLine { get; set; } = "";
    public string SubmitHost { get; set; } = "";
    public string Comment { get; set; } = "";
    public bool Exclusive { get; set; }
    public string? NodeList { get; set; }
    public string? ExcludeList { get; set; }
    public string? ClientToken { get; set; }
    /// <summary>As typed: <c>[B:]SIG[@seconds]</c>.</summary>
    public string? Signal { get; set; }
    /// <summary>Script, arguments and environment; bytes, base64 in JSON, because none of them need be UTF-8.</summary>
    public byte[] Script { get; set; } = [];
    public byte[][] Arguments { get; set; } = [];
    /// <summary>NAME=value, separated by NUL.</summary>
    public byte[] Environment { get; set; } = [];
    public uint Umask { get; set; } = 0x12;
    public Dictionary<string, ulong>? Rlimits { get; set; }
    public bool TestOnly { get; set; }
}

public sealed record SubmitResponse(uint JobId, string Message = "")
{
    /// <summary>Of a test only.</summary>
    public OfferView? Offer { get; init; }
}

/// <summary>A job, an array's unstarted tasks, or one array task, as <c>squeue</c> and <c>scontrol show job</c> need it.</summary>
public sealed partial record JobView
{
    public uint JobId { get; init; }
    public uint? ArrayJobId { get; init; }
    public uint? ArrayTaskId { get; init; }
    /// <summary>Unstarted tasks with throttle as Slurm prints it: <c>3-9%3</c>; null: not an array's record.</summary>
    public string? ArrayTasks { get; init; }
    public uint ArrayThrottle { get; init; }
    public string Name { get; init; } = "";
    public uint Uid { get; init; }
    public uint Gid { get; init; }
    public string User { get; init; } = "";
    public string Group { get; init; } = "";
    public string? Account { get; init; }
    public string Partition { get; init; } = "";
    /// <summary>Slurm's name, upper case: PENDING, RUNNING, COMPLETING, COMPLETED, …</summary>
    public string State { get; init; } = "";
    public string Reason { get; init; } = "None";
    public string ReasonDetail { get; init; } = "";
    public uint Priority { get; init; }
    public int Nice { get; init; }
    public uint NodesMin { get; init; }
    public uint NodesMax { get; init; }
    public uint NodeCount { get; init; }
    public uint Tasks { get; init; }
    public uint Cpus { get; init; }
    public uint CpusPerTask { get; init; }
    public uint TasksPerNode { get; init; }
    public ulong? MemoryPerNodeBytes { get; init; }
    public ulong? MemoryPerCpuBytes { get; init; }
    /// <summary>Sum over nodes when allocated, else as asked.</summary>
    public ulong MemoryBytes { get; init; }
    public string NodeList { get; init; } = "";
    public string BatchHost { get; init; } = "";
    public string? RequestedNodes { get; init; }
    public string? ExcludedNodes { get; init; }
    public NodeShareView[] Shares { get; init; } = [];
    /// <summary>0: unlimited.</summary>
    public long TimeLimitMs { get; init; }
    public long SubmitMs { get; init; }
    public long EligibleMs { get; init; }
    public long StartMs { get; init; }
    public long EndMs { get; init; }
    public string? Dependency { get; init; }
    public bool IsBatch { get; init; }
    public bool Requeue { get; init; }
    public uint Restarts { get; init; }
    public int ExitCode { get; init; }
    public int Signal { get; init; }
    public uint? CancelledBy { get; init; }
    /// <summary>One sentence: what ended it.</summary>
    public string Cause { get; init; } = "";
    public string Comment { get; init; } = "";
    public string Command { get; init; } = "";
    public string SubmitLine { get; init; } = "";
    public string SubmitHost { get; init; } = "";
    public uint SubmitSid { get; init; }
    public string WorkDir { get; init; } = "";
    public string StdOut { get; init; } = "";
    public string StdErr { get; init; } = "";
    public string StdIn { get; init; } = "";
    public bool Exclusive { get; init; }
    public StepView[] Steps { get; init; } = [];
}

public sealed record NodeShareView(string Node, int[] Cpus, ulong MemoryBytes, uint Tasks)
{
    /// <summary><c>gpu:a100:2(IDX:0-1)</c></summary>
    public string Gres { get; init; } = "";
}

public sealed record StepView
{
    /// <summary><c>12.batch</c>, <c>12.0</c>, <c>7_3.batch</c>.</summary>
    public string StepId { get; init; } = "";
    public string Name { get; init; } = "";
    public string State { get; init; } = "";
    public string NodeList { get; init; } = "";
    public uint Nodes { get; init; }
    public uint Tasks { get; init; }
    public uint Cpus { get; init; }
    public ulong MemoryBytes { get; init; }
    /// <summary>Accounting only: <c>gres/gpu</c>, <c>gres/gpu:a100</c>.</summary>
    public TresCount[] GresAllocated { get; init; } = [];
    public long StartMs { get; init; }
    public long EndMs { get; init; }
    public int ExitCode { get; init; }
    public int Signal { get; init; }
    public string Cause { get; init; } = "";
    public ulong PeakMemoryBytes { get; init; }
    public ulong CpuUserUs { get; init; }
    public ulong CpuSystemUs { get; init; }
}

/// <summary>GET /api/v1/jobs: filters are query parameters <c>user, state, partition, job, name</c> (comma lists); <c>steps=true</c> adds steps.</summary>
public sealed record JobList(long NowMs, JobView[] Jobs);

/// <summary>POST /api/v1/jobs/cancel (also hold, release, requeue, suspend, resume, top). Either ids or filters.</summary>
public sealed record JobSelection
{
    /// <summary>As typed: <c>12</c>, <c>7_3</c>, <c>7_[1-5]</c>, <c>12.0</c>.</summary>
    public string[] Jobs { get; set; } = [];
    public string? User { get; set; }
    public string? Partition { get; set; }
    public string? Name { get; set; }
    public string[] States { get; set; } = [];
    public string? Account { get; set; }
    public string? NodeList { get; set; }
    /// <summary>Cancel only: send this signal instead of ending the job; 0: end it.</summary>
    public int Signal { get; set; }
    public bool BatchOnly { get; set; }
    public bool Full { get; set; }
    /// <summary>Requeue only: and keep it held (<c>scontrol requeuehold</c>).</summary>
    public bool Hold { get; set; }
    /// <summary>Hold only: the owner may lift it (<c>scontrol uhold</c>).</summary>
    public bool AsUser { get; set; }
}

public sealed record SelectionResult(SelectionOutcome[] Outcomes);
/// <param name="Code">null: done; otherwise a refusal's code.</param>
public sealed record SelectionOutcome(string Job, string? Code, string Sentence);

/// <summary>GET /api/v1/jobs/{id}/explain.</summary>
public sealed record ExplainView
{
    public required JobView Job { get; init; }
    public StepReceiptView[] Steps { get; init; } = [];
    /// <summary>Of a pending job.</summary>
    public PendingView? Pending { get; init; }
}

public sealed record StepReceiptView
{
    public string StepId { get; init; } = "";
    public string Node { get; init; } = "";
    public string Kernel { get; init; } = "";
    public string Group { get; init; } = "";
    public ReceiptRowView[] Rows { get; init; } = [];
    public string[] Notes { get; init; } = [];
    public string State { get; init; } = "";
    public string Cause { get; init; } = "";
    public ulong PeakMemoryBytes { get; init; }
    public ulong MemoryLimitBytes { get; init; }
    public ulong OomKills { get; init; }
    public string OomLevel { get; init; } = "";
    public string OomGroup { get; init; } = "";
    public ulong PidsPeak { get; init; }
    public ulong PidsLimitHits { get; init; }
    public ulong CpuUserUs { get; init; }
    public ulong CpuSystemUs { get; init; }
}

public sealed record ReceiptRowView(string Resource, string Requested, string Allocated, string File, string Written, string ReadBack, bool Enforced, string WhyNot);

/// <summary>Any refusal: HTTP 400, 403, 404, 409 or 413 with this body.</summary>
public sealed record RefusalView(string Code, string Sentence, string Remedy = "")
{
    /// <summary>With <c>tier_limit</c>: the numbers behind the sentence.</summary>
    public LimitDenialView? Denial { get; init; }
}
