namespace Stint.Protocol.Api;

public sealed record NodeView
{
    public string Name { get; init; } = "";
    /// <summary>Slurm's base state with flags: IDLE, MIXED, ALLOCATED, DOWN, UNKNOWN; <c>+DRAIN</c>; trailing <c>*</c>: not responding.</summary>
    public string State { get; init; } = "";
    public uint Cpus { get; init; }
    public uint CpusAllocated { get; init; }
    public uint Sockets { get; init; }
    public uint CoresPerSocket { get; init; }
    public uint ThreadsPerCore { get; init; }
    public ulong MemoryBytes { get; init; }
    public ulong MemoryAllocatedBytes { get; init; }
    public ulong MemoryFreeBytes { get; init; }
    public bool Declared { get; init; }
    public uint Gpus { get; init; }
    public double Load { get; init; }
    public string Address { get; init; } = "";
    public string Hostname { get; init; } = "";
    public string Version { get; init; } = "";
    public string Os { get; init; } = "";
    public string[] Partitions { get; init; } = [];
    public string Reason { get; init; } = "";
    public uint ReasonUid { get; init; }
    public long ReasonAtMs { get; init; }
    public long BootMs { get; init; }
    public long AgentStartMs { get; init; }
    public long LastBusyMs { get; init; }
    public CapabilityView[] Capabilities { get; init; } = [];
    public string[] Features { get; init; } = [];
    /// <summary>Lower is used first.</summary>
    public uint Weight { get; init; } = 1;
    /// <summary><c>gpu:a100:4</c>, as Slurm prints it; empty: none.</summary>
    public string Gres { get; init; } = "";
    /// <summary><c>gpu:a100:2(IDX:0-1)</c>, every kind of <see cref="Gres"/>, also unused ones.</summary>
    public string GresUsed { get; init; } = "";
    public TresCount[] GresTotal { get; init; } = [];
    public TresCount[] GresAllocated { get; init; } = [];
    public ulong DiskBytes { get; init; }
    public uint CoreSpecCount { get; init; }
    public ulong MemorySpecBytes { get; init; }
    /// <summary>Name of the reservation that holds it now; empty: none.</summary>
    public string Reservation { get; init; } = "";
}
public sealed record CapabilityView(string Resource, bool Available, string Detail);
public sealed record NodeList(long NowMs, NodeView[] Nodes);

public sealed record PartitionView
{
    public string Name { get; init; } = "";
    public bool IsDefault { get; init; }
    public string State { get; init; } = "UP";
    public string NodeList { get; init; } = "";
    /// <summary>0: unlimited.</summary>
    public long MaxTimeMs { get; init; }
    /// <summary>0: none.</summary>
    public long DefaultTimeMs { get; init; }
    public uint TotalCpus { get; init; }
    public uint TotalNodes { get; init; }
    public ulong TotalMemoryBytes { get; init; }
    public uint MinNodes { get; init; }
    /// <summary>null: no limit.</summary>
    public uint? MaxNodes { get; init; }
    public string[] AllowAccounts { get; init; } = [];
    public string[] DenyAccounts { get; init; } = [];
    public string[] AllowQos { get; init; } = [];
    public string[] DenyQos { get; init; } = [];
    public string[] AllowGroups { get; init; } = [];
    public string? Qos { get; init; }
    public string? Alternate { get; init; }
    public uint PriorityTier { get; init; } = 1;
    public uint PriorityJobFactor { get; init; } = 1;
    /// <summary>Slurm's word: OFF, CANCEL, REQUEUE, SUSPEND, GANG,SUSPEND.</summary>
    public string PreemptMode { get; init; } = "OFF";
    public long GraceMs { get; init; }
    public string OverSubscribe { get; init; } = "NO";
    public bool Hidden { get; init; }
    public bool RootOnly { get; init; }
    public bool RequiresReservation { get; init; }
    public bool DisableRootJobs { get; init; }
    public bool LeastLoaded { get; init; }
    public bool ExclusiveUser { get; init; }
    public bool ExclusiveTopo { get; init; }
    public uint MaxCpusPerNode { get; init; }
    public uint MaxCpusPerSocket { get; init; }
    public ulong? DefaultMemoryPerCpuBytes { get; init; }
    public ulong? DefaultMemoryPerNodeBytes { get; init; }
    public ulong MaxMemoryPerCpuBytes { get; init; }
    public ulong MaxMemoryPerNodeBytes { get; init; }
    public uint DefaultCpusPerGpu { get; init; }
    public ulong DefaultMemoryPerGpuBytes { get; init; }
    /// <summary><c>CPU=1.0,Mem=0.25G</c> as Slurm prints them; null: every CPU counts 1.</summary>
    public string? BillingWeights { get; init; }
    public TresCount[] GresTotal { get; init; } = [];
}
public sealed record PartitionList(long NowMs, PartitionView[] Partitions);

/// <summary>POST /api/v1/nodes/{name}/state; state: DRAIN, RESUME, DOWN, FAIL, FUTURE, NO_RESPOND, IDLE, UNDRAIN.</summary>
public sealed record NodeStateRequest(string State, string Reason = "");

/// <summary>GET /api/v1/config: what is in force, as <c>scontrol show config</c> prints it (key → value, both Slurm's), and ours.</summary>
public sealed record ConfigView(long NowMs, string Cluster, string Host, SortedDictionary<string, string> Slurm, SortedDictionary<string, string> Stint);

/// <summary>GET /api/v1/ping, GET /health.</summary>
public sealed record PingView(string Cluster, string Host, string Version, string State, long NowMs, long StartMs, int Nodes, int NodesUp, long JournalSequence, long HistorySequence, string HistoryError);

/// <summary>POST /api/v1/tokens: a one-time token for a node (operators only).</summary>
public sealed record TokenRequest(string? Node = null, int ValidForSeconds = 3600);
public sealed record TokenResponse(string Token, long ExpiresMs, string CaFingerprint, string Server);

/// <summary>POST /api/v1/join on the TLS port: a node's certificate request against a token.</summary>
/// <param name="Csr">PKCS#10, DER.</param>
public sealed record JoinRequest(string Token, string Node, byte[] Csr);
/// <param name="Certificate">DER.</param>
public sealed record JoinResponse(string Cluster, byte[] Certificate, byte[] CaCertificate);

/// <summary>GET /api/v1/history/jobs: filters <c>user, state, job, start_ms, end_ms, partition, name, limit, after</c>.</summary>
public sealed record HistoryList(long NowMs, JobView[] Jobs, uint? Next);

/// <summary>One event of GET /api/v1/events (SSE): <c>event: job</c> or <c>event: node</c>; id is the journal's sequence.</summary>
public sealed record ChangeEvent(long Sequence, string Kind, uint JobId, string Node, string State, string Reason);
