using System.Diagnostics;
using Stint.Core;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;
using Stint.Core.Scheduling;
using Stint.Core.Scheduling.Planning.Placement;
using Stint.Server.Simulate.Traces;
using Xunit.Abstractions;
using PlacedAt = Stint.Core.Scheduling.Placement;

namespace Stint.Simulation.Placement;

/// <summary>The placement that real jobs get, over real nodes with CPUs, memory, GPUs and shards, against the published packing.</summary>
public sealed class NodePlacementTests(ITestOutputHelper output)
{
    private const string Nodes = "alibaba/openb_node_list_gpu_node.csv", Pods = "alibaba/openb_pod_list_default.csv";
    private const int Seeds = 2;
    /// <summary>One thousandth of a GPU.</summary>
    private const string Shard = "shard";

    [TraceFact(Nodes, Pods)]
    public void Real_nodes_give_out_at_least_what_is_published_for_the_fragmentation_gradient()
    {
        var watch = Stopwatch.StartNew();
        double sum = 0;
        for (var seed = 0; seed < Seeds; seed++)
        {
            using var nodeReader = TraceFile.Open(TraceFactAttribute.PathOf(Nodes));
            using var podReader = TraceFile.Open(TraceFactAttribute.PathOf(Pods));
            var capacities = OpenbTrace.ReadNodes(nodeReader);
            var demands = OpenbTrace.ReadPods(podReader);
            var share = Packing.Fill(capacities, demands, Placer(capacities, demands, seed), seed);
            output.WriteLine($"seed {seed}: {share:P2}");
            sum += share;
        }
        output.WriteLine($"mean {sum / Seeds:P2} in {watch.Elapsed.TotalSeconds:F1} s");
        Assert.InRange(sum / Seeds, 0.952, 1);
    }

    private static Func<GpuDemand, int?> Placer(List<NodeCapacity> capacities, List<GpuDemand> demands, int seed)
    {
        var cluster = ClusterOf(capacities);
        // What users ask for is known from what they asked before.
        var order = demands.ToArray();
        new Random(seed + 77).Shuffle(order);
        uint id = 0;
        foreach (var demand in order.Take(4_000)) Apply(cluster, new Record { JobSubmitted = new JobSubmitted { JobId = ++id, Spec = SpecOf(demand) } });
        var free = new FreeResources();
        var nodes = cluster.Partitions[0].Nodes;
        var requests = new RequestTable();
        return demand =>
        {
            if (PlacedAt.Find(requests.Of(SpecOf(demand)), nodes, node => free.On(node)) is not { } shares) return null;
            foreach (var share in shares)
                if (!free.TryTake(cluster.Nodes[share.Node], share)) throw new InvalidOperationException($"{share} is not free");
            return 0;
        };
    }

    /// <summary>The trace counts CPUs in thousandths; here a CPU is a tenth of one.</summary>
    private static Cluster ClusterOf(List<NodeCapacity> capacities)
    {
        var cluster = new Cluster();
        var partition = new PartitionSpec { Name = "all", Nodes = "ALL", IsDefault = true, IsUp = true };
        Apply(cluster, new Record { ClusterConfigured = new ClusterConfigured { Name = "openb", Partitions = { partition } } });
        for (var i = 0; i < capacities.Count; i++)
        {
            var hardware = new Hardware { Cpus = (uint)(capacities[i].CpuMilli / 100), Sockets = 1, CoresPerSocket = (uint)(capacities[i].CpuMilli / 100), ThreadsPerCore = 1, MemoryBytes = (ulong)capacities[i].MemoryBytes };
            var gpus = (uint)capacities[i].GpuMilli.Length;
            hardware.Gres.Add(new Gres { Name = "gpu", Type = capacities[i].GpuModel, Count = gpus });
            hardware.Gres.Add(new Gres { Name = Shard, Count = gpus * 1000 });
            Apply(cluster, new Record { NodeRegistered = new NodeRegistered { Name = $"n{i:0000}", Hardware = hardware } });
        }
        return cluster;
    }

    private static void Apply(Cluster cluster, Record record) => cluster.Apply(record);

    private static JobSpec SpecOf(GpuDemand demand)
    {
        var spec = new JobSpec { Partition = "all", NodesMin = 1, Tasks = 1, CpusPerTask = (uint)((demand.CpuMilli + 99) / 100), MemoryPerNodeBytes = (ulong)Math.Max(1, demand.MemoryBytes) };
        if (demand.Gpus > 0 && demand.MilliPerGpu == NodeCapacity.WholeGpu) spec.Gres.Add(new GresRequest { Name = "gpu", Type = demand.Models.Contains('|', StringComparison.Ordinal) ? "" : demand.Models, Count = (ulong)demand.Gpus });
        else if (demand.Gpus > 0) spec.Gres.Add(new GresRequest { Name = Shard, Count = (ulong)demand.MilliPerGpu });
        return spec;
    }
}
