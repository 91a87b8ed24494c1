using Stint.Core.Arrays;
using Stint.Core.Journal;
using Stint.Core.Resources;

namespace Stint.Core.Jobs;

/// <summary>Slurm's base states, by Slurm's names.</summary>
public enum JobState : byte
{
    Pending = 0, Running = 1, Suspended = 2, Completed = 3, Cancelled = 4, Failed = 5, Timeout = 6,
    NodeFail = 7, Preempted = 8, BootFail = 9, Deadline = 10, OutOfMemory = 11,
    /// <summary>Ending: its nodes have not all let go yet. <see cref="Job.Kind"/> says as what it will end.</summary>
    Completing = 100,
}

/// <summary>
/// A job, an array (one record for all its unstarted tasks), or a started array task. Written by <see cref="Cluster.Apply"/> only.
/// A million of them may be pending, so a job has only what a pending one needs; what a run needs is made with the first run (see
/// Job.Run.cs), and equal requests are one object.
/// </summary>
public sealed partial class Job
{
    private object? waitsIn;
    private ArrayPlace? arrayPlace;

    internal Job(uint id, SharedSpec asked) { Id = id; Asked = asked; }

    /// <summary>Its place in an array, or as an array; jobs of their own have none.</summary>
    private sealed class ArrayPlace
    {
        public uint? JobId, Task;
        public TaskSet? Unstarted;
    }

    public uint Id { get; }
    /// <summary>0 at the first start; +1 for each requeue (Slurm's Restarts).</summary>
    public uint Attempt { get; internal set; }
    /// <summary>What was asked; shared with all jobs that asked for the very same. Without the client token.</summary>
    public JobSpec Spec => Asked.Spec;
    internal SharedSpec Asked { get; private set; }
    public JobState State { get; internal set; }
    public bool Held { get; internal set; }
    public bool HeldByAdmin { get; internal set; }
    public bool RequeuePending { get; internal set; }

    /// <summary>Set on a task that was split off an array; the array's own record has <see cref="IsArray"/>.</summary>
    public uint? ArrayJobId { get => arrayPlace?.JobId; internal set => (arrayPlace ??= new ArrayPlace()).JobId = value; }
    public uint? ArrayTask { get => arrayPlace?.Task; internal set => (arrayPlace ??= new ArrayPlace()).Task = value; }
    /// <summary>True for the record that stands for an array's unstarted tasks.</summary>
    public bool IsArray => Asked.IsArray && ArrayTask is null;
    /// <summary>Unstarted tasks, ascending; empty for anything but an array's record.</summary>
    public IReadOnlyList<ArrayRange> PendingTasks => Unstarted?.ToRanges() ?? [];
    public int PendingTaskCount => Unstarted?.Count ?? 0;
    internal TaskSet? Unstarted { get => arrayPlace?.Unstarted; set => (arrayPlace ??= new ArrayPlace()).Unstarted = value; }

    public Instant Submitted { get; internal set; }
    public Instant Eligible { get; internal set; }
    /// <summary>The job does not start before; not set: no bound.</summary>
    public Instant NotBefore { get; internal set; }
    /// <summary>FIFO rank: smaller starts first.</summary>
    public ulong Order { get; internal set; }
    /// <summary>Of the client token that it was submitted with; 0: none.</summary>
    internal ulong TokenHash { get; set; }

    /// <summary>Why it waits, as the last scheduling pass found; not part of the journal.</summary>
    public PendingReason Reason => waitsIn switch
    {
        Parking parked => parked.Reason,
        JobClass group => group.ReasonOf(this),
        _ => PendingReason.None,
    };

    /// <summary>The reason with its numbers, one sentence.</summary>
    public string ReasonDetail => waitsIn switch
    {
        Parking parked => parked.Detail,
        JobClass group => group.DetailOf(this),
        _ => "",
    };

    /// <summary>Where it waits when nothing but resources and limits is in the way; null: it is parked, or not pending.</summary>
    internal JobClass? Class
    {
        get => waitsIn as JobClass;
        set { if (value is not null || waitsIn is JobClass) waitsIn = value; }
    }

    /// <summary>What it is parked with until something wakes it; null: it is not.</summary>
    internal Parking? Parked
    {
        get => waitsIn as Parking;
        set { if (value is not null || waitsIn is Parking) waitsIn = value; }
    }

    /// <summary>The jobs that stand alike before limits and priority; while it is not over.</summary>
    internal Accounts.PolicyClass? Policy { get; set; }

    /// <summary>Its age in its class; written by the class.</summary>
    internal long QueueKey { get; set; }

    /// <summary>What it (or one task of the array) needs at once.</summary>
    public Request Request => Class?.Shape.Request ?? (run is null ? Request.Of(Spec) : run.Request ??= Request.Of(Spec));

    /// <summary>Another spec from here on: what was derived from the old one is forgotten. The caller keeps the count of its users.</summary>
    internal void Respec(SharedSpec asked)
    {
        Asked = asked;
        if (run is not null) run.Request = null;
    }

    public bool IsActive => State is JobState.Running or JobState.Completing or JobState.Suspended;
    public bool IsOver => !IsActive && State != JobState.Pending;
}
