using Stint.Core.Journal;
using static Stint.Core.Tests.Resources.Machines;

namespace Stint.Core.Tests.Resources;

public sealed class SharingTests
{
    private static Lab Over(string rule, Action<PartitionSpec>? with = null) => new Lab(c =>
    {
        c.Partitions[0].OverSubscribe = rule;
        with?.Invoke(c.Partitions[0]);
    }).Node("n1", cpus: 2).Node("n2", cpus: 2);

    [Fact]
    public void Shared_CPUs_are_given_last_and_never_more_often_than_allowed()
    {
        var lab = Over("FORCE:2");
        Assert.Equal("n1:0x1 n1:1x1", lab.Placed(_ => { }) + " " + lab.Placed(_ => { }));
        lab = Over("FORCE:2");
        var first = lab.Run(s => { s.Tasks = 2; s.NodeList = "n1"; });
        Assert.Equal("n1:0-1x2", lab.Placed(s => { s.Tasks = 2; s.NodeList = "n1"; }));
        lab.Waits(s => { s.Tasks = 2; s.NodeList = "n1"; });
        lab.Finish(first);
        Assert.Equal(2, lab.NodeOf("n1").CpusAllocated);
        Assert.Equal("n1:0-1x2", lab.Placed(s => { s.Tasks = 2; s.NodeList = "n1"; }));
    }

    [Fact]
    public void Sharing_on_request_needs_both_to_ask()
    {
        var lab = Over("YES:2");
        lab.Run(s => { s.Tasks = 2; s.NodeList = "n1"; });
        lab.Waits(s => { s.Tasks = 2; s.NodeList = "n1"; s.Sharing = NodeSharing.SharingOversubscribe; });
        lab.Run(s => { s.Tasks = 2; s.NodeList = "n2"; s.Sharing = NodeSharing.SharingOversubscribe; });
        lab.Waits(s => { s.Tasks = 2; s.NodeList = "n2"; });
        lab.Run(s => { s.Tasks = 2; s.NodeList = "n2"; s.Sharing = NodeSharing.SharingOversubscribe; });
    }

    [Fact]
    public void A_partition_without_sharing_gives_none() 
    {
        var lab = Over("NO");
        lab.Run(s => { s.Tasks = 2; s.NodeList = "n1"; s.Sharing = NodeSharing.SharingOversubscribe; });
        lab.Waits(s => { s.Tasks = 2; s.NodeList = "n1"; s.Sharing = NodeSharing.SharingOversubscribe; });
    }

    [Fact]
    public void An_exclusive_partition_gives_whole_nodes() => Assert.Equal("n1:0-1x1", Over("EXCLUSIVE").Placed(_ => { }));

    [Fact]
    public void A_job_for_one_user_shares_with_that_user_only()
    {
        var lab = new Lab().Nodes("n1");
        lab.Run(s => s.Sharing = NodeSharing.SharingUser);
        lab.Waits(s => { s.Uid = Lab.Bob; s.Sharing = NodeSharing.SharingUser; });
        lab.Waits(s => s.Uid = Lab.Bob);
        lab.Run(s => s.Sharing = NodeSharing.SharingUser);
    }

    [Fact]
    public void Nobody_moves_in_with_another_user_who_wants_none()
    {
        var lab = new Lab().Nodes("n1");
        var bob = lab.Run(s => s.Uid = Lab.Bob);
        lab.Waits(s => s.Sharing = NodeSharing.SharingUser);
        lab.Finish(bob);
        lab.Run(s => s.Sharing = NodeSharing.SharingUser);
    }

    [Fact]
    public void A_partition_may_want_one_user_per_node()
    {
        var lab = Over("NO", p => p.ExclusiveUser = true);
        Assert.Equal("n1:0x1", lab.Placed(_ => { }));
        Assert.Equal("n2:0x1", lab.Placed(s => s.Uid = Lab.Bob));
        Assert.Equal("n1:1x1", lab.Placed(_ => { }));
    }

    [Fact]
    public void A_job_may_want_its_part_of_the_topology_alone()
    {
        var lab = new Lab(c =>
        {
            c.Blocks.Add(new SwitchSpec { Name = "b1", Nodes = "n[1-2]" });
            c.Blocks.Add(new SwitchSpec { Name = "b2", Nodes = "n[3-4]" });
        }).Nodes("n1", "n2", "n3", "n4");
        var small = lab.Run(s => s.NodeList = "n1");
        var alone = lab.Run(s => { s.Sharing = NodeSharing.SharingTopo; s.Exclusive = true; });
        Assert.Equal("n3", lab.Job(alone).Shares[0].Node);
        lab.Waits(s => s.NodeList = "n4");
        lab.Waits(s => { s.Sharing = NodeSharing.SharingTopo; s.Exclusive = true; });
        lab.Finish(alone);
        lab.Run(s => s.NodeList = "n4");
        lab.Finish(small);
    }
}
