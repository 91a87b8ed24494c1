using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling;

/// <summary>What is left of one node in the middle of a pass.</summary>
public readonly record struct NodeBalance(CpuSet Cpus, ulong MemoryBytes, bool IsIdle);

/// <summary>Free resources with a pass's own starts taken off. The cluster's state stays untouched.</summary>
public sealed class FreeResources
{
    private readonly Dictionary<string, NodeBalance> taken = new(StringComparer.Ordinal);

    public NodeBalance On(Node node) => taken.Count > 0 && taken.TryGetValue(node.Name, out var balance) ? balance : Untouched(node);

    /// <summary>An empty node of that hardware.</summary>
    public static NodeBalance Total(Node node) => new(node.AllCpus, node.Hardware.MemoryBytes, true);

    private static NodeBalance Untouched(Node node) => new(node.FreeCpus, node.MemoryFreeBytes, node.Jobs.Count == 0);

    /// <summary>False, and nothing changed, when the share is not free.</summary>
    public bool TryTake(Node node, NodeShare share)
    {
        var cpus = CpuSet.FromBytes(share.Cpus);
        var balance = On(node);
        if (cpus.IsEmpty || !cpus.IsSubsetOf(balance.Cpus) || share.MemoryBytes > balance.MemoryBytes) return false;
        taken[node.Name] = new NodeBalance(balance.Cpus.Except(cpus), balance.MemoryBytes - share.MemoryBytes, false);
        return true;
    }
}
