namespace Stint.Protocol.Api;

// What a job asks of nodes and of the policy, beyond tasks, CPUs, memory and time. Texts are as typed; the server reads them.
public sealed partial record SubmitRequest
{
    /// <summary>The number of nodes was said, not assumed.</summary>
    public bool NodesAsked { get; set; }
    public string? Qos { get; set; }
    /// <summary>Name of a reservation to run in.</summary>
    public string? Reservation { get; set; }
    public string? Wckey { get; set; }
    /// <summary>Feature expression that must hold: <c>a100&amp;nvlink</c>, <c>[rack1*2&amp;rack2*4]</c>.</summary>
    public string? Constraint { get; set; }
    /// <summary>Feature expression that is tried first.</summary>
    public string? Prefer { get; set; }
    /// <summary><c>matlab:2,ansys</c> (all of them) or <c>a|b</c> (one of them).</summary>
    public string? Licenses { get; set; }
    /// <summary>Per node: <c>gpu:a100:2,shard:3</c>.</summary>
    public string? Gres { get; set; }
    /// <summary><c>[type:]count</c>, several with commas; of the whole job.</summary>
    public string? Gpus { get; set; }
    public string? GpusPerNode { get; set; }
    public string? GpusPerTask { get; set; }
    public string? GpusPerSocket { get; set; }
    public string? GpuBind { get; set; }
    /// <summary><c>enforce-binding</c>, <c>disable-binding</c>, …, with commas.</summary>
    public string? GresFlags { get; set; }
    public ulong? MemoryPerGpuBytes { get; set; }
    public uint CpusPerGpu { get; set; }
    /// <summary>Most CPU time on each node, in thousandths of a CPU, within the CPUs that are allocated: a quota for fractions; 0: none.</summary>
    public uint CpuMilli { get; set; }
    public uint TasksPerGpu { get; set; }
    /// <summary>Local disk per node.</summary>
    public ulong DiskBytes { get; set; }
    /// <summary>Use only that many threads of each core; 0: all.</summary>
    public uint ThreadsPerCore { get; set; }
    public uint SocketsPerNode { get; set; }
    public uint CoresPerSocket { get; set; }
    public uint TasksPerCore { get; set; }
    public uint TasksPerSocket { get; set; }
    /// <summary>No task shares a core's other threads.</summary>
    public bool OneThreadPerTask { get; set; }
    public uint? CoreSpec { get; set; }
    public uint? ThreadSpec { get; set; }
    /// <summary>Least CPUs of a node.</summary>
    public uint CpusPerNodeMin { get; set; }
    /// <summary>oversubscribe, user, topo; null: the partition's rule.</summary>
    public string? Sharing { get; set; }
    public bool Contiguous { get; set; }
    public bool Spread { get; set; }
    public bool UseMinNodes { get; set; }
    /// <summary>Most leaf switches; 0: any number.</summary>
    public uint SwitchesMax { get; set; }
    /// <summary>How long to wait for that; 0: the cluster's own bound.</summary>
    public long SwitchesWaitMs { get; set; }
    public uint Segment { get; set; }
    public long DeadlineMs { get; set; }
    /// <summary>The time limit may shrink to this to start earlier; 0: it may not.</summary>
    public long TimeMinMs { get; set; }
    public string? Distribution { get; set; }
    /// <summary>Operators only; 0: held.</summary>
    public uint? Priority { get; set; }
    public bool NoKill { get; set; }
    public bool Reboot { get; set; }
    public bool? KillOnInvalidDependency { get; set; }
    public string? MailType { get; set; }
    public string? MailUser { get; set; }
    /// <summary>What the kernel limits to: request (default) or capacity.</summary>
    public string? LimitPolicy { get; set; }
    /// <summary>Ranges instead of exact amounts: a job takes any offer within them.</summary>
    public ResourceRangesRequest? Ranges { get; set; }
    /// <summary>The other components of a heterogeneous job, of which this is the first.</summary>
    public SubmitRequest[]? Components { get; set; }
}

/// <summary>From least to most; a most of 0 has no upper end.</summary>
public sealed record ResourceRangesRequest
{
    public uint CpusMin { get; set; }
    public uint CpusMax { get; set; }
    public ulong MemoryMinBytes { get; set; }
    public ulong MemoryMaxBytes { get; set; }
    public ulong DiskMinBytes { get; set; }
    public ulong DiskMaxBytes { get; set; }
    public string? GpuVendor { get; set; }
    public string[] GpuNames { get; set; } = [];
    public uint GpusMin { get; set; }
    public uint GpusMax { get; set; }
    /// <summary>Of one GPU.</summary>
    public ulong GpuMemoryMinBytes { get; set; }
    public ulong GpuMemoryMaxBytes { get; set; }
    /// <summary>Of all GPUs together.</summary>
    public ulong GpuTotalMemoryMinBytes { get; set; }
    public ulong GpuTotalMemoryMaxBytes { get; set; }
}
