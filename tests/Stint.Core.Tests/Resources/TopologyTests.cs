using Stint.Core.Journal;

namespace Stint.Core.Tests.Resources;

public sealed class TopologyTests
{
    // s1: n1-n4, s2: n5-n8, s3: n9-n12; s1 and s2 under t1, all under top.
    private static Lab Tree() => new Lab(c =>
    {
        c.Switches.Add(new SwitchSpec { Name = "s1", Nodes = "n[1-4]" });
        c.Switches.Add(new SwitchSpec { Name = "s2", Nodes = "n[5-8]" });
        c.Switches.Add(new SwitchSpec { Name = "s3", Nodes = "n[9-12]" });
        c.Switches.Add(new SwitchSpec { Name = "t1", Switches = "s[1-2]" });
        c.Switches.Add(new SwitchSpec { Name = "top", Switches = "t1,s3" });
    }).Nodes([.. Enumerable.Range(1, 12).Select(i => $"n{i}")]);

    private static Lab Blocks() => new Lab(c =>
    {
        for (var b = 0; b < 3; b++) c.Blocks.Add(new SwitchSpec { Name = $"b{b}", Nodes = $"n[{b * 4 + 1}-{b * 4 + 4}]" });
    }).Nodes([.. Enumerable.Range(1, 12).Select(i => $"n{i}")]);

    private static void Fill(Lab lab, string nodes) => lab.Run(s => { s.NodeList = nodes; s.Exclusive = true; s.NodesMin = (uint)Core.Nodes.NodeNames.Expand(nodes)!.Count; });

    private static string Nodes(Lab lab, Action<JobSpec> with) => string.Join(' ', lab.Find(with)?.Select(s => s.Node) ?? ["none"]);

    [Fact]
    public void The_switch_with_the_fewest_free_nodes_that_suffices_is_taken()
    {
        var lab = Tree();
        Fill(lab, "n1,n[5-6]");
        Assert.Equal("n7 n8", Nodes(lab, s => s.NodesMin = 2));
        Assert.Equal("n2 n3 n4", Nodes(lab, s => s.NodesMin = 3));
        Assert.Equal("n9 n10 n11 n12", Nodes(lab, s => s.NodesMin = 4));
    }

    [Fact]
    public void More_than_a_leaf_has_goes_below_the_lowest_switch_above_with_as_few_leaves_as_can_be()
    {
        var lab = Tree();
        Fill(lab, "n1");
        Assert.Equal("n2 n5 n6 n7 n8", Nodes(lab, s => s.NodesMin = 5));
        Assert.Equal(8, lab.Find(s => s.NodesMin = 8)!.Count);
    }

    [Fact]
    public void A_bound_on_switches_is_kept_until_the_wait_for_it_is_over()
    {
        var lab = Tree();
        Fill(lab, "n1,n5,n9");
        Assert.Equal("n2 n3 n4", Nodes(lab, s => { s.NodesMin = 3; s.SwitchesMax = 1; }));
        Assert.Equal("none", Nodes(lab, s => { s.NodesMin = 4; s.SwitchesMax = 1; }));
        Assert.NotEqual("none", Nodes(lab, s => { s.NodesMin = 4; s.SwitchesMax = 2; }));
        var request = Machines.Request(s => { s.NodesMin = 4; s.SwitchesMax = 1; });
        Assert.NotNull(Core.Scheduling.Placement.Find(request.WithoutSwitches, lab.Cluster.Partitions[0].Nodes, node => node.Balance));
    }

    [Fact]
    public void Segments_lie_within_blocks()
    {
        var lab = Blocks();
        Fill(lab, "n1,n5");
        Assert.Equal("n9 n10 n11 n12", Nodes(lab, s => { s.NodesMin = 4; s.Segment = 4; }));
        Assert.Equal("none", Nodes(lab, s => { s.NodesMin = 8; s.Segment = 4; }));
        Assert.Equal("n2 n3 n6 n7 n9 n10 n11 n12", Nodes(lab, s => { s.NodesMin = 8; s.Segment = 2; }));
        Assert.Equal(RefusalCodes.InvalidRequest, lab.Refused(new SubmitJob(Lab.Spec(s => { s.NodesMin = 3; s.Segment = 2; }))).Code);
    }

    [Fact]
    public void Blocks_are_filled_best_fit()
    {
        var lab = Blocks();
        Fill(lab, "n[5-6]");
        Assert.Equal("n7 n8", Nodes(lab, s => s.NodesMin = 2));
    }

    [Fact]
    public void A_ring_of_switches_ends_too()
    {
        var lab = new Lab(c =>
        {
            c.Switches.Add(new SwitchSpec { Name = "a", Nodes = "n1", Switches = "b" });
            c.Switches.Add(new SwitchSpec { Name = "b", Nodes = "n2", Switches = "a" });
        }).Nodes("n1", "n2");
        Assert.Equal(2, lab.Find(s => s.NodesMin = 2)!.Count);
    }
}
