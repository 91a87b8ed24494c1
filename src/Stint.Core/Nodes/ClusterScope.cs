using Stint.Core.Scheduling.Placing;
using Stint.Core.Topologies;

namespace Stint.Core.Nodes;

/// <summary>What all nodes of a cluster have in common. One object; each node refers to it, so that placement needs nodes alone.</summary>
internal sealed class ClusterScope
{
    public static readonly ClusterScope Empty = new();

    public Topology Topology { get; set; } = Topology.None;
    /// <summary>The demand expected, against which fragmentation is measured.</summary>
    public DemandSample Demand { get; } = new();
}
