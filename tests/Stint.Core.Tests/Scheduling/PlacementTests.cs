using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Scheduling;

public sealed class PlacementTests
{
    private static string Shares(Job job) => string.Join(' ', job.Shares.Select(s => $"{s.Node}:{Lab.Cpus(s)}x{s.Tasks}"));

    private static string Placed(Lab lab, Action<JobSpec> with) => Shares(lab.Job(lab.Run(with)));

    [Fact]
    public void The_first_node_on_which_all_fits_is_taken()
    {
        var lab = new Lab().Node("n1", cpus: 2).Node("n2", cpus: 4);
        Assert.Equal("n2:0-2x3", Placed(lab, s => s.Tasks = 3));
        Assert.Equal("n1:0-1x1", Placed(lab, s => s.CpusPerTask = 2));
        Assert.Equal("n2:3x1", Placed(lab, _ => { }));
    }

    [Fact]
    public void Nodes_without_order_of_their_own_come_by_name_with_numbers_as_numbers() =>
        Assert.Equal("n2:0x1", Placed(new Lab().Nodes("n10", "n2"), _ => { }));

    [Fact]
    public void Tasks_fill_nodes_in_order_with_one_on_each_at_least()
    {
        var lab = new Lab().Nodes("n1", "n2", "n3");
        Assert.Equal("n1:0-1x2 n2:0x1", Placed(lab, s => { s.NodesMin = 2; s.Tasks = 3; }));
        Assert.Equal("n1:2x1 n2:1x1 n3:0x1", Placed(lab, s => s.NodesMin = 3));
        Assert.Equal("n1:3x1 n2:2-3x2 n3:1-3x3", Placed(lab, s => s.Tasks = 6));
    }

    [Fact]
    public void Tasks_per_node_and_CPUs_per_task_bound_what_a_node_takes()
    {
        var lab = new Lab().Nodes("n1", "n2");
        Assert.Equal("n1:0x1 n2:0x1", Placed(lab, s => { s.Tasks = 2; s.TasksPerNode = 1; }));
        Assert.Equal("n1:1-3x1 n2:1-3x1", Placed(lab, s => { s.Tasks = 2; s.CpusPerTask = 3; }));
    }

    [Fact]
    public void A_node_count_is_kept_by_taking_larger_nodes()
    {
        var lab = new Lab().Node("n1", cpus: 1).Node("n2", cpus: 4).Node("n3", cpus: 4);
        Assert.Equal("n2:0-3x4 n3:0-3x4", Placed(lab, s => { s.Tasks = 8; s.NodesMax = 2; }));
    }

    [Fact]
    public void Named_nodes_are_part_of_it_and_excluded_ones_are_not()
    {
        var lab = new Lab().Nodes("n1", "n2", "n3");
        Assert.Equal("n3:0x1", Placed(lab, s => s.NodeList = "n3"));
        Assert.Equal("n1:0x1 n2:0x1", Placed(lab, s => { s.NodeList = "n2"; s.NodesMin = 2; }));
        Assert.Equal("n3:1x1", Placed(lab, s => s.ExcludeList = "n[1-2]"));
    }

    [Fact]
    public void An_exclusive_job_has_its_nodes_alone()
    {
        var lab = new Lab().Nodes("n1", "n2");
        lab.Run();
        Assert.Equal("n2:0-3x1", Placed(lab, s => s.Exclusive = true));
        var second = lab.Submit(s => s.Exclusive = true);
        Assert.Equal(PendingReason.Resources, lab.Schedule().Job(second).Reason);
    }

    [Fact]
    public void Memory_is_taken_per_node_per_CPU_or_whole()
    {
        var lab = new Lab().Nodes("n1", "n2");
        lab.Run(s => s.MemoryPerNodeBytes = 6 * Lab.GiB);
        Assert.Equal("n2:0-1x2", Placed(lab, s => { s.ClearMemoryPerNodeBytes(); s.MemoryPerCpuBytes = 2 * Lab.GiB; s.Tasks = 2; }));
        Assert.Equal(4 * Lab.GiB, lab.NodeOf("n2").MemoryAllocatedBytes);
        var whole = lab.Submit(s => s.MemoryPerNodeBytes = 0);
        Assert.Equal(PendingReason.Resources, lab.Schedule().Job(whole).Reason);
        lab.Finish(1).Schedule();
        Assert.Equal(8 * Lab.GiB, lab.NodeOf("n1").MemoryAllocatedBytes);
        var more = lab.Submit(s => s.NodeList = "n1");
        Assert.Equal(PendingReason.Resources, lab.Schedule().Job(more).Reason);
    }

    [Fact]
    public void Two_jobs_never_share_a_core()
    {
        var lab = new Lab().Node("n1", cpus: 8, threadsPerCore: 2);
        Assert.Equal("n1:0-1x1", Placed(lab, _ => { }));
        Assert.Equal("n1:2-5x3", Placed(lab, s => s.Tasks = 3));
        Assert.Equal("n1:6-7x1", Placed(lab, s => { s.ClearMemoryPerNodeBytes(); s.MemoryPerCpuBytes = Lab.GiB; }));
        Assert.Equal(2 * Lab.GiB + Lab.GiB / 2, lab.NodeOf("n1").MemoryAllocatedBytes);
        var next = lab.Submit();
        Assert.Equal(PendingReason.Resources, lab.Schedule().Job(next).Reason);
    }

    [Fact]
    public void A_partition_uses_its_own_nodes_in_the_order_of_its_list()
    {
        var lab = new Lab(c => c.Partitions.Add(new PartitionSpec { Name = "back", Nodes = "n3,n[1-2]", IsUp = true })).Nodes("n1", "n2", "n3");
        Assert.Equal("n3:0x1", Placed(lab, s => s.Partition = "back"));
    }
}
