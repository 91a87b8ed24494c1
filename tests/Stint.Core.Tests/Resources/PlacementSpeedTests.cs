using System.Diagnostics;
using Stint.Core.Journal;
using Stint.Core.Resources;
using Stint.Core.Scheduling;
using Xunit.Abstractions;
using static Stint.Core.Tests.Resources.Machines;

namespace Stint.Core.Tests.Resources;

/// <summary>Coarse bounds that only a wrong algorithm breaks, on ten thousand nodes; nothing else runs meanwhile.</summary>
[Collection("alone")]
public sealed class PlacementSpeedTests(ITestOutputHelper output)
{
    private const int Nodes = 10_000;

    private static Cluster Large()
    {
        var cluster = new Cluster();
        cluster.Apply(new Core.Journal.Record { ClusterConfigured = new ClusterConfigured { Partitions = { new PartitionSpec { Name = "main", Nodes = "n[1-4]", IsUp = true } } } });
        for (var i = 0; i < Nodes; i++)
            cluster.Apply(new Core.Journal.Record { NodeRegistered = i % 2 == 0 ? Machine($"n{i:00000}", cores: 32) : Machine($"n{i:00000}", cores: 32, gres: Gpus("a100", [.. Enumerable.Range(0, 8).Select(g => g < 4 ? "0-31" : "32-63")])) });
        return cluster;
    }

    private double Milliseconds(string what, int rounds, Action act)
    {
        act();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < rounds; i++) act();
        var each = watch.Elapsed.TotalMilliseconds / rounds;
        output.WriteLine($"{what}: {each:F3} ms, {(GC.GetAllocatedBytesForCurrentThread() - before) / rounds} bytes");
        return each;
    }

    [Fact]
    public void A_request_is_placed_on_ten_thousand_nodes_in_milliseconds()
    {
        var cluster = Large();
        var nodes = cluster.Nodes.Values.ToList();
        var free = new FreeResources();
        NodeBalance? On(Core.Nodes.Node node) => free.On(node);
        void Find(Request request)
        {
            foreach (var share in Placement.Find(request, nodes, On) ?? throw new InvalidOperationException("it does not fit"))
                Assert.True(free.TryTake(cluster.Nodes[share.Node], share));
        }
        var small = Request(s => s.Tasks = 4);
        var gpu = Request(s => { s.Gres.Add(Gpu(1)); s.CpusPerTask = 4; });
        var gang = Request(s => { s.NodesMin = 64; s.Gres.Add(Gpu(8)); s.CpusPerTask = 32; });
        var never = Request(s => s.CpusPerTask = 65);
        var busy = Request(s => { s.NodesMin = 9_000; s.Exclusive = true; });
        Assert.True(Milliseconds("4 tasks", 200, () => Find(small)) < 20);
        Assert.True(Milliseconds("1 GPU", 100, () => Find(gpu)) < 100);
        Assert.True(Milliseconds("64 nodes of 8 GPUs", 10, () => Find(gang)) < 200);
        Assert.True(Milliseconds("fits nowhere, by kind", 50, () => Assert.False(Placement.Fits(never, nodes, On))) < 20);
        Assert.True(Milliseconds("9,000 idle nodes", 10, () => Placement.Fits(busy, nodes, On)) < 200);
        Assert.True(Milliseconds("counted on all", 20, () => { foreach (var node in nodes) gpu.TasksWithin(node, node.Total); }) < 100);
    }

    [Fact]
    public void A_walk_over_all_nodes_allocates_nothing_per_node()
    {
        var nodes = Large().Nodes.Values.ToList();
        var gpu = Request(s => { s.Gres.Add(Gpu(9)); });
        var full = Request(s => { s.Tasks = 64; s.MemoryPerNodeBytes = 65 * GiB; });
        foreach (var request in new[] { gpu, full, Request(s => { s.NodesMin = 5_001; s.Gres.Add(Gpu(1)); }) })
        {
            Placement.Fits(request, nodes, static node => node.Balance);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Placement.Fits(request, nodes, static node => node.Balance);
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4_096, $"{GC.GetAllocatedBytesForCurrentThread() - before} bytes");
        }
    }
}
