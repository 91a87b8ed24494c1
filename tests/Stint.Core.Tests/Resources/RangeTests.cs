using Stint.Core.Journal;
using static Stint.Core.Tests.Resources.Machines;

namespace Stint.Core.Tests.Resources;

public sealed class RangeTests
{
    private static Action<JobSpec> Range(Action<ResourceRanges> set, LimitPolicy policy = LimitPolicy.LimitCapacity, uint nodes = 1) => s =>
    {
        s.Ranges = new ResourceRanges { CpusMin = 2, MemoryMinBytes = 8 * GiB };
        set(s.Ranges);
        s.LimitPolicy = policy;
        s.NodesMin = nodes;
    };

    private static Lab Blocks(uint blocks = 0) => new Lab(c => c.Nodes.Add(new NodeSpec { Nodes = "g1", Blocks = blocks, BlocksAuto = blocks == 0 }))
        .With(Machine("g1", sockets: 2, cores: 8, memory: 64 * GiB, disk: 100 * GiB, gres: Gpus("H100", "0-7", "0-7", "8-15", "8-15")));

    [Fact]
    public void A_block_is_an_equal_share_of_cores_memory_and_GPUs()
    {
        var lab = Blocks();
        var id = lab.Run(Range(r => (r.GpusMin, r.GpusMax) = (1, 1)));
        Assert.Equal("g1:0-3x1 gpu:H100[0]", Text(lab.Job(id).Shares[0]));
        Assert.Equal(16 * GiB, lab.Job(id).Shares[0].MemoryBytes);
        Assert.Equal("g1:4-11x1 gpu:H100[1,2]", lab.Placed(Range(r => (r.GpusMin, r.GpusMax) = (2, 2))));
        lab.Waits(Range(r => (r.GpusMin, r.GpusMax) = (2, 2)));
        Assert.Equal("g1:12-15x1 gpu:H100[3]", lab.Placed(Range(r => r.GpusMin = 1)));
    }

    [Fact]
    public void The_fewest_blocks_that_match_are_taken() =>
        Assert.Equal("g1:0-7x1 gpu:H100[0,1]", Blocks().Placed(Range(r => r.CpusMin = 5)));

    [Fact]
    public void Held_to_the_request_a_job_gets_the_lower_ends_of_a_block()
    {
        var lab = Blocks();
        var id = lab.Run(Range(r => r.GpusMin = 1, LimitPolicy.LimitRequest));
        Assert.Equal("g1:0-1x1 gpu:H100[0]", Text(lab.Job(id).Shares[0]));
        Assert.Equal(8 * GiB, lab.Job(id).Shares[0].MemoryBytes);
    }

    [Fact]
    public void Without_blocks_the_offer_is_the_node()
    {
        var lab = new Lab().With(Machine("g1", sockets: 1, cores: 8, gres: Gpus("L4", "", "")), Machine("c1", sockets: 1, cores: 4));
        Assert.Equal("c1:0-3x1", lab.Placed(Range(r => r.CpusMax = 4)));
        Assert.NotNull(lab.Refused(new SubmitJob(Lab.Spec(Range(r => (r.GpusMin, r.GpusMax) = (1, 1))))));        // the node has two
        Assert.Equal("g1:0-1x1 gpu:L4[0]", lab.Placed(Range(r => (r.GpusMin, r.GpusMax) = (1, 1), LimitPolicy.LimitRequest)));
        lab.Waits(Range(r => (r.GpusMin, r.GpusMax) = (2, 2)));
    }

    [Theory]
    [InlineData("nvidia", "h100", 40, 0, true), InlineData("amd", "h100", 40, 0, false), InlineData("", "a100", 40, 0, false)]
    [InlineData("", "A100|H100", 81, 0, false), InlineData("", "", 80, 80, true), InlineData("", "", 0, 79, false)]
    public void GPUs_are_matched_by_vendor_name_and_memory(string vendor, string names, ulong least, ulong most, bool matches)
    {
        var ranges = Range(r =>
        {
            (r.GpusMin, r.GpuVendor, r.GpuMemoryMinBytes, r.GpuMemoryMaxBytes) = (1, vendor, least * GiB, most * GiB);
            if (names.Length > 0) r.GpuNames.AddRange(names.Split('|'));
        });
        Assert.Equal(matches, Blocks().Find(ranges) is not null);
    }

    [Fact]
    public void Memory_of_all_GPUs_together_is_matched() =>
        Assert.Equal("g1:0-7x1 gpu:H100[0,1]", Blocks().Placed(Range(r => (r.GpusMin, r.GpuTotalMemoryMinBytes) = (1, 100 * GiB))));

    [Fact]
    public void Disk_is_shared_by_the_blocks()
    {
        var lab = Blocks();
        lab.Run(Range(r => r.DiskMinBytes = 60 * GiB));
        lab.Waits(Range(r => r.DiskMinBytes = 60 * GiB));
        lab.Run(Range(r => r.DiskMinBytes = 40 * GiB));
    }

    [Fact]
    public void Several_nodes_are_taken_whole()
    {
        var lab = new Lab(c => c.Nodes.Add(new NodeSpec { Nodes = "ALL", BlocksAuto = true }));
        for (var i = 1; i <= 3; i++) lab.With(Machine($"g{i}", sockets: 1, cores: 4, gres: Gpus("L4", "", "")));
        lab.Run(Range(r => r.GpusMin = 1));
        Assert.Equal("g2:0-3x1 gpu:L4[0,1] g3:0-3x1 gpu:L4[0,1]", lab.Placed(Range(r => r.GpusMin = 1, nodes: 2)));
    }

    [Fact]
    public void A_node_that_does_not_divide_has_no_blocks()
    {
        Assert.Equal(0, Blocks(3).NodeOf("g1").Kind.Blocks.Count);
        Assert.Equal(2, Blocks(2).NodeOf("g1").Kind.Blocks.Count);
        Assert.Equal(4, Blocks().NodeOf("g1").Kind.Blocks.Count);
    }

    [Fact]
    public void A_range_that_ends_before_it_begins_is_refused() =>
        Assert.Equal(RefusalCodes.InvalidRequest, Blocks().Refused(new SubmitJob(Lab.Spec(Range(r => (r.CpusMin, r.CpusMax) = (4, 2))))).Code);
}
