using Stint.Core.Journal;
using Stint.Core.Nodes;

namespace Stint.Core.Scheduling;

/// <summary>Free resources with a pass's own starts taken off. The cluster's state stays untouched.</summary>
public sealed class FreeResources
{
    private readonly Dictionary<string, NodeBalance> taken = new(StringComparer.Ordinal);
    private readonly Stack<(string Node, NodeBalance? Before)> undo = new();
    private readonly HashSet<int> busyParts = [];
    private readonly HashSet<int> closedParts = [];

    public NodeBalance On(Node node)
    {
        var balance = taken.Count > 0 && taken.TryGetValue(node.Name, out var changed) ? changed : node.Balance;
        return node.TopologyPart < 0 ? balance : WithTopology(node, balance);
    }

    /// <summary>Who else is on the node's part of the topology, with the pass's own starts.</summary>
    private NodeBalance WithTopology(Node node, in NodeBalance balance)
    {
        var (part, topology) = (node.TopologyPart, node.Scope.Topology);
        var busy = topology.IsBusy(part) || busyParts.Contains(part);
        return !busy ? balance : balance with
        {
            Users = balance.Users with { TopologyBusy = true, Closed = topology.IsClosed(part) || closedParts.Contains(part) },
        };
    }

    /// <summary>An empty node of that hardware.</summary>
    public static NodeBalance Total(Node node) => NodeBalance.Empty(node.Kind);

    /// <summary>False, and nothing changed, when the share is not free.</summary>
    public bool TryTake(Node node, NodeShare share, in Holder holder = default)
    {
        if (On(node).Take(node, share, holder) is not { } left) return false;
        undo.Push((node.Name, taken.TryGetValue(node.Name, out var before) ? before : null));
        taken[node.Name] = left;
        if (node.TopologyPart >= 0)
        {
            busyParts.Add(node.TopologyPart);
            if (holder.WantsTopology) closedParts.Add(node.TopologyPart);
        }
        return true;
    }

    /// <summary>As before the last shares that were taken. Their parts of the topology stay busy until the end of the pass.</summary>
    public void Undo(int shares)
    {
        for (; shares > 0; shares--)
        {
            var (node, before) = undo.Pop();
            if (before is { } balance) taken[node] = balance;
            else taken.Remove(node);
        }
    }
}
