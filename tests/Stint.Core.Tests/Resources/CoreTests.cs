using Stint.Core.Journal;
using static Stint.Core.Tests.Resources.Machines;

namespace Stint.Core.Tests.Resources;

public sealed class CoreTests
{
    private static Lab Threads() => new Lab().With(Machine("n1", sockets: 2, cores: 4, threads: 2));

    [Fact]
    public void One_thread_per_core_leaves_the_other_unused_but_given()
    {
        Assert.Equal(8, Threads().TasksOn("n1", s => s.ThreadsPerCore = 1));
        Assert.Equal(16, Threads().TasksOn("n1", _ => { }));
        Assert.Equal("n1:0-7x4", Threads().Placed(s => { s.ThreadsPerCore = 1; s.Tasks = 4; }));
        Assert.Equal(8, Threads().TasksOn("n1", s => s.OneThreadPerTask = true));
        Assert.Equal("n1:0-7x2", Threads().Placed(s => { s.OneThreadPerTask = true; s.Tasks = 2; s.CpusPerTask = 2; }));
    }

    [Fact]
    public void A_node_without_so_many_threads_is_no_part_of_it() =>
        Assert.Null(new Lab().With(Machine("n1", threads: 1)).Find(s => s.ThreadsPerCore = 2));

    [Fact]
    public void Tasks_per_core_and_per_socket_bound_a_node()
    {
        Assert.Equal(8, Threads().TasksOn("n1", s => s.TasksPerCore = 1));
        Assert.Equal("n1:0-7x4", Threads().Placed(s => { s.TasksPerCore = 1; s.Tasks = 4; }));
        Assert.Equal(6, Threads().TasksOn("n1", s => s.TasksPerSocket = 3));
        Assert.Equal("n1:0-3,8-9x4", Threads().Placed(s => { s.TasksPerSocket = 3; s.Tasks = 4; }));
    }

    [Fact]
    public void Sockets_and_cores_are_asked_of_the_hardware()
    {
        var lab = new Lab().With(Machine("n1", sockets: 1, cores: 8), Machine("n2", sockets: 2, cores: 4));
        Assert.Equal("n2:0x1", lab.Placed(s => s.SocketsPerNode = 2));
        Assert.Equal("n1:0x1", lab.Placed(s => s.CoresPerSocket = 6));
    }

    [Fact]
    public void At_least_so_many_CPUs_of_a_node() => Assert.Equal("n1:0-5x1", Threads().Placed(s => s.CpusPerNodeMin = 5));

    [Fact]
    public void Work_stays_on_the_socket_that_it_fills_best()
    {
        var lab = new Lab().With(Machine("n1", sockets: 2, cores: 4));
        Assert.Equal("n1:0-2x3", lab.Placed(s => s.Tasks = 3));
        Assert.Equal("n1:3x1", lab.Placed(_ => { }));
        Assert.Equal("n1:4-7x4", lab.Placed(s => s.Tasks = 4));
    }

    [Fact]
    public void Sockets_are_used_in_turn_when_asked() =>
        Assert.Equal("n1:0-1,4-5x4", new Lab().With(Machine("n1", sockets: 2, cores: 4)).Placed(s => { s.Tasks = 4; s.Distribution = "block:cyclic"; }));

    [Fact]
    public void Cores_and_memory_of_the_system_are_never_given()
    {
        var lab = new Lab(c => c.Nodes.Add(new NodeSpec { Nodes = "ALL", CoreSpecCount = 2, MemorySpecBytes = 4 * GiB })).With(Machine("n1"));
        Assert.Equal("n1:0-2,4-6x6", lab.Placed(s => { s.Exclusive = true; s.Tasks = 6; s.MemoryPerNodeBytes = 0; }));
        Assert.Equal(60 * GiB, lab.NodeOf("n1").MemoryAllocatedBytes);
        Assert.NotNull(lab.Refused(new SubmitJob(Lab.Spec(s => s.CpusPerTask = 7))));
        Assert.NotNull(lab.Refused(new SubmitJob(Lab.Spec(s => s.MemoryPerNodeBytes = 61 * GiB))));
    }

    [Fact]
    public void A_job_may_leave_cores_to_the_system_and_then_has_its_nodes_alone()
    {
        var lab = new Lab().With(Machine("n1"), Machine("n2"));
        lab.Run();
        Assert.Equal("n2:0-2,4-6x1", lab.Placed(s => s.CoreSpec = 2));
        Assert.Equal(0, lab.TasksOn("n1", s => s.CoreSpec = 2));
    }

    [Fact]
    public void Memory_per_CPU_counts_the_CPUs_that_are_used()
    {
        var lab = Threads();
        lab.Run(s => { s.ClearMemoryPerNodeBytes(); s.MemoryPerCpuBytes = GiB; s.Tasks = 3; });
        Assert.Equal(4 * GiB, lab.NodeOf("n1").MemoryAllocatedBytes);       // whole cores: four threads
        lab.Run(s => { s.ClearMemoryPerNodeBytes(); s.MemoryPerCpuBytes = GiB; s.Tasks = 3; s.ThreadsPerCore = 1; });
        Assert.Equal(7 * GiB, lab.NodeOf("n1").MemoryAllocatedBytes);
    }

    [Fact]
    public void Local_disk_is_consumed()
    {
        var lab = new Lab().With(Machine("n1", disk: 100 * GiB), Machine("n2", disk: 50 * GiB));
        Assert.Equal("n1:0x1", lab.Placed(s => s.DiskBytes = 60 * GiB));
        Assert.Equal("n2:0x1", lab.Placed(s => s.DiskBytes = 50 * GiB));
        Assert.Equal("needs 60G of disk on 1 node; 0 of 2 nodes have it free (at most 40G, on n1)",
            Core.Scheduling.Shortage.Of(Request(s => s.DiskBytes = 60 * GiB), lab.Cluster.Partitions[0].Nodes, n => n.Balance).Sentence);
        Assert.NotNull(lab.Refused(new SubmitJob(Lab.Spec(s => s.DiskBytes = 200 * GiB))));
    }

    [Fact]
    public void Lighter_nodes_go_first_and_work_without_GPUs_stays_away_from_them()
    {
        var lab = new Lab(c => c.Nodes.Add(new NodeSpec { Nodes = "n1", Weight = 10 })).With(Machine("n1"), Machine("n2", gres: Gpus("a", "")), Machine("n3"));
        Assert.Equal("n3:0x1", lab.Placed(_ => { }));
        lab.Run(s => { s.NodeList = "n3"; s.Tasks = 7; });
        Assert.Equal("n2:0x1", lab.Placed(_ => { }));
        Assert.Equal("n1:0x1", lab.Placed(s => s.ExcludeList = "n2"));
    }

    [Theory]
    [InlineData("block", "n1:0-3x4 n2:0-1x2 n3:0x1")]
    [InlineData("cyclic", "n1:0-2x3 n2:0-1x2 n3:0-1x2")]
    [InlineData("plane=3", "n1:0-2x3 n2:0-2x3 n3:0x1")]
    [InlineData("block,NoPack", "n1:0-2x3 n2:0-1x2 n3:0-1x2")]
    public void Tasks_are_laid_over_nodes_as_asked(string distribution, string placed) =>
        Assert.Equal(placed, new Lab().Nodes("n1", "n2", "n3").Placed(s => { s.NodesMin = 3; s.Tasks = 7; s.Distribution = distribution; }));

    [Fact]
    public void A_range_of_nodes_takes_as_many_as_there_are_unless_told_otherwise()
    {
        Assert.Equal("n1:0x1 n2:0x1 n3:0x1", new Lab().Nodes("n1", "n2", "n3").Placed(s => { s.NodesMin = 2; s.NodesMax = 4; }));
        Assert.Equal("n1:0x1 n2:0x1", new Lab().Nodes("n1", "n2", "n3").Placed(s => { s.NodesMin = 2; s.NodesMax = 4; s.UseMinNodes = true; }));
        Assert.Equal("n1:0-1x2 n2:0-1x2 n3:0-1x2", new Lab().Nodes("n1", "n2", "n3").Placed(s => { s.NodesMin = 1; s.Tasks = 6; s.NodesMax = 3; s.Spread = true; }));
    }

    [Fact]
    public void Spread_uses_as_many_nodes_as_it_can() =>
        Assert.Equal("n1:0x1 n2:0x1 n3:0x1", new Lab().Nodes("n1", "n2", "n3").Placed(s => { s.Tasks = 3; s.Spread = true; }));

    [Fact]
    public void Neighbours_are_found_for_a_contiguous_job()
    {
        var lab = new Lab().Nodes("n1", "n2", "n3", "n4", "n5");
        lab.Run(s => { s.NodeList = "n2"; s.Exclusive = true; });
        Assert.Equal("n3:0x1 n4:0x1 n5:0x1", lab.Placed(s => { s.NodesMin = 3; s.Contiguous = true; }));
        Assert.Null(lab.Find(s => { s.NodesMin = 4; s.Contiguous = true; }));
    }
}
