namespace Stint.Protocol.Api;

// What the job asked of nodes and policy, and what of it was decided.
public sealed partial record JobView
{
    public string? Qos { get; init; }
    public string? Reservation { get; init; }
    public string? Wckey { get; init; }
    public string? Constraint { get; init; }
    public string? Prefer { get; init; }
    /// <summary>As asked.</summary>
    public string? Licenses { get; init; }
    public string? LicensesAllocated { get; init; }
    /// <summary><c>gres:gpu:a100:2</c>, as Slurm prints what was asked per node, job, socket and task.</summary>
    public string? TresPerNode { get; init; }
    public string? TresPerJob { get; init; }
    public string? TresPerSocket { get; init; }
    public string? TresPerTask { get; init; }
    public string? GpuBind { get; init; }
    public ulong? MemoryPerGpuBytes { get; init; }
    public uint CpusPerGpu { get; init; }
    public ulong DiskBytes { get; init; }
    public uint ThreadsPerCore { get; init; }
    public uint SocketsPerNode { get; init; }
    public uint CoresPerSocket { get; init; }
    public uint TasksPerCore { get; init; }
    public uint TasksPerSocket { get; init; }
    public uint? CoreSpec { get; init; }
    public uint? ThreadSpec { get; init; }
    public uint CpusPerNodeMin { get; init; }
    /// <summary>Slurm's word: NO, YES, OK, USER, TOPO.</summary>
    public string OverSubscribe { get; init; } = "NO";
    public bool Contiguous { get; init; }
    public uint SwitchesMax { get; init; }
    public long SwitchesWaitMs { get; init; }
    public long DeadlineMs { get; init; }
    public long TimeMinMs { get; init; }
    /// <summary>Sum over its past suspensions.</summary>
    public long SuspendedMs { get; init; }
    /// <summary>When the present or last suspension began; 0: never.</summary>
    public long SuspendedAtMs { get; init; }
    public bool Reboot { get; init; }
    public string AdminComment { get; init; } = "";
    public string MailUser { get; init; } = "";
    public string MailType { get; init; } = "";
    public string Tier { get; init; } = "";
    public uint HetJobId { get; init; }
    public uint HetOffset { get; init; }
    public uint HetComponents { get; init; }
    /// <summary>Generic resources as asked, counted over the job: <c>gres/gpu</c> → 4, <c>gres/gpu:a100</c> → 4.</summary>
    public TresCount[] GresRequested { get; init; } = [];
    /// <summary>The same of what it holds.</summary>
    public TresCount[] GresAllocated { get; init; } = [];
    public double Billing { get; init; }
    /// <summary>When the plan starts it; 0: not known.</summary>
    public long PlannedStartMs { get; init; }
    /// <summary>Where the plan starts it, as a hostlist.</summary>
    public string PlannedNodes { get; init; } = "";
}

public sealed record TresCount(string Tres, ulong Count);
