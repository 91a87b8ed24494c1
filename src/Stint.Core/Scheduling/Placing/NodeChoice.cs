using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Placing;

/// <summary>Chooses several nodes out of the candidates: as many as the request wants, in the order given, near each other where it matters.</summary>
internal static class NodeChoice
{
    public static bool Make(NodeSearch search)
    {
        var request = search.Request;
        if (IsEnough(search) && search.ChosenCount >= Target(request)) return true;
        if (request.Contiguous) return ContiguousChoice.Make(search);
        var topology = search.Nodes.Count > 0 ? search.Nodes[0].Scope.Topology : Topologies.Topology.None;
        if (request.Segment > 1 && (topology.HasBlocks || topology.HasTree)) return SegmentChoice.Make(search);
        if (topology.HasBlocks || topology.HasTree) return SwitchChoice.Make(search, topology);
        return Plain(search);
    }

    /// <summary>In order; then, when the order alone does not keep within the node count, the largest first.</summary>
    public static bool Plain(NodeSearch search)
    {
        if (Extend(search, search.Others)) return true;
        search.Others.Sort(static (a, b) => b.Tasks != a.Tasks ? b.Tasks.CompareTo(a.Tasks)
            : b.JobGres != a.JobGres ? b.JobGres.CompareTo(a.JobGres) : a.CompareTo(b));
        return Extend(search, search.Others);
    }

    /// <summary>Takes from these, in order, until it is enough. On failure only the required nodes are left chosen.</summary>
    public static bool Extend(NodeSearch search, ReadOnlySpan<Candidate> from)
    {
        var request = search.Request;
        search.Restart();
        if (request.Constraint is { Counts.Count: > 0 } constraint && !TakeCounted(search, constraint, from)) return false;
        var (target, most) = (Target(request), NodesMost(request));
        // Where each node brings several tasks of its own, more nodes can be too many where fewer were enough.
        var (mayShrink, enoughAt) = (request.TasksFollowNodes && request.TasksPerNode > 1, 0);
        foreach (ref readonly var candidate in from)
        {
            if (search.ChosenCount >= most) break;
            if (search.ChosenCount >= target && IsEnough(search)) return true;
            if (mayShrink && IsEnough(search)) enoughAt = search.ChosenCount;
            if (request.Constraint is { Counts.Count: > 0 } && IsChosen(search, candidate)) continue;
            search.Add(candidate);
        }
        if (IsEnough(search)) return true;
        if (enoughAt > 0)
        {
            search.Truncate(enoughAt);
            return true;
        }
        search.Restart();
        return false;
    }

    /// <summary>Nodes to stop at: the smallest count that does, or with a range the largest (srun(1): "as many as possible within the
    /// range") unless told otherwise.</summary>
    public static int Target(Request request)
    {
        var most = NodesMost(request);
        if (request.Spread) return most;
        return request.NodesMax > request.NodesMin && !request.UseMinNodes ? Math.Min(request.NodesMax, most) : request.NodesMin;
    }

    public static int NodesMost(Request request)
    {
        var most = request.NodesMax > 0 ? request.NodesMax : int.MaxValue;
        if (!request.TasksFollowNodes) most = Math.Min(most, request.Tasks);
        if (request.JobGres >= 0) most = Math.Min(most, request.Gres[request.JobGres].Count);
        return most;
    }

    /// <summary>Tasks that so many nodes have to take.</summary>
    public static int TasksFor(Request request, int nodes) =>
        request.TasksFollowNodes ? Math.Max(request.Tasks, nodes * Math.Max(1, request.TasksPerNode)) : request.Tasks;

    public static bool IsEnough(NodeSearch search)
    {
        var request = search.Request;
        var chosen = search.Chosen;
        if (chosen.Length < request.NodesMin || chosen.Length > NodesMost(request)) return false;
        long tasks = 0, gres = 0;
        foreach (ref readonly var candidate in chosen)
        {
            tasks += candidate.Tasks;
            gres += candidate.JobGres;
        }
        return tasks >= TasksFor(request, chosen.Length) && (request.JobGres < 0 || gres >= request.Gres[request.JobGres].Count)
            && HasCounts(search);
    }

    private static bool HasCounts(NodeSearch search)
    {
        if (search.Request.Constraint is not { Counts.Count: > 0 } constraint) return true;
        foreach (var wanted in constraint.Counts)
            if (Fulfilling(search, wanted.Term) < wanted.Nodes) return false;
        return search.ChosenCount >= (constraint.CountsAreAll ? constraint.NodesCounted : 0);
    }

    private static int Fulfilling(NodeSearch search, FeatureTerm term)
    {
        var nodes = 0;
        foreach (ref readonly var candidate in search.Chosen)
            if (term.Holds(search.NodeAt(candidate).Kind.Features)) nodes++;
        return nodes;
    }

    /// <summary>The counted features first: for each, the best nodes that have it; of <c>[a*2&amp;b*4]</c> no node counts twice.</summary>
    private static bool TakeCounted(NodeSearch search, FeatureConstraint constraint, ReadOnlySpan<Candidate> from)
    {
        foreach (var wanted in constraint.Counts)
        {
            var have = constraint.CountsAreAll ? 0 : Fulfilling(search, wanted.Term);
            foreach (ref readonly var candidate in from)
            {
                if (have >= wanted.Nodes) break;
                if (!wanted.Term.Holds(search.NodeAt(candidate).Kind.Features) || IsChosen(search, candidate)) continue;
                search.Add(candidate);
                have++;
            }
            if (have < wanted.Nodes) return false;
        }
        return true;
    }

    private static bool IsChosen(NodeSearch search, in Candidate candidate)
    {
        foreach (ref readonly var other in search.Chosen)
            if (other.Index == candidate.Index) return true;
        return false;
    }
}
