namespace Stint.Protocol.Api;

/// <summary>POST /api/v1/jobs/update: jobs as typed (<c>12</c>, <c>7_3</c>, <c>7_[1-5]</c>); what is null stays as it is.</summary>
public sealed record JobUpdateRequest
{
    public string[] Jobs { get; set; } = [];
    public string? Name { get; set; }
    public string? Partition { get; set; }
    public string? Account { get; set; }
    public string? Qos { get; set; }
    /// <summary>0: unlimited.</summary>
    public long? TimeLimitMs { get; set; }
    /// <summary>On top of the present limit; may be negative.</summary>
    public long? TimeLimitAddMs { get; set; }
    public long? TimeMinMs { get; set; }
    /// <summary>0: held. Operators only, except 0.</summary>
    public uint? Priority { get; set; }
    public int? Nice { get; set; }
    /// <summary>As <c>-d</c> takes it; empty: none any more.</summary>
    public string? Dependency { get; set; }
    public string? Constraint { get; set; }
    public string? Prefer { get; set; }
    public uint? NodesMin { get; set; }
    public uint? NodesMax { get; set; }
    public uint? Tasks { get; set; }
    public uint? CpusPerTask { get; set; }
    public uint? TasksPerNode { get; set; }
    public ulong? MemoryPerNodeBytes { get; set; }
    public ulong? MemoryPerCpuBytes { get; set; }
    public string? NodeList { get; set; }
    public string? ExcludeList { get; set; }
    /// <summary>Per node, as <c>--gres</c> takes it; empty: none any more.</summary>
    public string? Gres { get; set; }
    public string? Licenses { get; set; }
    public string? Reservation { get; set; }
    public long? BeginMs { get; set; }
    public long? DeadlineMs { get; set; }
    public string? Comment { get; set; }
    public string? AdminComment { get; set; }
    public bool? Requeue { get; set; }
    public bool? Exclusive { get; set; }
    public bool? Contiguous { get; set; }
    /// <summary>0: none.</summary>
    public uint? ArrayThrottle { get; set; }
    public string? WorkDir { get; set; }
    public string? StdOut { get; set; }
    public string? StdErr { get; set; }
    public string? StdIn { get; set; }
    public string? MailType { get; set; }
    public string? MailUser { get; set; }
    public string? Wckey { get; set; }
    public int? SiteFactor { get; set; }
}

/// <summary>POST /api/v1/reservations makes one; POST /api/v1/reservations/{name} changes one: what is null stays as it is.</summary>
public sealed record ReservationRequest
{
    /// <summary>Making one: its name; null: made up from the first user or account.</summary>
    public string? Name { get; set; }
    public long? StartMs { get; set; }
    public long? EndMs { get; set; }
    public long? DurationMs { get; set; }
    /// <summary>A hostlist or ALL.</summary>
    public string? Nodes { get; set; }
    public string? NodesAdded { get; set; }
    public string? NodesRemoved { get; set; }
    public uint? NodeCount { get; set; }
    public uint? CoreCount { get; set; }
    /// <summary>On each node of the list; instead of <see cref="CoreCount"/>.</summary>
    public uint[]? CoresPerNode { get; set; }
    public string? Partition { get; set; }
    public string? Features { get; set; }
    public string[]? Users { get; set; }
    public string[] UsersAdded { get; set; } = [];
    public string[] UsersRemoved { get; set; } = [];
    /// <summary>The users named are those who may not.</summary>
    public bool? UsersDenied { get; set; }
    public string[]? Accounts { get; set; }
    public string[] AccountsAdded { get; set; } = [];
    public string[] AccountsRemoved { get; set; } = [];
    public bool? AccountsDenied { get; set; }
    public string[]? Groups { get; set; }
    public string[]? Qos { get; set; }
    public string[] FlagsAdded { get; set; } = [];
    public string[] FlagsRemoved { get; set; } = [];
    /// <summary><c>cpu=4,gres/gpu=2</c></summary>
    public TresCount[]? Tres { get; set; }
    public string? Licenses { get; set; }
    public string? Comment { get; set; }
    public long? PurgeAfterMs { get; set; }
    /// <summary>Changing one: ends the present occurrence of a recurring one, or leaves out the next.</summary>
    public bool Skip { get; set; }
}

public sealed record ReservationResponse(string Name);

public sealed record ReservationView
{
    public string Name { get; init; } = "";
    public long StartMs { get; init; }
    public long EndMs { get; init; }
    public string Nodes { get; init; } = "";
    public uint NodeCount { get; init; }
    public uint CoreCount { get; init; }
    public string? Partition { get; init; }
    public string? Features { get; init; }
    public string[] Users { get; init; } = [];
    public bool UsersDenied { get; init; }
    public string[] Accounts { get; init; } = [];
    public bool AccountsDenied { get; init; }
    public string[] Groups { get; init; } = [];
    public string[] Qos { get; init; } = [];
    public string[] Flags { get; init; } = [];
    public TresCount[] Tres { get; init; } = [];
    public string? Licenses { get; init; }
    public string? Comment { get; init; }
    /// <summary>ACTIVE or INACTIVE.</summary>
    public string State { get; init; } = "INACTIVE";
    /// <summary>Cores and devices on each node, when it is not whole nodes.</summary>
    public NodeShareView[] Shares { get; init; } = [];
}
/// <summary>GET /api/v1/reservations</summary>
public sealed record ReservationList(long NowMs, ReservationView[] Reservations);

public sealed record LicenseView(string Name, uint Total, uint Used, uint Reserved);
/// <summary>GET /api/v1/licenses</summary>
public sealed record LicenseList(long NowMs, LicenseView[] Licenses);

/// <param name="Level">0 for a leaf.</param>
public sealed record SwitchView(string Name, int Level, string Nodes, string Switches);
/// <summary>GET /api/v1/topology: a tree of switches, or blocks; both empty: none.</summary>
public sealed record TopologyView(SwitchView[] Switches, SwitchView[] Blocks);

/// <summary>Why a job waits, in numbers; part of <see cref="ExplainView"/> of a pending job.</summary>
public sealed record PendingView
{
    public string Reason { get; init; } = "";
    /// <summary>The reason with its numbers.</summary>
    public string Sentence { get; init; } = "";
    /// <summary>What would make it start.</summary>
    public string[] Remedies { get; init; } = [];
    /// <summary>0: no time is planned.</summary>
    public long PlannedStartMs { get; init; }
    public string PlannedNodes { get; init; } = "";
    /// <summary>Jobs of the same partition that go first.</summary>
    public int JobsAhead { get; init; }
    /// <summary>The first of them, which waits for resources; 0: it is not behind one.</summary>
    public uint Behind { get; init; }
    public double Priority { get; init; }
    public PriorityFactorView[] Factors { get; init; } = [];
}

/// <param name="Value">0 to 1.</param>
/// <param name="Points">Value × weight: what it adds to the priority.</param>
public sealed record PriorityFactorView(string Name, double Value, double Weight, double Points);
