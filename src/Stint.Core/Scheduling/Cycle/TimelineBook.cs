using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Cycle;

/// <summary>
/// The timelines of all nodes, what runs and what is planned on them, and the sorted list of the moments at which something becomes free.
/// Invariant: each step after the first of an open node at which some component grows is in <see cref="Freeings"/>, and nothing else is.
/// </summary>
internal sealed class TimelineBook
{
    private readonly Dictionary<Node, int> places = new(ReferenceEqualityComparer.Instance);
    private int[] cpusFree = [];

    public List<NodeTimeline> Nodes { get; } = [];
    public FreeingList Freeings { get; } = new();
    /// <summary>Nodes on which something became free since the last full plan, in order; the same node may be in it again.</summary>
    public List<int> Freed { get; } = [];
    /// <summary>Free CPUs of each node now; 0 on a closed one. What a search looks at first.</summary>
    public ReadOnlySpan<int> CpusFree => cpusFree.AsSpan(0, Nodes.Count);
    /// <summary>Nodes with a free CPU.</summary>
    public int NodesWithFree { get; private set; }

    public int PlaceOf(Node node) => places[node];
    public NodeTimeline? Find(Node node) => places.TryGetValue(node, out var place) ? Nodes[place] : null;

    /// <summary>Brings every node in line with the cluster: membership, state, hardware. Planned starts on nodes that are gone are
    /// the caller's to drop.</summary>
    /// <returns>False when nodes came or went: all places are new and every plan is void.</returns>
    public bool Match(SchedulingView view)
    {
        var same = view.AllNodes.Count == Nodes.Count;
        foreach (var node in view.AllNodes) same = same && places.ContainsKey(node);
        if (!same)
        {
            Nodes.Clear();
            places.Clear();
            Freeings.Clear();
            Freed.Clear();
            NodesWithFree = 0;
            cpusFree = new int[view.AllNodes.Count];
            foreach (var node in view.AllNodes)
            {
                places.Add(node, Nodes.Count);
                Nodes.Add(new NodeTimeline(node, Nodes.Count));
            }
        }
        for (var i = 0; i < Nodes.Count; i++)
            if (!same || Nodes[i].IsOpen != Nodes[i].Node.TakesJobs || Nodes[i].Total != Nodes[i].Node.Total) Sync(view, i);
        return same;
    }

    /// <summary>Builds one node's timeline again from what runs and what is planned on it.</summary>
    public void Sync(SchedulingView view, int place)
    {
        var line = Nodes[place];
        var before = line.Steps > 0 && line.IsOpen ? line.FreeNow : default;
        Unlist(line);
        line.IsOpen = line.Node.TakesJobs;
        line.Total = line.Node.Total;
        line.Reset(line.Node.Free);
        foreach (var id in line.Node.Jobs)
        {
            var (amount, endMs) = view.HeldOn(id, line.Node);
            if (endMs != long.MaxValue) line.Return(endMs, amount);
        }
        foreach (var reservation in line.Reserved) line.Take(reservation.StartMs, reservation.EndMs, AmountOn(reservation, place));
        List(line);
        if (line.IsOpen && !before.Covers(line.FreeNow)) Freed.Add(place);
    }

    public void Reserve(Reservation reservation)
    {
        for (var i = 0; i < reservation.Nodes.Length; i++)
        {
            var line = Nodes[reservation.Nodes[i]];
            Unlist(line);
            line.Reserved.Add(reservation);
            line.Take(reservation.StartMs, reservation.EndMs, reservation.Amounts[i]);
            List(line);
        }
    }

    public void Drop(SchedulingView view, Reservation reservation)
    {
        foreach (var place in reservation.Nodes)
        {
            Nodes[place].Reserved.Remove(reservation);
            Sync(view, place);
        }
    }

    /// <summary>A start that was decided and is not in the cluster's state yet; the next <see cref="Sync"/> of the node finds it there.</summary>
    public void Start(int place, in ResourceAmount amount, long endMs)
    {
        var line = Nodes[place];
        Unlist(line);
        line.Take(long.MinValue, endMs, amount);
        List(line);
    }

    private static ResourceAmount AmountOn(Reservation reservation, int place) =>
        reservation.Amounts[Array.IndexOf(reservation.Nodes, place)];

    private void Unlist(NodeTimeline line)
    {
        if (line.Steps == 0 || !line.IsOpen) return;
        for (var step = 1; step < line.Steps; step++)
            if (Grows(line, step)) Freeings.Remove(line.TimeOf(step), line.Index);
        if (cpusFree[line.Index] > 0) NodesWithFree--;
        cpusFree[line.Index] = 0;
    }

    private void List(NodeTimeline line)
    {
        if (!line.IsOpen) return;
        for (var step = 1; step < line.Steps; step++)
            if (Grows(line, step)) Freeings.Add(new Freeing(line.TimeOf(step), line.Index, line.FreeIn(step).Cores * line.Node.ThreadsPerCore));
        cpusFree[line.Index] = Math.Max(0, line.FreeNow.Cores) * line.Node.ThreadsPerCore;
        if (cpusFree[line.Index] > 0) NodesWithFree++;
    }

    private static bool Grows(NodeTimeline line, int step) => !line.FreeIn(step - 1).Covers(line.FreeIn(step));
}
