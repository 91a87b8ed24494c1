using System.Diagnostics;
using System.Globalization;
using Stint.Agent.Cgroups;
using Stint.Agent.Hardware;
using Stint.Agent.Tests.Launch;

namespace Stint.Agent.Tests.Cgroups;

/// <summary>Quotas, weights and memory nodes, on this machine's kernel.</summary>
public sealed class CpuTimeTests
{
    private static string Job(TestTree test, string v1, string v2) => test.Layout.File("cpu", $"{test.Root}/n1/u4242/j1", TestTree.IsV2 ? v2 : v1)!;

    private static long Counter(string text, string name) =>
        long.Parse(text.Split('\n').First(line => line.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);

    [RootFact]
    public void A_busy_loop_that_passes_its_quota_is_throttled_and_uses_no_more_than_it()
    {
        using var test = new TestTree();
        var limits = TestTree.Limits();
        // Two hundredths of a CPU: a machine that is busy with other things still gives more than that.
        (limits.CpuMilli, limits.CpuMilliRequested) = (20, "0.02 CPUs");
        var group = test.Tree.Create(TestTree.Key(1), TestTree.Uid, limits);
        var file = Job(test, "cpu.cfs_quota_us", "cpu.max");
        var value = TestTree.IsV2 ? "2000 100000" : "2000";
        var row = Assert.Single(group.Receipt.Rows, r => r.Resource == "cpu quota");
        Assert.Equal(("0.02 CPUs", "0.02", file, value, value, true), (row.Requested, row.Allocated, row.File, row.Written, row.ReadBack, row.Enforced));

        using var payload = new Payload(group, "echo ready; while :; do :; done");
        Assert.Equal("ready", payload.Line());
        var stat = Job(test, "cpu.stat", "cpu.stat");
        string Stat() => test.Read(stat);
        long UsedUs() => TestTree.IsV2 ? Counter(Stat(), "usage_usec") : long.Parse(test.Read(test.Layout.File("cpuacct", $"{test.Root}/n1/u4242/j1", "cpuacct.usage")!), CultureInfo.InvariantCulture) / 1000;
        Payload.Until(() => Counter(Stat(), "nr_throttled") >= 1, "the loop is throttled");
        var (began, used) = (Stopwatch.GetTimestamp(), UsedUs());
        Payload.Until(() => Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(2), "two seconds");
        var share = (UsedUs() - used) / Stopwatch.GetElapsedTime(began).TotalMicroseconds;
        Assert.InRange(share, 0.001, 0.05);
        test.Tree.KillAndRemove(group, Patience.Seconds(10));
    }

    [RootFact]
    public void A_weight_is_written_where_it_is_configured_and_a_job_without_either_costs_nothing()
    {
        using var test = new TestTree();
        var limits = TestTree.Limits();
        limits.CpuWeight = 200;
        var row = Assert.Single(test.Tree.Create(TestTree.Key(1), TestTree.Uid, limits).Receipt.Rows, r => r.Resource == "cpu weight");
        Assert.Equal((Job(test, "cpu.shares", "cpu.weight"), TestTree.IsV2 ? "200" : "2048", true), (row.File, row.ReadBack, row.Enforced));
        Assert.DoesNotContain(test.Tree.Create(TestTree.Key(2), TestTree.Uid, TestTree.Limits()).Receipt.Rows, r => r.Resource is "cpu weight" or "cpu quota");
    }

    // Two nodes of four cpus and 64 GiB each.
    private static readonly NumaMap Two = new([new NumaNode(0, [0, 1, 2, 3], 64UL << 30), new NumaNode(1, [4, 5, 6, 7], 64UL << 30)]);

    [Theory]
    [InlineData(new[] { 0, 1 }, 32, "0")]              // its part of the node exactly
    [InlineData(new[] { 0, 1 }, 33, "0-1")]            // more than its part: held to the node it could end short
    [InlineData(new[] { 4, 5, 6, 7 }, 64, "1")]
    [InlineData(new[] { 3, 4 }, 1, "0-1")]
    [InlineData(new int[0], 1, "0-1")]
    [InlineData(new[] { 0 }, 0, "0-1")]                // no limit: nothing is known
    public void Memory_is_held_to_the_near_nodes_where_that_cannot_make_it_short(int[] cpus, int gibibytes, string nodes) =>
        Assert.Equal(nodes, CpuList.Format(Two.For(cpus, (ulong)gibibytes << 30)));

    [Fact]
    public void No_set_of_jobs_that_are_held_to_nodes_can_ask_a_node_for_more_than_it_has()
    {
        var random = new Random(11);
        for (var round = 0; round < 2_000; round++)
        {
            var map = new NumaMap([.. Enumerable.Range(0, random.Next(2, 5)).Select(n => new NumaNode(n, [.. Enumerable.Range(n * 8, 8)], (ulong)random.Next(1, 256) << 30))]);
            var free = map.Nodes.SelectMany(n => n.Cpus).OrderBy(_ => random.Next()).ToList();
            var held = new List<(IReadOnlyList<int> Nodes, ulong Bytes)>();
            while (free.Count > 0)
            {
                var cpus = free.Take(random.Next(1, 9)).ToList();
                free.RemoveRange(0, cpus.Count);
                var bytes = (ulong)random.Next(1, 64) << 30;
                if (map.For(cpus, bytes) is { } nodes && nodes.Count < map.Nodes.Count) held.Add((nodes, bytes));
            }
            // Of those that are on one set of nodes or within it, the sum fits: Hall's condition over all sets of nodes.
            for (var set = 1; set < 1 << map.Nodes.Count; set++)
            {
                var within = held.Where(h => h.Nodes.All(n => (set >> n & 1) != 0)).Aggregate(0UL, (sum, h) => sum + h.Bytes);
                Assert.True(within <= map.Nodes.Where(n => (set >> n.Id & 1) != 0).Aggregate(0UL, (sum, n) => sum + n.MemoryBytes));
            }
        }
    }

    [RootFact]
    public void Memory_nodes_are_written_and_read_back_and_a_node_that_is_not_there_stops_the_step()
    {
        // This machine may have one node. With a second one declared, a job near node 0 is held to node 0 for real, and one near the other fails closed.
        var kernel = TestTree.HostMap();
        var map = kernel with { Numa = new NumaMap([new NumaNode(0, [kernel.KernelCpus[0]], 1UL << 40), new NumaNode(63, [.. kernel.KernelCpus.Skip(1)], 1UL << 40)]) };
        using var test = new TestTree(map: map);
        var row = Assert.Single(test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits(cpus: 0)).Receipt.Rows, r => r.Resource == "numa nodes");
        Assert.Equal(("0", "0", true), (row.Written, row.ReadBack, row.Enforced));
        Assert.EndsWith("/cpuset.mems", row.File, StringComparison.Ordinal);
        if (kernel.KernelCpus.Count < 2) return;
        var refused = Assert.Throws<CgroupException>(() => test.Tree.Create(TestTree.Key(2), TestTree.Uid, TestTree.Limits(cpus: 1)));
        Assert.Contains("cpuset.mems", refused.Message, StringComparison.Ordinal);
        Assert.True(test.Tree.IsJobGone(2, TestTree.Uid));
    }
}
