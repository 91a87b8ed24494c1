using Stint.Core.Journal;
using Stint.Core.Scheduling.Planning;

namespace Stint.Server.Simulate.Clusters;

/// <summary>A cluster that is only thought of: its configuration, and the nodes that register at the first moment of a replay.</summary>
/// <param name="Name">How reports call it.</param>
/// <param name="Config">What the engine is configured with; the policy is put in for each replay.</param>
/// <param name="Nodes">Its nodes with their hardware.</param>
public sealed record ClusterDescription(string Name, ClusterConfigured Config, IReadOnlyList<NodeRegistered> Nodes)
{
    /// <summary>More CPUs than the engine lets one node have are several nodes.</summary>
    private const long CpusPerNodeMax = 65_536;

    /// <summary>Shares of a GPU are handed out in thousandths: a node has so many shards for each of its GPUs.</summary>
    public const uint ShardsPerGpu = 1_000;

    private const ulong Mebibyte = 1 << 20;

    /// <summary>Schedulable parts of one processor: traces that count thousandths of processors are replayed on nodes cut finer.</summary>
    public int PartsPerCpu { get; init; } = 1;

    /// <summary>Memory is as described; otherwise there is plenty, whatever a trace says of it.</summary>
    public bool CountsMemory { get; init; }

    /// <summary>Processors, memory, GPUs, nodes.</summary>
    public Amount Capacity
    {
        get
        {
            var sum = Amount.Zero;
            foreach (var node in Nodes)
                sum += new Amount(node.Hardware.Cpus / PartsPerCpu, (long)node.Hardware.MemoryBytes, node.Hardware.Gpus, 1);
            return sum;
        }
    }

    /// <summary>Whether a node has GPUs of this model.</summary>
    public bool HasGpuModel(string model)
    {
        foreach (var node in Nodes)
            foreach (var gres in node.Hardware.Gres)
                if (gres.Name == "gpu" && string.Equals(gres.Type, model, StringComparison.Ordinal)) return true;
        return false;
    }

    public bool HasPartition(string name)
    {
        foreach (var partition in Config.Partitions)
            if (string.Equals(partition.Name, name, StringComparison.Ordinal)) return true;
        return false;
    }

    /// <summary>Processors and GPUs that are nothing but counts: where they are does not matter.</summary>
    public static ClusterDescription Counted(long processors, long gpus)
    {
        var nodes = new List<NodeRegistered>();
        var left = Math.Max(processors, 1);
        while (left > 0)
        {
            var cpus = (uint)Math.Min(left, CpusPerNodeMax);
            nodes.Add(Node($"n{nodes.Count + 1}", new Hardware { Cpus = cpus, MemoryBytes = cpus * Mebibyte }, nodes.Count == 0 ? (uint)gpus : 0, ""));
            left -= cpus;
        }
        var name = gpus == 0 ? $"{processors} processors" : $"{processors} processors, {gpus} GPUs";
        return new ClusterDescription(name, new Configuration.ServerConfig().ToRecord(), nodes);
    }

    /// <summary>A node whose GPUs are numbered from zero and can be shared in thousandths.</summary>
    public static NodeRegistered Node(string name, Hardware hardware, uint gpus, string model)
    {
        hardware.Gpus = gpus;
        hardware.Sockets = Math.Max(1, hardware.Sockets);
        hardware.ThreadsPerCore = Math.Max(1, hardware.ThreadsPerCore);
        hardware.CoresPerSocket = Math.Max(1, hardware.Cpus / hardware.Sockets / hardware.ThreadsPerCore);
        if (gpus > 0)
        {
            var gpu = new Gres { Name = "gpu", Type = model, Count = gpus };
            for (uint i = 0; i < gpus; i++) gpu.Units.Add(new GresUnit { Index = i });
            hardware.Gres.Add(gpu);
            hardware.Gres.Add(new Gres { Name = "shard", Type = model, Count = gpus * ShardsPerGpu });
        }
        return new NodeRegistered { Name = name, Hardware = hardware, Hostname = name, Version = "simulated" };
    }
}
