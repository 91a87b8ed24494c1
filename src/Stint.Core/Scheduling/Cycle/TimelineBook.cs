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
    private readonly List<Hold> holds = [];
    private readonly List<Freeing> listed = [];
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
        Remember(line);
        line.IsOpen = line.Node.TakesJobs;
        line.Total = line.Node.Total;
        SyncHolds(view, line);
        line.Build(line.Node.Free);
        foreach (var reservation in line.Reserved) line.Take(reservation.StartMs, reservation.EndMs, AmountOn(reservation, place));
        Relist(line);
        if (line.IsOpen && !before.Covers(line.FreeNow)) Freed.Add(place);
    }

    /// <summary>Both lists ascend by job: one walk finds who came, went, or came again with another share.</summary>
    private void SyncHolds(SchedulingView view, NodeTimeline line)
    {
        holds.Clear();
        var next = 0;
        var known = line.Holds;
        foreach (var id in line.Node.Jobs)
        {
            while (next < known.Count && known[next].JobId < id) next++;
            var share = line.Node.ShareOf(id);
            var amount = next < known.Count && known[next].JobId == id && ReferenceEquals(known[next].Share, share)
                ? known[next].Amount : line.Node.AmountOf(share);
            holds.Add(new Hold(id, share, amount, view.EndOf(id)));
        }
        known.Clear();
        known.AddRange(holds);
    }

    public void Reserve(Reservation reservation)
    {
        for (var i = 0; i < reservation.Nodes.Length; i++)
        {
            var line = Nodes[reservation.Nodes[i]];
            Remember(line);
            line.Reserved.Add(reservation);
            line.Take(reservation.StartMs, reservation.EndMs, reservation.Amounts[i]);
            Relist(line);
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
        Remember(line);
        line.Take(long.MinValue, endMs, amount);
        Relist(line);
    }

    private static ResourceAmount AmountOn(Reservation reservation, int place) =>
        reservation.Amounts[Array.IndexOf(reservation.Nodes, place)];

    /// <summary>Notes what is listed of a node before its steps change.</summary>
    private void Remember(NodeTimeline line)
    {
        listed.Clear();
        if (line.Steps == 0 || !line.IsOpen) return;
        for (var step = 1; step < line.Steps; step++)
            if (Grows(line, step)) listed.Add(FreeingOf(line, step));
    }

    /// <summary>Lists what changed. Most of a node's moments stay as they are.</summary>
    private void Relist(NodeTimeline line)
    {
        var old = 0;
        for (var step = 1; line.IsOpen && step < line.Steps; step++)
        {
            if (!Grows(line, step)) continue;
            var freeing = FreeingOf(line, step);
            while (old < listed.Count && listed[old].Time < freeing.Time) Freeings.Remove(listed[old++].Time, line.Index);
            if (old < listed.Count && listed[old].Time == freeing.Time)
            {
                if (listed[old] != freeing) Freeings.Set(freeing);
                old++;
            }
            else Freeings.Add(freeing);
        }
        while (old < listed.Count) Freeings.Remove(listed[old++].Time, line.Index);
        if (cpusFree[line.Index] > 0) NodesWithFree--;
        cpusFree[line.Index] = line.IsOpen ? Math.Max(0, line.FreeNow.Cores) * line.Node.ThreadsPerCore : 0;
        if (cpusFree[line.Index] > 0) NodesWithFree++;
    }

    private static Freeing FreeingOf(NodeTimeline line, int step) =>
        new(line.TimeOf(step), line.Index, line.FreeIn(step).Cores * line.Node.ThreadsPerCore, line.FreeIn(step).MemoryBytes);

    private static bool Grows(NodeTimeline line, int step) => !line.FreeIn(step - 1).Covers(line.FreeIn(step));
}
