using Stint.Core.Resources;
using Stint.Core.Scheduling.Placing;
using Stint.Core.Topologies;

namespace Stint.Core.Nodes;

/// <summary>What all nodes of a cluster have in common. One object; each node refers to it, so that placement needs nodes alone.</summary>
internal sealed class ClusterScope
{
    public static readonly ClusterScope Empty = new();

    private readonly Dictionary<string, int> partsPerGpu = new(StringComparer.Ordinal);

    public Topology Topology { get; set; } = Topology.None;
    /// <summary>The demand expected, against which fragmentation is measured.</summary>
    public DemandSample Demand { get; } = new();
    public GpuRatings Ratings { get; } = new();
    /// <summary>GPU jobs go where most GPUs are free, instead of where they fragment least.</summary>
    public bool SpreadGpus { get; set; }
    /// <summary>How many nodes were described.</summary>
    public int Nodes { get; private set; }
    public long LargestCpuMilli { get; private set; } = 1;
    public long LargestGpuMilli { get; private set; } = 1;
    /// <summary>The least cost of any node for work with GPUs, and for work without: a search ends at a node of that cost.</summary>
    public long LeastCost { get; private set; } = long.MaxValue;
    public long LeastCostWithoutGpus { get; private set; } = long.MaxValue;

    /// <summary>Shards (or the like) that one GPU is cut into.</summary>
    public int PartsPerGpu(string name) => partsPerGpu.GetValueOrDefault(name, 1);

    public void Forget()
    {
        partsPerGpu.Clear();
        Nodes = 0;
        (LargestCpuMilli, LargestGpuMilli, LeastCost, LeastCostWithoutGpus) = (1, 1, long.MaxValue, long.MaxValue);
    }

    public void Note(NodeKind kind)
    {
        Nodes++;
        LargestCpuMilli = Math.Max(LargestCpuMilli, kind.Total.Cores * (long)kind.Threads * 1000);
        LargestGpuMilli = Math.Max(LargestGpuMilli, kind.Gres.GpuCells.Length * 1000L);
        LeastCost = Math.Min(LeastCost, NodeRating.CostOf(kind, wantsGpus: true));
        LeastCostWithoutGpus = Math.Min(LeastCostWithoutGpus, NodeRating.CostOf(kind, wantsGpus: false));
        foreach (var pool in kind.Pools)
            if (pool.Form == PoolForm.Parts) partsPerGpu[pool.Name] = Math.Max(PartsPerGpu(pool.Name), pool.SizeOf(0));
    }
}
