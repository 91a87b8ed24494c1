using Stint.Core.Journal;
using Stint.Core.Nodes;

namespace Stint.Core.Resources;

/// <summary>What one job (or one array task) needs at once, in the form that placement works with.</summary>
/// <param name="NodesMax">0: as many as needed.</param>
/// <param name="TasksPerNode">0: no bound.</param>
/// <param name="MemoryPerNode">Bytes per node; null: per cpu, or the whole node.</param>
/// <param name="MemoryPerCpu">Bytes per allocated cpu; null: not asked that way.</param>
/// <param name="Required">Nodes that must be part of it, in the order given.</param>
public sealed record Request(
    int NodesMin, int NodesMax, int Tasks, int CpusPerTask, int TasksPerNode,
    ulong? MemoryPerNode, ulong? MemoryPerCpu, bool Exclusive,
    IReadOnlyList<string> Required, IReadOnlySet<string> Excluded)
{
    private static readonly IReadOnlySet<string> NoNames = new HashSet<string>();

    /// <summary>All of a node's memory, whatever it has (<c>--mem=0</c>).</summary>
    public bool WholeMemory => MemoryPerNode is null or 0 && MemoryPerCpu is null or 0;

    /// <summary>Of a spec as it stands in the journal: defaults are filled in, names were checked.</summary>
    public static Request Of(JobSpec spec)
    {
        var nodes = Math.Max(1, (int)spec.NodesMin);
        var perNode = (int)spec.TasksPerNode;
        var tasks = Math.Max(nodes, spec.Tasks == 0 ? nodes * Math.Max(1, perNode) : (int)spec.Tasks);
        return new Request(
            nodes, (int)spec.NodesMax, tasks, Math.Max(1, (int)spec.CpusPerTask), perNode,
            spec.HasMemoryPerNodeBytes ? spec.MemoryPerNodeBytes : null,
            spec.HasMemoryPerCpuBytes ? spec.MemoryPerCpuBytes : null,
            spec.Exclusive, NodeNames.Expand(spec.NodeList) ?? [],
            spec.ExcludeList.Length == 0 ? NoNames : new HashSet<string>(NodeNames.Expand(spec.ExcludeList) ?? [], StringComparer.Ordinal));
    }

    public override string ToString()
    {
        var memory = WholeMemory ? "all memory of each node"
            : MemoryPerCpu > 0 ? $"{new ByteSize(MemoryPerCpu.Value)} of memory per CPU"
                : $"{new ByteSize(MemoryPerNode!.Value)} of memory per node";
        var nodes = NodesMin == 1 ? "1 node" : $"{NodesMin} nodes";
        return $"{(long)Tasks * CpusPerTask} CPUs and {memory} on at least {nodes}{(Exclusive ? ", exclusively" : "")}";
    }
}
