using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Placing;

/// <summary>In which order nodes are taken for one request: lower configured weight first, work without GPUs away from GPUs, and among
/// nodes with GPUs where they are fragmented least.</summary>
internal readonly struct NodeRating
{
    private readonly Request request;
    private readonly ClusterScope scope;
    private readonly bool isRated;
    private readonly long least;

    private NodeRating(Request request, ClusterScope scope, bool isRated)
    {
        (this.request, this.scope, this.isRated) = (request, scope, isRated);
        least = !isRated ? long.MaxValue : request.WantsGpus ? scope.LeastCost : scope.LeastCostWithoutGpus;
    }

    /// <param name="isRated">False: only whether it fits is asked, any node will do.</param>
    public static NodeRating For(Request request, IReadOnlyList<Node> nodes, bool isRated) =>
        new(request, nodes.Count > 0 ? nodes[0].Scope : ClusterScope.Empty, isRated);

    public static long CostOf(NodeKind kind, bool wantsGpus) => kind.Weight * 2L + (kind.HasGpus && !wantsGpus ? 1 : 0);

    public Candidate Rate(int index, Node node, in NodeBalance balance, Room room)
    {
        if (!isRated) return new Candidate(index, room.Tasks, room.JobGres, 0, 0, 0);
        var cost = CostOf(node.Kind, request.WantsGpus);
        if (!node.Kind.HasGpus || request.Exclusive) return new Candidate(index, room.Tasks, room.JobGres, cost, 0, 0);
        var rating = scope.Ratings.Rate(scope, request, node.Kind, balance);
        return new Candidate(index, room.Tasks, room.JobGres, cost, rating.Waste, rating.Left);
    }

    /// <summary>No node can be better than this one: the first of its cost, and GPUs do not come into it.</summary>
    public bool IsBest(in Candidate candidate, NodeKind kind) => candidate.Cost <= least && (!isRated || !kind.HasGpus || request.Exclusive);
}
