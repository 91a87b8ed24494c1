using Stint.Core.Journal;
using Stint.Core.Resources;

namespace Stint.Core.Jobs;

// What a job has from its first start on, or when it ended without one.
public sealed partial class Job
{
    private static readonly SortedDictionary<uint, Step> NoSteps = [];
    private static readonly SortedSet<string> NoNodes = [];

    private Run? run;

    private sealed class Run
    {
        public Instant Started, Ended, EndLimit;
        public IReadOnlyList<NodeShare> Shares = [];
        public string? Partition, Reservation, Licenses, Cause;
        public EndKind Kind;
        public int ExitCode, Signal;
        public uint EndedBy, NextStepId, SuspendedFor;
        public Instant SuspendedAt;
        public long RunLimitMs, SuspendedMs, GraceMs;
        public bool KeepsResources, RequeueHeld;
        public Request? Request;
        public readonly SortedSet<string> Released = new(StringComparer.Ordinal);
        public readonly SortedDictionary<uint, Step> Steps = [];
    }

    private Run Mine => run ??= new Run();

    public Instant Started { get => run?.Started ?? default; internal set { if (run is not null || value.IsSet) Mine.Started = value; } }
    public Instant Ended { get => run?.Ended ?? default; internal set { if (run is not null || value.IsSet) Mine.Ended = value; } }
    /// <summary>When the wall-time limit falls; not set: unlimited or not started.</summary>
    public Instant EndLimit { get => run?.EndLimit ?? default; internal set { if (run is not null || value.IsSet) Mine.EndLimit = value; } }
    public IReadOnlyList<NodeShare> Shares { get => run?.Shares ?? []; internal set { if (run is not null || value.Count > 0) Mine.Shares = value; } }
    /// <summary>The partition it runs in: of several that it named, the chosen one; empty before it started.</summary>
    public string Partition { get => run?.Partition ?? ""; internal set { if (run is not null || value.Length > 0) Mine.Partition = value; } }
    /// <summary>The reservation it runs in; empty: none.</summary>
    public string Reservation { get => run?.Reservation ?? ""; internal set { if (run is not null || value.Length > 0) Mine.Reservation = value; } }
    /// <summary>Licences it holds, <c>name:count,...</c></summary>
    public string Licenses { get => run?.Licenses ?? ""; internal set { if (run is not null || value.Length > 0) Mine.Licenses = value; } }
    /// <summary>Nodes that hold nothing of this job any more.</summary>
    public IReadOnlyCollection<string> ReleasedNodes => Released;
    public EndKind Kind { get => run?.Kind ?? default; internal set { if (run is not null || value != default) Mine.Kind = value; } }
    public int ExitCode { get => run?.ExitCode ?? 0; internal set { if (run is not null || value != 0) Mine.ExitCode = value; } }
    public int Signal { get => run?.Signal ?? 0; internal set { if (run is not null || value != 0) Mine.Signal = value; } }
    public uint EndedBy { get => run?.EndedBy ?? 0; internal set { if (run is not null || value != 0) Mine.EndedBy = value; } }
    /// <summary>One sentence for people: why it ended as it did, or why it was requeued.</summary>
    public string Cause { get => run?.Cause ?? ""; internal set { if (run is not null || value.Length > 0) Mine.Cause = value; } }
    /// <summary>Only a job that was started has any; only such a one is given any.</summary>
    public SortedDictionary<uint, Step> Steps => run?.Steps ?? NoSteps;
    public uint NextStepId { get => run?.NextStepId ?? 0; internal set { if (run is not null || value != 0) Mine.NextStepId = value; } }
    /// <summary>The limit of this run where it is shorter than the spec's; 0: the spec's.</summary>
    public long RunLimitMs { get => run?.RunLimitMs ?? 0; internal set { if (run is not null || value != 0) Mine.RunLimitMs = value; } }
    /// <summary>Start of the present suspension, also while it ends suspended; not set: none.</summary>
    public Instant SuspendedAt { get => run?.SuspendedAt ?? default; internal set { if (run is not null || value.IsSet) Mine.SuspendedAt = value; } }
    /// <summary>Sum of the suspensions of this run that are over: its time limit does not count them.</summary>
    public long SuspendedMs { get => run?.SuspendedMs ?? 0; internal set { if (run is not null || value != 0) Mine.SuspendedMs = value; } }
    /// <summary>The job that it was suspended for; 0: an operator's wish.</summary>
    public uint SuspendedFor { get => run?.SuspendedFor ?? 0; internal set { if (run is not null || value != 0) Mine.SuspendedFor = value; } }
    internal bool KeepsResources { get => run?.KeepsResources ?? false; set { if (run is not null || value) Mine.KeepsResources = value; } }
    /// <summary>Its CPUs are others' for the time being; memory and devices are not.</summary>
    public bool YieldsCpus => SuspendedAt.IsSet && !KeepsResources;
    /// <summary>While it ends: from SIGTERM to SIGKILL, in place of KillWait; 0: KillWait.</summary>
    public long GraceMs { get => run?.GraceMs ?? 0; internal set { if (run is not null || value != 0) Mine.GraceMs = value; } }
    internal bool RequeueHeld { get => run?.RequeueHeld ?? false; set { if (run is not null || value) Mine.RequeueHeld = value; } }
    internal SortedSet<string> Released => run?.Released ?? NoNodes;
}
