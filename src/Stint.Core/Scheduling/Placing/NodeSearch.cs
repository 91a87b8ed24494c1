using System.Buffers;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Placing;

/// <summary>
/// One search for the nodes of one request: gathers who could be part of it, in the order in which they are to be taken, and chooses.
/// Its arrays are borrowed; nothing is allocated per node.
/// </summary>
internal sealed class NodeSearch : IDisposable
{
    private readonly Func<Node, NodeBalance?> balanceOf;
    private readonly Wish wish;
    private readonly NodeRating rating;
    private readonly Candidate[] candidates;
    private readonly Candidate[] chosen;
    private int count;

    public NodeSearch(Request request, IReadOnlyList<Node> nodes, Func<Node, NodeBalance?> balanceOf, Wish wish, bool isRated)
    {
        (Request, Nodes, this.balanceOf, this.wish) = (request, nodes, balanceOf, wish);
        rating = NodeRating.For(request, nodes, isRated);
        candidates = ArrayPool<Candidate>.Shared.Rent(Math.Max(1, nodes.Count));
        chosen = ArrayPool<Candidate>.Shared.Rent(Math.Max(1, nodes.Count));
    }

    public Request Request { get; }
    public IReadOnlyList<Node> Nodes { get; }
    /// <summary>Those that could be part of it and are not required, best first.</summary>
    public Span<Candidate> Others => candidates.AsSpan(0, count);
    public ReadOnlySpan<Candidate> Chosen => chosen.AsSpan(0, ChosenCount);
    public int ChosenCount { get; private set; }
    /// <summary>The first so many of the chosen are those that the request names.</summary>
    public int RequiredCount { get; private set; }

    public Node ChosenNode(int i) => Nodes[chosen[i].Index];
    public Node NodeAt(in Candidate candidate) => Nodes[candidate.Index];
    public NodeBalance? BalanceOf(Node node) => balanceOf(node);

    public void Dispose()
    {
        ArrayPool<Candidate>.Shared.Return(candidates);
        ArrayPool<Candidate>.Shared.Return(chosen);
    }

    /// <summary>Fills <see cref="Chosen"/>; false when it does not fit.</summary>
    public bool Choose()
    {
        if (!Gather(out var alone)) return false;
        if (alone is { } single)
        {
            Add(single);
            return true;
        }
        if (!IsSorted()) Others.Sort();
        return NodeChoice.Make(this);
    }

    /// <summary>Chosen nodes by name, as Slurm lists and numbers a job's nodes; tasks follow. Arbitrary distribution keeps the
    /// order of the user's list.</summary>
    public void Order()
    {
        if (ChosenCount < 2 || Request.Distribution.Nodes == NodeOrder.Arbitrary) return;
        chosen.AsSpan(0, ChosenCount).Sort((a, b) => NodeNames.CompareNaturally(Nodes[a.Index].Name, Nodes[b.Index].Name));
    }

    public void Add(in Candidate candidate) => chosen[ChosenCount++] = candidate;

    /// <summary>Back to the required nodes.</summary>
    public void Restart() => ChosenCount = RequiredCount;

    public void Truncate(int nodes) => ChosenCount = nodes;

    public void Clear() => ChosenCount = 0;

    /// <summary>Walks the nodes once. A request that the first suitable node meets ends the walk there.</summary>
    private bool Gather(out Candidate? alone)
    {
        alone = null;
        var required = Request.RequiredPlaces;
        var missing = required?.Count ?? 0;
        var one = Request is { NodesMin: 1, Spread: false } && missing == 0 && (Request.NodesMax <= 1 || Request.UseMinNodes);
        if (missing > Nodes.Count) return false;
        for (var i = 0; i < Nodes.Count; i++)
        {
            var node = Nodes[i];
            if (!Request.CouldUse(node.Kind) || !wish.Allows(node.Kind) || Request.Excluded.Count > 0 && Request.Excluded.Contains(node.Name)) continue;
            if (balanceOf(node) is not { } balance) continue;
            var room = Placement.RoomOn(Request, node, balance);
            if (room.Tasks == 0) continue;
            var candidate = rating.Rate(i, node, balance, room);
            if (required is not null && required.TryGetValue(node.Name, out var place))
            {
                chosen[place] = candidate;
                missing--;
                continue;
            }
            if (one && IsEnoughAlone(room))
            {
                if (alone is null || candidate.CompareTo(alone.Value) < 0) alone = candidate;
                if (rating.IsBest(candidate, node.Kind)) return true;
            }
            candidates[count++] = candidate;
        }
        if (missing > 0) return false;
        RequiredCount = ChosenCount = required?.Count ?? 0;
        return true;
    }

    private bool IsEnoughAlone(Room room)
    {
        if (room.Tasks < Request.Tasks || Request.JobGres >= 0 && room.JobGres < Request.Gres[Request.JobGres].Count) return false;
        return Request.Constraint is not { Counts.Count: > 0 } && Request.Segment <= 1;
    }

    private bool IsSorted()
    {
        for (var i = 1; i < count; i++)
            if (candidates[i - 1].CompareTo(candidates[i]) > 0) return false;
        return true;
    }
}
