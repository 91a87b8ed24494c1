using Stint.Core.Arrays;
using Stint.Core.Journal;
using Stint.Core.Resources;

namespace Stint.Core.Jobs;

/// <summary>Slurm's base states, by Slurm's names.</summary>
public enum JobState
{
    Pending = 0, Running = 1, Suspended = 2, Completed = 3, Cancelled = 4, Failed = 5, Timeout = 6,
    NodeFail = 7, Preempted = 8, BootFail = 9, Deadline = 10, OutOfMemory = 11,
    /// <summary>Ending: its nodes have not all let go yet. <see cref="Job.Kind"/> says as what it will end.</summary>
    Completing = 100,
}

/// <summary>
/// A job, an array (one record for all its unstarted tasks), or a started array task. Written by <see cref="Cluster.Apply"/> only.
/// </summary>
public sealed class Job
{
    internal Job(uint id, JobSpec spec) { Id = id; Spec = spec; }

    public uint Id { get; }
    public JobSpec Spec { get; }
    public JobState State { get; internal set; }
    /// <summary>Set on a task that was split off an array; the array's own record has <see cref="IsArray"/>.</summary>
    public uint? ArrayJobId { get; internal set; }
    public uint? ArrayTask { get; internal set; }
    /// <summary>True for the record that stands for an array's unstarted tasks.</summary>
    public bool IsArray => Spec.Array.Count > 0 && ArrayTask is null;
    /// <summary>Unstarted tasks, ascending; empty for anything but an array's record.</summary>
    public IReadOnlyList<ArrayRange> PendingTasks => Unstarted?.ToRanges() ?? [];
    public int PendingTaskCount => Unstarted?.Count ?? 0;
    public Instant Submitted { get; internal set; }
    public Instant Eligible { get; internal set; }
    public Instant Started { get; internal set; }
    public Instant Ended { get; internal set; }
    /// <summary>When the wall-time limit falls; not set: unlimited or not started.</summary>
    public Instant EndLimit { get; internal set; }
    /// <summary>0 at the first start; +1 for each requeue (Slurm's Restarts).</summary>
    public uint Attempt { get; internal set; }
    public bool Held { get; internal set; }
    public bool HeldByAdmin { get; internal set; }
    public IReadOnlyList<NodeShare> Shares { get; internal set; } = [];
    /// <summary>The partition it runs in: of several that it named, the chosen one; the spec's own before it started.</summary>
    public string Partition { get; internal set; } = "";
    /// <summary>The reservation it runs in; empty: none.</summary>
    public string Reservation { get; internal set; } = "";
    /// <summary>Licences it holds, <c>name:count,...</c></summary>
    public string Licenses { get; internal set; } = "";
    /// <summary>Nodes that hold nothing of this job any more.</summary>
    public IReadOnlyCollection<string> ReleasedNodes => Released;
    public EndKind Kind { get; internal set; }
    public int ExitCode { get; internal set; }
    public int Signal { get; internal set; }
    public uint EndedBy { get; internal set; }
    /// <summary>One sentence for people: why it ended as it did, or why it was requeued.</summary>
    public string Cause { get; internal set; } = "";
    public bool RequeuePending { get; internal set; }
    public SortedDictionary<uint, Step> Steps { get; } = [];
    public uint NextStepId { get; internal set; }
    /// <summary>FIFO rank: smaller starts first.</summary>
    public ulong Order { get; internal set; }
    /// <summary>Why it waits, as the last scheduling pass found; not part of the journal.</summary>
    public PendingReason Reason => Parked is { } parked ? parked.Reason : Class?.ReasonOf(this) ?? PendingReason.None;
    /// <summary>The reason with its numbers, one sentence.</summary>
    public string ReasonDetail => Parked is { } parked ? parked.Detail : Class?.DetailOf(this) ?? "";

    /// <summary>Where it waits when nothing but resources and limits is in the way; null: it is parked, or not pending.</summary>
    internal JobClass? Class { get; set; }
    /// <summary>Its age in its class; written by the class.</summary>
    internal long QueueKey { get; set; }
    /// <summary>What it is parked with until something wakes it.</summary>
    internal Parking? Parked { get; set; }

    /// <summary>The job does not start before; not set: no bound.</summary>
    public Instant NotBefore { get; internal set; }

    internal TaskSet? Unstarted { get; set; }
    internal SortedSet<string> Released { get; } = new(StringComparer.Ordinal);
    private Request? request;
    /// <summary>What it (or one task of the array) needs at once.</summary>
    public Request Request => request ??= Request.Of(Spec);

    public bool IsActive => State is JobState.Running or JobState.Completing or JobState.Suspended;
    public bool IsOver => !IsActive && State != JobState.Pending;
}

/// <summary>One launch of tasks inside a job's allocation.</summary>
public sealed class Step
{
    internal Step(uint id, StepSpec spec) { Id = id; Spec = spec; }
    public uint Id { get; }
    public StepSpec Spec { get; }
    public IReadOnlyList<NodeShare> Shares { get; internal set; } = [];
    public Instant Created { get; internal set; }
    public Instant Started { get; internal set; }
    public Instant Ended { get; internal set; }
    /// <summary>By node name.</summary>
    public SortedDictionary<string, StepStarted> StartReports { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, StepExited> ExitReports { get; } = new(StringComparer.Ordinal);
    public bool IsOver => Ended.IsSet;
}
