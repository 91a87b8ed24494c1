using Stint.Core.Jobs;
using Stint.Core.Nodes;
using Stint.Core.Partitions;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Cycle;

/// <summary>
/// One request on one partition, shared by every class that asks for it, with what a plan has learned of it. Within a plan less and less is
/// free, so what did not fit does not fit later, nor for longer.
/// </summary>
internal sealed class Prospect(Shape shape, Partition partition)
{
    public Shape Shape { get; } = shape;
    public Partition Partition { get; } = partition;

    /// <summary>The plan that the rest belongs to; of another plan it means nothing.</summary>
    public long PlanNumber { get; private set; }
    /// <summary>The shortest time for which it did not fit now, on all nodes but those freed since.</summary>
    public long ShortestFailedMs { get; set; } = long.MaxValue;
    /// <summary>How much of <see cref="TimelineBook.Freed"/> that covers.</summary>
    public int FreedSeen { get; set; }
    /// <summary>It does not fit before this moment for that long.</summary>
    public long EarliestMs { get; set; }
    public long EarliestForMs { get; set; } = long.MaxValue;

    public void Enter(long planNumber)
    {
        if (PlanNumber == planNumber) return;
        PlanNumber = planNumber;
        ShortestFailedMs = EarliestForMs = long.MaxValue;
        FreedSeen = 0;
        EarliestMs = 0;
    }

    /// <summary>State of the nodes for which <see cref="Feasibility"/> was found.</summary>
    public long NodesVersion { get; set; } = -1;
    public Feasibility Feasibility { get; set; }
}

/// <summary>Could it ever run here, on empty nodes?</summary>
internal enum Feasibility
{
    Possible,
    /// <summary>It takes nodes that take no jobs now.</summary>
    NotAvailable,
    /// <summary>Not even with all nodes of the partition.</summary>
    Never,
}

/// <summary>What is asked of nodes, without who asks and for how long: all jobs that ask for the same share it.</summary>
internal sealed class Shape
{
    public Shape(Request request)
    {
        Request = request;
        CpusMin = request.Ranges is null ? Math.Max(1, request.CpusPerTask) : 1;
        var memoryOfTask = request.MemoryPerNode is > 0 and var perNode ? (long)perNode
            : request.MemoryPerCpu is > 0 and var perCpu ? (long)perCpu * request.CpusPerTask : 0;
        IsOneNode = request.NodesMin <= 1 && (request.NodesMax == 1 || request.Tasks == 1);
        NodeCpus = request.Ranges is not null ? 1 : IsOneNode ? (long)request.Tasks * request.CpusPerTask : request.CpusPerTask;
        NodeMemoryBytes = request.Ranges is not null ? 0 : memoryOfTask;
        var cpus = (long)request.Tasks * request.CpusPerTask;
        Amount = new Planning.Amount(cpus, request.MemoryPerCpu is { } each ? (long)each * cpus : (long)(request.MemoryPerNode ?? 0) * request.NodesMin);
        IsWoven = !IsOneNode && (request.Contiguous || request.SwitchesMax > 0 || request.Segment > 1 || request.Constraint is { Counts.Count: > 0 });
        IsPlain = IsOneNode && request is { Exclusive: false, WholeMemory: false, Constraint: null, Ranges: null, DiskBytes: 0, CpusPerNodeMin: 0 }
            && request.Gres.Length == 0 && request.Required.Count == 0 && request.Excluded.Count == 0 && request.SocketsPerNode == 0
            && request.CoresPerSocket == 0 && request.ThreadsPerCore == 0 && request.TasksPerCore == 0 && request.TasksPerSocket == 0
            && request.CoreSpec is null && request.ThreadSpec is null && request.OnlyUser is null && !request.SharesCpus
            && request.Tasks == 1;
    }

    public Request Request { get; }
    /// <summary>As planners count it.</summary>
    public Planning.Amount Amount { get; }
    /// <summary>One of its nodes has at least this many free CPUs and bytes.</summary>
    public long NodeCpus { get; }
    public long NodeMemoryBytes { get; }
    /// <summary>It asks for CPUs and memory of one node and nothing else: any node that has them is good.</summary>
    public bool IsPlain { get; }
    /// <summary>No node with fewer free CPUs can be part of it.</summary>
    public int CpusMin { get; }
    /// <summary>It can not span nodes.</summary>
    public bool IsOneNode { get; }
    /// <summary>Which nodes of it go together matters: side by side, under few switches, so many of each kind.</summary>
    public bool IsWoven { get; }
    public int Tasks => Request.Tasks;

    /// <summary>Whether the request allows the node at all.</summary>
    public bool Admits(Node node) => Request.CouldUse(node.Kind) && (Request.Excluded.Count == 0 || !Request.Excluded.Contains(node.Name));
}
