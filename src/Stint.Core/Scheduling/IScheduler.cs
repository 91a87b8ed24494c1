using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Partitions;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling;

/// <summary>A policy: who starts now, who when, and why the others do not. It sees a view and returns a plan; <see
/// cref="Cluster.Decide"/> checks the plan again. It may keep what it learned from one call to the next.</summary>
public interface IScheduler
{
    Plan Plan(SchedulingView view);

    /// <summary>When and where a pending job is planned to start; null: it has no planned start.</summary>
    PlannedStart? PlannedStartOf(uint jobId) => null;

    /// <summary>Whether a planned start waits for this node.</summary>
    bool IsPlanned(Node node) => false;
}

/// <summary>What a policy wants. Starts are in order; the same array may be in it several times, once per task.</summary>
public sealed class Plan
{
    public List<Start> Starts { get; } = [];
    public List<Verdict> Verdicts { get; } = [];
    /// <summary>Who gives way so that a waiting job can start when they have let go.</summary>
    public List<Preemption> Preemptions { get; } = [];
    /// <summary>The pass ended at <see cref="SchedulingView.StartsMax"/> or at its budget, not at the end of the queue.</summary>
    public bool IsCut { get; set; }
    /// <summary>Look again then, even if nothing happens; not set: not needed.</summary>
    public Instant Again { get; set; }
}

/// <param name="Shares">In task order; the first is the batch host.</param>
/// <param name="Partition">The one of those that the job named.</param>
/// <param name="RunLimitMs">A time limit shorter than the one asked for, where the job allows it; 0: as asked.</param>
public readonly record struct Start(Job Job, IReadOnlyList<NodeShare> Shares, Partition? Partition = null, long RunLimitMs = 0);

/// <summary>Why a job does not start now.</summary>
/// <param name="Blocks">It waits for resources and keeps those behind it in its partition from overtaking.</param>
/// <param name="Wake">When only time is in the way: the moment at which to look again.</param>
public readonly record struct Verdict(Job Job, PendingReason Reason, string Detail, bool Blocks = false, Instant Wake = default);

/// <summary>When and where a pending job is planned to start.</summary>
public readonly record struct PlannedStart(Instant At, IReadOnlyList<string> Nodes);

/// <summary>The cluster as a policy sees it: frozen for the time of one call.</summary>
public abstract class SchedulingView
{
    public abstract Instant Now { get; }
    public abstract IReadOnlyList<Partition> Partitions { get; }
    public abstract IReadOnlyCollection<Node> AllNodes { get; }
    /// <summary>Changes whenever a node's state or the configuration changed.</summary>
    public abstract long NodesVersion { get; }
    /// <summary>Starts of one call. More are left to the next one, so that the inbox is served in between.</summary>
    public abstract int StartsMax { get; }
    public abstract PlanningSettings Planning { get; }

    /// <summary>The time given to this call is used up: the policy returns what it has and goes on in the next call.</summary>
    public abstract bool IsEnough();

    public abstract Node Node(string name);

    /// <summary>Waiting jobs of a partition, first come first.</summary>
    public abstract IEnumerable<Job> Pending(Partition partition);

    /// <summary>Exact free resources, less the starts that this call has noted.</summary>
    public abstract NodeBalance FreeOn(Node node);

    /// <summary>When a running job is expected to give back what it holds: the past for any moment, <see cref="long.MaxValue"/> for
    /// never.</summary>
    public abstract long EndOf(uint jobId);

    internal abstract JobQueue Queue { get; }

    /// <summary>Nodes on which something started or ended since the last call.</summary>
    internal abstract List<Node> Touched { get; }

    internal abstract double PriorityOf(Job job, Partition partition);

    /// <summary>What keeps this job, unlike others of its class, from starting whatever is free: hold, begin time, dependency,
    /// throttle; null: nothing.</summary>
    public abstract Verdict? ObstacleOf(Job job);

    /// <summary>What keeps every job of its class from starting there, whatever is free: state of the partition, reservations, limits,
    /// licences; null: nothing.</summary>
    public abstract Verdict? ObstacleOfClass(Job job, Partition partition);

    /// <summary>How many tasks of this job may start now: 1 for a plain job, less than all for a throttled array.</summary>
    public abstract int StartableTasks(Job job);

    /// <summary>How long a job is expected to hold what it gets, in milliseconds; the limit at which it is ended is kept apart.</summary>
    public abstract long PlannedMs(Job job);

    /// <summary>A policy says so for each start it plans, so that limits and free resources count it.</summary>
    public abstract void NoteStart(in Start start);

    /// <summary>What is in the way of a start with these shares, which may be more than was asked for; null: nothing.</summary>
    internal virtual Verdict? ObstacleOfShares(Job job, Partition partition, IReadOnlyList<NodeShare> shares) => null;

    /// <summary>The start is not to be after all: the last one that was noted.</summary>
    internal abstract void TakeBack(in Start start);

    /// <summary>All components of a heterogeneous job, the leader first.</summary>
    internal abstract IEnumerable<Job> ComponentsOf(Job job);

    /// <summary>False: while it waits, nothing is kept free for it.</summary>
    internal abstract bool MayReserve(Job job, Partition partition);

    /// <summary>What reservations leave to a job of a balance of a node, from a moment on for a time; null: nothing.</summary>
    public abstract NodeBalance? ReservedFor(Job job, Node node, NodeBalance free, Instant from, long forMs);

    /// <summary>Whether <see cref="ReservedFor"/> can say anything but yes.</summary>
    public abstract bool HasReservations { get; }

    /// <summary>Moments ahead at which a reservation begins or ends, in order: what it kept away may fit from then on.</summary>
    public abstract IReadOnlyList<Instant> ReservationEdges();

    /// <summary>Whether some job may make others give way.</summary>
    public abstract bool HasPreemption { get; }

    public abstract Preemption? FindPreemption(Job job, Partition partition);

    /// <summary>The verdict when nothing but reservations keeps a job away; null: that is not it.</summary>
    public abstract Verdict? ReservedVerdict(Job job, Partition partition);

    /// <summary>The time limit with which a job that allows less (--time-min) ends within some room; null: not even its minimum
    /// does.</summary>
    public abstract long? LimitThatFits(Job job, long roomMs);

    /// <summary>Why a request that does not fit on the empty nodes that take jobs never starts as things stand.</summary>
    public abstract Verdict Infeasible(Job job, Partition partition, bool isNever);
}
