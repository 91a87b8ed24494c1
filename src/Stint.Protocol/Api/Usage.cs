namespace Stint.Protocol.Api;

/// <summary>GET /api/v1/jobs/{id}/usage: what the running steps of a job use at this moment, asked of its nodes.</summary>
public sealed record UsageList
{
    public required long NowMs { get; init; }
    public uint JobId { get; init; }
    public StepUsageView[] Steps { get; init; } = [];
    /// <summary>Nodes that did not answer in time; what they hold is missing above.</summary>
    public string[] Silent { get; init; } = [];
}

/// <summary>One step on one node. Bytes, microseconds, microjoules; <see cref="EnergyUj"/> null: this node tells none.</summary>
public sealed record StepUsageView
{
    public string StepId { get; init; } = "";
    public string Node { get; init; } = "";
    public long AtMs { get; init; }
    public uint Tasks { get; init; }
    public ulong MemoryBytes { get; init; }
    public ulong PeakMemoryBytes { get; init; }
    public ulong MemoryLimitBytes { get; init; }
    public ulong MaxRssBytes { get; init; }
    public uint MaxRssPid { get; init; }
    public string MaxRssCommand { get; init; } = "";
    public ulong VirtualBytes { get; init; }
    public ulong CpuUserUs { get; init; }
    public ulong CpuSystemUs { get; init; }
    public uint Processes { get; init; }
    public ulong PidsPeak { get; init; }
    public ulong PidsLimitHits { get; init; }
    public ulong OomKills { get; init; }
    public ulong ReadBytes { get; init; }
    public ulong WriteBytes { get; init; }
    public ulong? EnergyUj { get; init; }
    /// <summary>The energy is the node's, apportioned by CPU time: an estimate.</summary>
    public bool EnergyIsShare { get; init; }
    public PressureView[] Pressure { get; init; } = [];
}

/// <summary>PSI, hundredths of a percent of the last 10 s and 60 s (Documentation/accounting/psi.rst).</summary>
/// <param name="Scope">node, user or job.</param>
public sealed record PressureView(string Scope, string Resource, uint Some10, uint Some60, uint Full10, uint Full60, ulong SomeUs, ulong FullUs);

/// <summary>GET /api/v1/nodes/events (query: <c>node</c>, <c>job</c>): the newest things that nodes reported, oldest first; since the server's start.</summary>
public sealed record NodeEventList(long NowMs, NodeEventView[] Events);

/// <param name="Kind">out_of_memory, pids_limit, stall, drift, hook, health, unkillable.</param>
/// <param name="Drain">The reason with which the node drained itself for it; empty: it did not.</param>
public sealed record NodeEventView(string Node, string Kind, uint? JobId, string Sentence, string Drain, long AtMs);
