using Stint.Core.Scheduling.Planning.Placement;

namespace Stint.Simulation.Placement;

public sealed class PlacementTests
{
    private const long Gibibyte = 1 << 30;
    private static readonly BestFit Tightest = new(64_000, 4_000);

    [Fact]
    public void Best_fit_takes_the_fullest_gpu_that_still_fits()
    {
        var nodes = Cluster(1, gpus: 3);
        nodes[0].Take(Share(400), 1);
        nodes[0].Take(Share(800), 2);
        Assert.Equal(1, Tightest.Rate(nodes[0], Share(500)).Gpu);
    }

    [Fact]
    public void A_share_goes_where_whole_gpu_work_loses_nothing()
    {
        var nodes = Cluster(2, gpus: 2);
        nodes[1].Take(Share(500), 0);
        var placing = new Placing(nodes, new FragmentationGradient(DemandMix.Of([Share(500), Whole(2), Whole(1)]), Tightest));
        Assert.Equal(1, placing.Place(Share(500)));
        Assert.Equal([0, 1000], nodes[1].GpuMilli.ToArray());
    }

    [Fact]
    public void Fragmentation_is_what_a_demand_from_the_mix_could_not_use()
    {
        var (noGpu, tooManyCpus) = (new GpuDemand(1, 0, 0, 0), new GpuDemand(99_000, 0, 1, 100));
        var gradient = new FragmentationGradient(DemandMix.Of([Share(600), Whole(2), noGpu, tooManyCpus]), Tightest);
        // 500 + 1000 left: 600 wastes the 500; two whole ones, none, and too many processors waste all.
        Assert.Equal((500 + 1500 + 1500 + 1500) / 4.0, gradient.Of(64_000, Gibibyte, "A", [500, 1000]), 6);
        Assert.Equal(0, gradient.Of(0, 0, "A", [0, 0]));
    }

    [Fact]
    public void A_demand_for_models_goes_to_no_other()
    {
        var nodes = new List<NodeCapacity> { new(64_000, Gibibyte, 1, "A100"), new(64_000, Gibibyte, 1, "A10") };
        var placing = new Placing(nodes, Tightest);
        Assert.Equal(1, placing.Place(Share(100) with { Models = "T4|A10" }));
        Assert.Null(placing.Place(Share(100) with { Models = "A1" }));
    }

    [Fact]
    public void The_mix_does_not_depend_on_the_order_of_the_sample()
    {
        GpuDemand[] sample = [Share(100), Whole(1), Share(100), Whole(4), Share(300)];
        Assert.Equal(DemandMix.Of(sample).Shares.ToArray(), DemandMix.Of(sample.Reverse()).Shares.ToArray());
    }

    [Theory, InlineData("random"), InlineData("best fit"), InlineData("fgd")]
    public void No_placement_gives_out_more_than_there_is(string name)
    {
        var random = new Random(7);
        for (var round = 0; round < 20; round++)
        {
            var nodes = Cluster(12, gpus: 4);
            var demands = Enumerable.Range(0, 150).Select(_ => Draw(random)).ToList();
            var share = Packing.Fill(nodes, demands, Placer(name, nodes, demands), round);
            Assert.InRange(share, 0.5, 1);
            Assert.All(nodes, node => Assert.True(node.CpuMilli >= 0 && node.MemoryBytes >= 0 && node.GpuMilli.ToArray().Min() >= 0));
            Assert.All(nodes, node => Assert.Equal(node.GpuMilliFree, node.GpuMilli.ToArray().Sum()));
        }
    }

    [Fact]
    public void Fragmentation_gradient_gives_out_more_than_random_on_drawn_demands()
    {
        double random = 0, gradient = 0;
        for (var seed = 0; seed < 10; seed++)
        {
            var draw = new Random(seed);
            var demands = Enumerable.Range(0, 400).Select(_ => Draw(draw)).ToList();
            random += Fill("random", demands, seed);
            gradient += Fill("fgd", demands, seed);
        }
        Assert.True(gradient > random + 0.1, $"gradient {gradient / 10:P1}, random {random / 10:P1}");
    }

    private static double Fill(string name, List<GpuDemand> demands, int seed)
    {
        var nodes = Cluster(30, gpus: 4);
        return Packing.Fill(nodes, demands, Placer(name, nodes, demands), seed);
    }

    private static Func<GpuDemand, int?> Placer(string name, List<NodeCapacity> nodes, List<GpuDemand> demands)
    {
        if (name == "random")
        {
            var any = new RandomPlacement(nodes, new Random(1));
            return demand => any.Place(demand);
        }
        var placing = new Placing(nodes, name == "fgd" ? new FragmentationGradient(DemandMix.Of(demands), Tightest) : Tightest);
        return demand => placing.Place(demand);
    }

    private static GpuDemand Draw(Random random) => random.Next(10) switch
    {
        0 => new GpuDemand(random.Next(1, 8) * 1000, 0, 0, 0),
        1 => Whole(4),
        2 => Whole(2),
        3 or 4 => Whole(1),
        _ => Share(random.Next(1, 9) * 100),
    };

    private static List<NodeCapacity> Cluster(int nodes, int gpus) =>
        [.. Enumerable.Range(0, nodes).Select(_ => new NodeCapacity(64_000, Gibibyte, gpus, "A"))];

    private static GpuDemand Share(int milli) => new(2_000, 1 << 20, 1, milli);

    private static GpuDemand Whole(int gpus) => new(4_000L * gpus, 1 << 20, gpus, NodeCapacity.WholeGpu);
}
