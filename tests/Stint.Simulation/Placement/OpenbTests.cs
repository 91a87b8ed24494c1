using System.Diagnostics;
using Stint.Core.Scheduling.Planning.Placement;
using Stint.Server.Simulate.Traces;
using Xunit.Abstractions;

namespace Stint.Simulation.Placement;

/// <summary>The published packing of Alibaba's trace, mean of ten seeds at 100 % arrived demand: 86.3 %, 92.9 %, 95.2 %.</summary>
public sealed class OpenbTests(ITestOutputHelper output)
{
    private const string Nodes = "alibaba/openb_node_list_gpu_node.csv", Pods = "alibaba/openb_pod_list_default.csv";
    private const int Seeds = 10;
    private static readonly BestFit LargestNode = new(128_000, 8 * NodeCapacity.WholeGpu);

    [TraceFact(Nodes, Pods)]
    public void Random_placement_gives_out_what_is_published() =>
        Assert.InRange(Mean("random", (nodes, _, seed) => Any(nodes, seed)), 0.853, 0.873);

    [TraceFact(Nodes, Pods)]
    public void Best_fit_gives_out_what_is_published() =>
        Assert.InRange(Mean("best fit", (nodes, _, _) => Scored(nodes, LargestNode)), 0.919, 0.939);

    [TraceFact(Nodes, Pods)]
    public void Fragmentation_gradient_gives_out_at_least_what_is_published() =>
        Assert.InRange(Mean("fgd", Gradient), 0.952, 1);

    private static Func<GpuDemand, int?> Gradient(List<NodeCapacity> nodes, List<GpuDemand> pods, int seed) =>
        Scored(nodes, new FragmentationGradient(DemandMix.Of(pods), LargestNode));

    private static Func<GpuDemand, int?> Any(IReadOnlyList<NodeCapacity> nodes, int seed)
    {
        var placement = new RandomPlacement(nodes, new Random(seed));
        return demand => placement.Place(demand);
    }

    private static Func<GpuDemand, int?> Scored(IReadOnlyList<NodeCapacity> nodes, IPlacementScore score)
    {
        var placing = new Placing(nodes, score);
        return demand => placing.Place(demand);
    }

    private double Mean(string name, Func<List<NodeCapacity>, List<GpuDemand>, int, Func<GpuDemand, int?>> placement)
    {
        var watch = Stopwatch.StartNew();
        var shares = new List<double>();
        for (var seed = 0; seed < Seeds; seed++)
        {
            using var nodeReader = TraceFile.Open(TraceFactAttribute.PathOf(Nodes));
            using var podReader = TraceFile.Open(TraceFactAttribute.PathOf(Pods));
            var nodes = OpenbTrace.ReadNodes(nodeReader);
            var pods = OpenbTrace.ReadPods(podReader);
            shares.Add(Packing.Fill(nodes, pods, placement(nodes, pods, 1000 + seed), seed));
        }
        output.WriteLine($"{name}: {shares.Average():P2} of the GPUs ({shares.Min():P2} to {shares.Max():P2}), "
            + $"{watch.Elapsed.TotalSeconds:F1} s for {Seeds} seeds");
        return shares.Average();
    }
}
