using Stint.Core.Journal;
using Stint.Core.Nodes;
using static Stint.Core.Tests.Resources.Machines;

namespace Stint.Core.Tests.Resources;

public sealed class DescriptionTests
{
    private static Refusal Refused(Action<ClusterConfigured> change)
    {
        var lab = new Lab();
        var config = lab.Cluster.Config.Clone();
        change(config);
        return lab.Refused(new Configure(config));
    }

    [Fact]
    public void Descriptions_that_can_not_be_are_refused()
    {
        Assert.Equal(RefusalCodes.InvalidNodeName, Refused(c => c.Nodes.Add(new NodeSpec { Nodes = "n[1" })).Code);
        Assert.Equal(RefusalCodes.InvalidFeature, Refused(c => c.Nodes.Add(new NodeSpec { Nodes = "n1", Features = { "a&b" } })).Code);
        Assert.Equal(RefusalCodes.InvalidLicense, Refused(c => c.Licenses = "a|b").Code);
        Assert.Equal(RefusalCodes.InvalidNodeName, Refused(c => c.Switches.Add(new SwitchSpec { Name = "s", Nodes = "n[" })).Code);
        Assert.Equal(RefusalCodes.InvalidGres, Refused(c => c.Nodes.Add(new NodeSpec { Nodes = "n1", Gres = { Counted("x", 1), Counted("x", 2) } })).Code);
        var many = Enumerable.Range(0, 9).Select(i => Counted($"x{i}", 1)).ToArray();
        Assert.Equal(RefusalCodes.InvalidGres, new Lab().Refused(new RegisterNode(Machine("n1", gres: many))).Code);
        Assert.Equal(RefusalCodes.InvalidGres, new Lab().Refused(new RegisterNode(Machine("n1", gres: Gpus("a", 0, ["", ""]) is var g && (g.Units[1].Index = 0) == 0 ? g : g))).Code);
    }

    [Fact]
    public void Nodes_of_one_description_share_it_whatever_their_devices_are_called()
    {
        var (a, b) = (Gpus("a100", "0-3"), Gpus("a100", "0-3"));
        (a.Units[0].Uuid, b.Units[0].Uuid) = ("GPU-1", "GPU-2");
        var lab = new Lab().With(Machine("n1", gres: a), Machine("n2", gres: b), Machine("n3", cores: 8));
        Assert.Same(lab.NodeOf("n1").Kind, lab.NodeOf("n2").Kind);
        Assert.NotSame(lab.NodeOf("n1").Kind, lab.NodeOf("n3").Kind);
    }

    [Fact]
    public void Later_lines_win_per_field_and_all_may_be_meant()
    {
        var lab = new Lab(c =>
        {
            c.Nodes.Add(new NodeSpec { Nodes = "n1", Features = { "x" }, Weight = 3 });
            c.Nodes.Add(new NodeSpec { Nodes = "ALL", Weight = 5 });
            c.Nodes.Add(new NodeSpec { Nodes = "n1", DiskBytes = GiB });
        }).Nodes("n1", "n2");
        var kind = lab.NodeOf("n1").Kind;
        Assert.Equal(("x", 5u, GiB), (string.Join(',', kind.Features), kind.Weight, kind.DiskBytes));
        Assert.Equal(5u, lab.NodeOf("n2").Kind.Weight);
    }

    [Fact]
    public void A_node_that_is_described_anew_keeps_what_its_jobs_hold()
    {
        var lab = new Lab().With(Machine("n1", gres: Gpus("a100", "", "")));
        var id = lab.Run(s => { s.Tasks = 3; s.Gres.Add(Gpu(1)); });
        var config = lab.Cluster.Config.Clone();
        config.Nodes.Add(new NodeSpec { Nodes = "n1", Features = { "new" }, CoreSpecCount = 1, MemorySpecBytes = GiB });
        lab.Do(new Configure(config));
        Assert.Equal((3, 4, 1), (lab.NodeOf("n1").CpusAllocated, lab.NodeOf("n1").Free.Cores, lab.NodeOf("n1").Free.Gres[0]));
        lab.Finish(id);
        Assert.Equal(lab.NodeOf("n1").Total, lab.NodeOf("n1").Free);
    }

    [Fact]
    public void Cores_for_the_system_are_the_highest_of_the_last_socket_first() =>
        Assert.Equal("2-3,6-7", SpecializedCores.Of([0, 0, 0, 0, 1, 1, 1, 1], 2, 4, 1).ToString());

    [Theory]
    [InlineData("NO", 1, false), InlineData("YES", 4, false), InlineData("FORCE:2", 2, false), InlineData("force:1", 1, false), InlineData("EXCLUSIVE", 1, true), InlineData("", 1, false)]
    public void A_partitions_sharing_is_read(string text, int rows, bool whole)
    {
        var rule = Core.Resources.OverSubscription.Of(text);
        Assert.Equal((rows, whole), (rule.Rows, rule.WholeNodes));
    }

    [Theory]
    [InlineData("block", true), InlineData("cyclic:cyclic", true), InlineData("plane=4", true), InlineData("*:block:fcyclic,Pack", true)]
    [InlineData("plane=0", false), InlineData("plane", false), InlineData("round", false), InlineData("block:x", false), InlineData("block,Fold", false), InlineData("a:b:c:d", false)]
    public void A_distribution_is_read(string text, bool isOne) => Assert.Equal(isOne, Core.Resources.TaskDistribution.Parse(text) is not null);
}
