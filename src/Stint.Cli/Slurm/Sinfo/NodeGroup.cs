using System.Globalization;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Sinfo;

/// <summary>A line of <c>sinfo</c>: nodes of one partition that look the same in every column that is printed.</summary>
/// <param name="PartitionOrder">Place of the partition in the server's list, by which lines are sorted.</param>
/// <param name="Nodes">Empty: the partition has none that the filters let through.</param>
public sealed record NodeGroup(PartitionView Partition, int PartitionOrder, IReadOnlyList<NodeView> Nodes, TimeZoneInfo Zone)
{
    public NodeView? First => Nodes.Count > 0 ? Nodes[0] : null;
    public NodeState State => First is { } node ? NodeState.Parse(node.State) : new NodeState("", false, false, "");
    public string NodeList => Hostlist.FoldSorted(Nodes.Select(node => node.Name));

    public long Count(NodeUse use) => Nodes.Count(node => NodeState.Parse(node.State).Use == use);

    public (long Allocated, long Idle, long Other, long Total) Cpus()
    {
        long allocated = 0, idle = 0, other = 0, total = 0;
        foreach (var node in Nodes)
        {
            var state = NodeState.Parse(node.State);
            total += node.Cpus;
            if (state.Use == NodeUse.Other) { other += node.Cpus; continue; }
            allocated += node.CpusAllocated;
            long free = (long)node.Cpus - node.CpusAllocated;
            if (state.Drain) other += free; else idle += free;
        }
        return (allocated, idle, other, total);
    }

    /// <summary>The smallest value, with <c>+</c> when others are larger: <c>2+</c>.</summary>
    public string Least(Func<NodeView, long> value)
    {
        if (Nodes.Count == 0) return "0";
        long least = Nodes.Min(value);
        return least.ToString(CultureInfo.InvariantCulture) + (Nodes.Max(value) > least ? "+" : "");
    }

    /// <summary>One value for all, or the range: <c>22306-22310</c>.</summary>
    public string Span(Func<NodeView, string> value, string none)
    {
        if (Nodes.Count == 0) return none;
        var values = Nodes.Select(value).Distinct().ToList();
        return values.Count == 1 ? values[0] : $"{values.Min(StringComparer.Ordinal)}-{values.Max(StringComparer.Ordinal)}";
    }
}
