using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling;

/// <summary>
/// First fit of one request on a list of nodes. Whole cores are given, never a single hardware thread of one
/// (as Slurm's CR_Core), so that no two jobs ever share a core.
/// </summary>
public static class Placement
{
    private readonly record struct Candidate(Node Node, NodeBalance Balance, int Tasks);

    /// <summary>Shares in task order, or null when it does not fit.</summary>
    public static IReadOnlyList<NodeShare>? Find(Request request, IReadOnlyList<Node> nodes, Func<Node, NodeBalance?> balanceOf)
    {
        var chosen = Choose(request, nodes, balanceOf);
        return chosen is null ? null : Distribute(request, chosen);
    }

    /// <summary>Whether it would fit, without building the shares.</summary>
    public static bool Fits(Request request, IReadOnlyList<Node> nodes, Func<Node, NodeBalance?> balanceOf) =>
        Choose(request, nodes, balanceOf) is not null;

    /// <summary>Tasks of this request that the node could take; 0: it cannot be part of it.</summary>
    public static int TasksOn(Request request, Node node, NodeBalance balance)
    {
        if (!request.CouldUse(node.Kind) || request.Exclusive && !balance.IsIdle) return 0;
        return request.RoomWithin(node.Kind, balance.AmountOn(node)).Tasks;
    }

    private static List<Candidate>? Choose(Request request, IReadOnlyList<Node> nodes, Func<Node, NodeBalance?> balanceOf)
    {
        var chosen = new List<Candidate>();
        foreach (var name in request.Required)
        {
            var node = Named(nodes, name);
            if (node is null || balanceOf(node) is not { } balance || TasksOn(request, node, balance) is not (> 0 and var tasks))
                return null;
            chosen.Add(new Candidate(node, balance, tasks));
        }
        if (IsEnough(request, chosen)) return chosen;

        var others = new List<Candidate>();
        foreach (var node in nodes)
        {
            if (request.Excluded.Contains(node.Name) || IsRequired(request, node.Name) || balanceOf(node) is not { } balance) continue;
            var tasks = TasksOn(request, node, balance);
            if (tasks == 0) continue;
            var candidate = new Candidate(node, balance, tasks);
            // The common case: the first node on which all of it fits.
            if (chosen.Count == 0 && request.NodesMin == 1 && tasks >= request.Tasks) return [candidate];
            others.Add(candidate);
        }
        if (Extend(request, chosen, others) is { } inOrder) return inOrder;
        // Fewer, larger nodes when the order alone does not keep within the node count.
        others.Sort(static (a, b) => b.Tasks != a.Tasks ? b.Tasks.CompareTo(a.Tasks)
            : NodeNames.CompareNaturally(a.Node.Name, b.Node.Name));
        return Extend(request, chosen, others);
    }

    private static List<Candidate>? Extend(Request request, List<Candidate> start, List<Candidate> others)
    {
        var chosen = new List<Candidate>(start);
        foreach (var candidate in others)
        {
            if (request.NodesMax > 0 && chosen.Count >= request.NodesMax || chosen.Count >= request.Tasks) break;
            chosen.Add(candidate);
            if (IsEnough(request, chosen)) return chosen;
        }
        return null;
    }

    private static bool IsEnough(Request request, List<Candidate> chosen)
    {
        if (chosen.Count < request.NodesMin || request.NodesMax > 0 && chosen.Count > request.NodesMax) return false;
        long tasks = 0;
        foreach (var candidate in chosen) tasks += candidate.Tasks;
        return tasks >= request.Tasks;
    }

    private static Node? Named(IReadOnlyList<Node> nodes, string name)
    {
        foreach (var node in nodes)
            if (string.Equals(node.Name, name, StringComparison.Ordinal)) return node;
        return null;
    }

    private static bool IsRequired(Request request, string name)
    {
        foreach (var required in request.Required)
            if (string.Equals(required, name, StringComparison.Ordinal)) return true;
        return false;
    }

    /// <summary>Block distribution: every node gets one task, then the nodes are filled in order.</summary>
    private static NodeShare[] Distribute(Request request, List<Candidate> chosen)
    {
        var shares = new NodeShare[chosen.Count];
        var spare = Math.Max(0, request.Tasks - chosen.Count);
        for (var i = 0; i < shares.Length; i++)
        {
            var more = Math.Min(chosen[i].Tasks - 1, spare);
            spare -= more;
            shares[i] = Share(request, chosen[i], 1 + more);
        }
        return shares;
    }

    private static NodeShare Share(Request request, Candidate candidate, int tasks)
    {
        var threads = candidate.Node.ThreadsPerCore;
        var cores = (tasks * request.CpusPerTask + threads - 1) / threads;
        var cpus = request.Exclusive ? candidate.Node.AllCpus : candidate.Balance.Cpus.LowestCores(cores, threads);
        var memory = request.WholeMemory ? candidate.Node.Kind.MemoryBytes
            : request.MemoryPerCpu is > 0 and var perCpu ? perCpu * (ulong)cpus.Count
            : request.MemoryPerNode!.Value;
        return new NodeShare { Node = candidate.Node.Name, Cpus = cpus.ToBytes(), MemoryBytes = memory, Tasks = (uint)tasks };
    }
}
