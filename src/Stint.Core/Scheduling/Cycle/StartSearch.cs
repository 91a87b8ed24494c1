using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Cycle;

/// <summary>The nodes of one partition, as places in the book.</summary>
internal sealed class PartitionNodes(int[] places, int nodes)
{
    private readonly bool[] member = Members(places, nodes);

    public int[] Places => places;
    public bool Has(int place) => member[place];

    /// <summary>What the present plan has learned of small requests here.</summary>
    public Bounds Bounds { get; } = new();
    /// <summary>Reservations that its jobs got in this plan.</summary>
    public int Depth { get; set; }
    /// <summary>Contenders that wait for their turn to start or to get a reservation.</summary>
    public int Waiting { get; set; }
    /// <summary>The plan that found its first blocked job.</summary>
    public long HeadPlan { get; set; }

    private static bool[] Members(int[] places, int nodes)
    {
        var member = new bool[nodes];
        foreach (var place in places) member[place] = true;
        return member;
    }
}

/// <summary>Where a job fits now, without touching what is planned.</summary>
internal sealed class StartSearch(TimelineBook book)
{
    /// <summary>Nodes that placement chooses from: enough for a good choice, few enough for ten thousand nodes.</summary>
    private const int CandidatesMax = 256;

    private readonly record struct Candidate(int Place, int Order, int Tasks, ResourceAmount Free, long Until);

    private readonly List<Candidate> candidates = [];
    private readonly List<Node> nodes = [];
    private readonly Dictionary<Node, NodeBalance> balances = new(ReferenceEqualityComparer.Instance);

    /// <summary>Nodes that were looked at: the unit of a plan's cost.</summary>
    public long Looks { get; private set; }

    /// <summary>Shares for a start now, or null. Only these places are looked at.</summary>
    public IReadOnlyList<NodeShare>? Now(SchedulingView view, Prospect prospect, Job job, long forMs, ReadOnlySpan<int> places, PartitionNodes within)
    {
        candidates.Clear();
        var shape = prospect.Shape;
        var request = shape.Request;
        var now = view.Now.Milliseconds;
        var until = Sum(now, forMs);
        var cpusFree = book.CpusFree;
        long tasks = 0;
        var isOrdered = true;
        Looks += 1 + places.Length / 16;
        if (request.SharesCpus) return Shared(view, prospect, job, forMs, places, within);
        foreach (var place in places)
        {
            if (cpusFree[place] < shape.CpusMin || !within.Has(place)) continue;
            var line = book.Nodes[place];
            Looks++;
            if (!shape.Admits(line.Node)) continue;
            var free = line.Reserved.Count == 0 ? line.FreeNow : line.MinFree(now, now, until);
            var fits = request.TasksWithin(line.Node, free);
            if (fits == 0 || shape.IsOneNode && fits < shape.Tasks) continue;
            var untouched = line.UntouchedUntil(now);
            isOrdered &= untouched == long.MaxValue;
            candidates.Add(new Candidate(place, candidates.Count, fits, free, untouched));
            tasks += Math.Min(fits, shape.Tasks);
            if (shape.IsOneNode && candidates.Count == CandidatesMax) break;
        }
        if (tasks < shape.Tasks || candidates.Count < request.NodesMin) return null;
        // Nodes that are wanted soon go first to those who are gone by then: long jobs need the others.
        if (!isOrdered) candidates.Sort(static (a, b) => a.Until != b.Until ? a.Until.CompareTo(b.Until) : a.Order.CompareTo(b.Order));
        return Place(view, job, request, forMs, prospect.Partition.Nodes);
    }

    /// <summary>CPUs that several jobs may use at once are not countable as free: placement looks at all nodes on which nothing is planned
    /// in that time.</summary>
    private IReadOnlyList<NodeShare>? Shared(SchedulingView view, Prospect prospect, Job job, long forMs, ReadOnlySpan<int> places, PartitionNodes within)
    {
        var now = view.Now.Milliseconds;
        foreach (var place in places)
        {
            var line = book.Nodes[place];
            Looks++;
            if (line.IsOpen && within.Has(place) && prospect.Shape.Admits(line.Node) && line.UntouchedUntil(now) >= Sum(now, forMs))
                candidates.Add(new Candidate(place, candidates.Count, 1, line.Total, long.MaxValue));
        }
        return candidates.Count == 0 ? null : Place(view, job, prospect.Shape.Request, forMs, prospect.Partition.Nodes);
    }

    private IReadOnlyList<NodeShare>? Place(SchedulingView view, Job job, Request request, long forMs, IReadOnlyList<Node> all)
    {
        nodes.Clear();
        balances.Clear();
        foreach (ref readonly var candidate in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(candidates))
        {
            var line = book.Nodes[candidate.Place];
            var balance = Countable.Limit(line.Node, view.FreeOn(line.Node), candidate.Free);
            if (view.HasReservations && balance is { } limited) balance = view.ReservedFor(job, line.Node, limited, view.Now, forMs);
            if (balance is not { } left) continue;
            balances[line.Node] = left;
            nodes.Add(line.Node);
        }
        return nodes.Count == 0 ? null
            // Which nodes are neighbours shows only with all of them.
            : Placement.Find(request, request.Contiguous ? all : nodes, node => balances.TryGetValue(node, out var balance) ? balance : null);
    }

    internal static long Sum(long time, long durationMs) => time > long.MaxValue - durationMs ? long.MaxValue : time + durationMs;
}
