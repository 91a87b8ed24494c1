using Stint.Core.Journal;

namespace Stint.Core;

/// <summary>Something that is asked of the cluster. <see cref="Cluster.Decide"/> answers with records or a refusal.</summary>
public abstract record Command;

/// <summary>Who asks. Root and the cluster's own user are operators.</summary>
public readonly record struct Actor(uint Uid, bool IsOperator);

// Configuration and nodes
public sealed record Configure(ClusterConfigured Config) : Command;
/// <summary>Other tiers, user tiers and default tier, as <paramref name="Tiers"/> has them; the rest of the configuration stays. Operators only.</summary>
public sealed record ChangeTiers(ClusterConfigured Tiers, Actor By) : Command;
public sealed record RegisterNode(NodeRegistered Registration) : Command;
/// <summary>The agent's link is gone (not yet DOWN: that is decided by <see cref="Tick"/> after the node time-out).</summary>
public sealed record LoseNode(string Node) : Command;
public sealed record UpdateNode(string Node, Actor By, bool? Drain, bool? Down, string Reason) : Command
{
    /// <summary>The state asked for by its name (<c>scontrol update node … state=</c>); it goes before <see cref="Drain"/> and <see
    /// cref="Down"/>.</summary>
    public NodeTarget? State { get; init; }
}

/// <summary>What <c>scontrol update node … state=</c> takes.</summary>
public enum NodeTarget { Resume, Idle, Drain, Undrain, Down, Fail, Future, NotResponding }

// Jobs. TaskSelection null = the whole job; otherwise ranges of array tasks.
public sealed record SubmitJob(JobSpec Spec) : Command;
public sealed record CancelJob(uint JobId, IReadOnlyList<ArrayRange>? Tasks, Actor By) : Command;
/// <param name="Tasks">Only these tasks of the array; null: all of it.</param>
/// <param name="AsUser">An operator's hold that the owner can lift (<c>scontrol uhold</c>).</param>
public sealed record HoldJob(uint JobId, Actor By, IReadOnlyList<ArrayRange>? Tasks = null, bool AsUser = false) : Command;
public sealed record ReleaseJob(uint JobId, Actor By, IReadOnlyList<ArrayRange>? Tasks = null) : Command;
public sealed record RequeueJob(uint JobId, Actor By, bool Hold = false, IReadOnlyList<ArrayRange>? Tasks = null) : Command;
/// <summary>The client of an interactive job (srun, salloc) is over.</summary>
public sealed record CompleteInteractiveJob(uint JobId, Actor By, int ExitCode, int Signal) : Command;

// Steps
public sealed record CreateStep(uint JobId, StepSpec Spec, Actor By) : Command;
public sealed record ReportStepStarted(StepStarted Report) : Command;
public sealed record ReportStepExited(StepExited Report) : Command;
/// <summary>The node has no process and no group of that job and attempt.</summary>
public sealed record ReportNodeReleased(uint JobId, uint Attempt, string Node) : Command;
/// <summary>After a reconnect: everything the node holds. Jobs that the cluster believes are there and are not, are lost there.</summary>
public sealed record ReportNodeHoldings(string Node, IReadOnlyList<(uint JobId, uint StepId, uint Attempt)> Steps) : Command;

// Time
/// <summary>Scheduling: one slice of it where a budget is given, else all of it. Its records are <see cref="JobAllocated"/> (and array
/// splits), and what preemption asks for.</summary>
/// <param name="IsEnough">Asked now and then: true ends the slice, and the next one goes on from there. Null: no bound.</param>
public sealed record Schedule(Func<bool>? IsEnough = null) : Command;
/// <summary>Deadlines that passed: silent nodes, jobs past their limit whose shepherd did not say so, ended jobs to forget.</summary>
public sealed record Tick : Command;

/// <summary>The clock that <c>now</c> is read from was set: since the last command it went so much further than time did.</summary>
public sealed record ShiftClock(long ByMs) : Command;

// Tokens
public sealed record IssueToken(string Hash, long ExpiresMs, Actor By, string Node, string Purpose) : Command;
public sealed record UseToken(string Hash, string Node, string CertificateThumbprint) : Command;

/// <summary>The answer to a command.</summary>
public readonly record struct Decision(IReadOnlyList<Record> Records, Refusal? Refusal, uint Id)
{
    /// <param name="id">The new job's or step's id, when the command made one.</param>
    public static Decision Of(IReadOnlyList<Record> records, uint id = 0) => new(records, null, id);
    public static Decision No(string code, string sentence, string remedy = "") => new([], new Refusal(code, sentence, remedy), 0);
    public static readonly Decision Nothing = new([], null, 0);
}

/// <summary>Step ids with a meaning of their own, as Slurm numbers them.</summary>
public static class StepIds
{
    public const uint Batch = 0xFFFF_FFFB;
    public const uint Extern = 0xFFFF_FFFC;
}

// Reservations. Times are absolute; relative ones are the caller's arithmetic.
/// <summary>The id of the answer is 0; the name (made up when the spec has none) is in the record.</summary>
/// <param name="CoresPerNode"><c>CoreCnt=2,2,3</c>: cores on each node of the list; null: the spec's core count, evenly.</param>
public sealed record MakeReservation(ReservationSpec Spec, Actor By, IReadOnlyList<uint>? CoresPerNode = null) : Command;
public sealed record UpdateReservation(string Name, ReservationChange Change, Actor By) : Command;
public sealed record DeleteReservation(string Name, Actor By) : Command;
/// <summary>Ends the present occurrence of a recurring reservation early, or leaves out the next one.</summary>
public sealed record SkipReservation(string Name, Actor By) : Command;

/// <summary>null: as it is. Lists replace what is there; <c>+=</c> and <c>-=</c> are the two lists beside them.</summary>
public sealed record ReservationChange
{
    public long? StartMs { get; init; }
    public long? EndMs { get; init; }
    public long? DurationMs { get; init; }
    /// <summary>A hostlist; empty: chosen again by count.</summary>
    public string? Nodes { get; init; }
    public string? NodesAdded { get; init; }
    public string? NodesRemoved { get; init; }
    public uint? NodeCount { get; init; }
    public string? Partition { get; init; }
    public string? Features { get; init; }
    public IReadOnlyList<string>? Users { get; init; }
    public IReadOnlyList<string> UsersAdded { get; init; } = [];
    public IReadOnlyList<string> UsersRemoved { get; init; } = [];
    public bool? UsersDenied { get; init; }
    public IReadOnlyList<string>? Accounts { get; init; }
    public IReadOnlyList<string> AccountsAdded { get; init; } = [];
    public IReadOnlyList<string> AccountsRemoved { get; init; } = [];
    public bool? AccountsDenied { get; init; }
    public IReadOnlyList<string>? Groups { get; init; }
    public IReadOnlyList<string>? Qos { get; init; }
    public IReadOnlyList<string> FlagsAdded { get; init; } = [];
    public IReadOnlyList<string> FlagsRemoved { get; init; } = [];
    public string? Licenses { get; init; }
    public string? Comment { get; init; }
    public long? PurgeAfterMs { get; init; }
}

// Jobs that are there already
/// <summary><c>scontrol update job</c>: all or nothing, checked as a submission is.</summary>
/// <param name="Tasks">Only these tasks of the array; null: all that are not over.</param>
public sealed record UpdateJob(uint JobId, JobChange Change, Actor By, IReadOnlyList<ArrayRange>? Tasks = null) : Command;

/// <summary>null: as it is.</summary>
public sealed record JobChange
{
    public string? Name { get; init; }
    public string? Partition { get; init; }
    public string? Account { get; init; }
    public string? Qos { get; init; }
    /// <summary>0: unlimited.</summary>
    public long? TimeLimitMs { get; init; }
    /// <summary><c>TimeLimit=+10</c>, <c>-10</c>: on top of what it is.</summary>
    public long? TimeLimitAddMs { get; init; }
    public long? TimeMinMs { get; init; }
    /// <summary>0: held.</summary>
    public uint? Priority { get; init; }
    public int? Nice { get; init; }
    public IReadOnlyList<Dependency>? Dependencies { get; init; }
    /// <summary>With <see cref="Dependencies"/>: any of them suffices.</summary>
    public bool DependencyAny { get; init; }
    public string? Constraint { get; init; }
    public string? Prefer { get; init; }
    public uint? NodesMin { get; init; }
    public uint? NodesMax { get; init; }
    public uint? Tasks { get; init; }
    public uint? CpusPerTask { get; init; }
    public uint? TasksPerNode { get; init; }
    public ulong? MemoryPerNodeBytes { get; init; }
    public ulong? MemoryPerCpuBytes { get; init; }
    public string? NodeList { get; init; }
    public string? ExcludeList { get; init; }
    public IReadOnlyList<GresRequest>? Gres { get; init; }
    public string? Licenses { get; init; }
    public string? Reservation { get; init; }
    public long? BeginMs { get; init; }
    public long? DeadlineMs { get; init; }
    public string? Comment { get; init; }
    public string? AdminComment { get; init; }
    public bool? Requeue { get; init; }
    public bool? Exclusive { get; init; }
    public bool? Contiguous { get; init; }
    public uint? ArrayThrottle { get; init; }
    public string? WorkDir { get; init; }
    public string? StdOut { get; init; }
    public string? StdErr { get; init; }
    public string? StdIn { get; init; }
    public string? MailType { get; init; }
    public string? MailUser { get; init; }
    public string? Wckey { get; init; }
    public int? SiteFactor { get; init; }
}

/// <summary><c>scontrol suspend</c>: operators only. CPUs go to others; memory and devices stay.</summary>
public sealed record SuspendJob(uint JobId, Actor By) : Command;
public sealed record ResumeJob(uint JobId, Actor By) : Command;
/// <summary><c>scontrol top</c>: before the other pending jobs of the same user, partition, account and QOS, in the order given.</summary>
public sealed record TopJobs(IReadOnlyList<uint> JobIds, Actor By) : Command;
/// <summary>The components of one heterogeneous job, the leader first. They start together, or none does. The answer's id is the
/// leader's; the others follow it.</summary>
public sealed record SubmitHetJob(IReadOnlyList<JobSpec> Components) : Command;
