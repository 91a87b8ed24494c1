using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Partitions;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling;

/// <summary>A policy: who starts now, and why the others do not. It sees a view and returns a plan; <see cref="Cluster.Decide"/> checks
/// the plan again.</summary>
public interface IScheduler
{
    Plan Plan(SchedulingView view);
}

/// <summary>What a policy wants. Starts are in order; the same array may be in it several times, once per task.</summary>
public sealed class Plan
{
    public List<Start> Starts { get; } = [];
    public List<Verdict> Verdicts { get; } = [];
    /// <summary>The pass ended at <see cref="SchedulingView.StartsMax"/>, not at the end of the queues.</summary>
    public bool IsCut { get; set; }
}

/// <param name="Shares">In task order; the first is the batch host.</param>
public readonly record struct Start(Job Job, IReadOnlyList<NodeShare> Shares);

/// <summary>Why a job does not start now.</summary>
/// <param name="Blocks">It waits for resources and keeps those behind it in its partition from overtaking.</param>
/// <param name="Wake">When only time is in the way: the moment at which to look again.</param>
public readonly record struct Verdict(Job Job, PendingReason Reason, string Detail, bool Blocks = false, Instant Wake = default);

/// <summary>The cluster as a policy sees it: frozen for the time of one pass.</summary>
public sealed class SchedulingView
{
    private readonly Func<Job, Partition, Verdict?> obstacle;
    private readonly Func<Job, int> startableTasks;
    private readonly Action<Job> noteStart;
    private readonly Func<Job, Node, NodeBalance, NodeBalance?> reserved;
    private readonly IReadOnlyDictionary<string, Node> nodes;

    internal SchedulingView(Instant now, IReadOnlyList<Partition> partitions, IReadOnlyDictionary<string, Node> nodes, long nodesVersion,
        int startsMax,
        Func<Job, Partition, Verdict?> obstacle, Func<Job, int> startableTasks, Action<Job> noteStart,
        Func<Job, Node, NodeBalance, NodeBalance?> reserved)
    {
        Now = now;
        Partitions = partitions;
        this.nodes = nodes;
        NodesVersion = nodesVersion;
        StartsMax = startsMax;
        this.obstacle = obstacle;
        this.startableTasks = startableTasks;
        this.noteStart = noteStart;
        this.reserved = reserved;
    }

    public Instant Now { get; }
    public IReadOnlyList<Partition> Partitions { get; }
    /// <summary>Changes whenever a node or the configuration changed.</summary>
    public long NodesVersion { get; }
    public int StartsMax { get; }

    public Node Node(string name) => nodes[name];

    /// <summary>Waiting jobs of a partition, first come first.</summary>
    public IEnumerable<Job> Pending(Partition partition) => partition.Queue;

    /// <summary>What keeps this job from starting whatever is free (hold, begin time, dependency, limits); null: nothing.</summary>
    public Verdict? Obstacle(Job job, Partition partition) => obstacle(job, partition);

    /// <summary>What reservations leave to this job of what is free on a node; null: nothing.</summary>
    public NodeBalance? Reserved(Job job, Node node, NodeBalance free) => reserved(job, node, free);

    /// <summary>How many tasks of this job may start now: 1 for a plain job, less than all for a throttled array.</summary>
    public int StartableTasks(Job job) => startableTasks(job);

    /// <summary>A policy says so for each start it plans, so that throttles count it.</summary>
    public void NoteStart(Job job) => noteStart(job);
}
