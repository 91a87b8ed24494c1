using Stint.Core.Journal;
using static Stint.Core.Tests.Resources.Machines;

namespace Stint.Core.Tests.Resources;

public sealed class GresTests
{
    // Two sockets of eight cores, two GPUs near each.
    private static NodeRegistered Dgx(string name = "g1") => Machine(name, sockets: 2, cores: 8, gres: Gpus("a100", "0-7", "0-7", "8-15", "8-15"));

    [Fact]
    public void GPUs_come_with_cores_near_them()
    {
        var lab = new Lab().With(Dgx());
        Assert.Equal("g1:0-3x1 gpu:a100[0]", lab.Placed(s => { s.CpusPerTask = 4; s.Gres.Add(Gpu(1)); }));
        Assert.Equal("g1:8-11x1 gpu:a100[2,3]", lab.Placed(s => { s.CpusPerTask = 4; s.Gres.Add(Gpu(2)); }));
        Assert.Equal("g1:4x1 gpu:a100[1]", lab.Placed(s => s.Gres.Add(Gpu(1, type: "A100"))));
        Assert.Equal(4, lab.NodeOf("g1").Total.Gres[0]);
        Assert.Equal(0, lab.NodeOf("g1").Free.Gres[0]);
        Assert.Equal("needs 1 gpu on 1 node; 0 of 1 node have it free (at most 0, on g1)",
            Core.Scheduling.Shortage.Of(Request(s => s.Gres.Add(Gpu(1))), lab.Cluster.Partitions[0].Nodes, n => n.Balance).Sentence);
    }

    [Fact]
    public void A_GPU_without_free_cores_near_it_is_used_unless_binding_is_enforced()
    {
        var lab = new Lab().With(Dgx());
        lab.Run(s => s.Tasks = 8);
        Assert.Equal("g1:8-11x1 gpu:a100[0,2,3]", lab.Placed(s => { s.CpusPerTask = 4; s.Gres.Add(Gpu(3)); }));
        lab = new Lab().With(Dgx());
        lab.Run(s => s.Tasks = 8);
        lab.Waits(s => { s.Gres.Add(Gpu(3)); s.EnforceBinding = true; });
        Assert.Equal("g1:8-9x1 gpu:a100[2,3]", lab.Placed(s => { s.CpusPerTask = 2; s.Gres.Add(Gpu(2)); s.EnforceBinding = true; }));
    }

    [Fact]
    public void Cores_are_chosen_without_a_look_at_GPUs_when_binding_is_disabled()
    {
        var lab = new Lab().With(Dgx());
        lab.Run(s => { s.Gres.Add(Gpu(2)); s.Tasks = 2; });
        Assert.Equal("g1:2x1 gpu:a100[2]", lab.Placed(s => { s.Gres.Add(Gpu(1)); s.DisableBinding = true; }));
    }

    [Fact]
    public void Types_are_told_apart_and_an_untyped_request_takes_any()
    {
        var lab = new Lab().With(Machine("g1", gres: [Gpus("a100", "", ""), Gpus("l4", 2, [""])]));
        Assert.Equal("g1:0x1 gpu:l4[2]", lab.Placed(s => s.Gres.Add(Gpu(1, type: "l4"))));
        lab.Waits(s => s.Gres.Add(Gpu(1, type: "l4")));
        Assert.Equal("g1:1x1 gpu:a100[0,1]", lab.Placed(s => s.Gres.Add(Gpu(2))));
        Assert.NotNull(lab.Refused(new SubmitJob(Lab.Spec(s => s.Gres.Add(Gpu(1, type: "h100"))))));
        Assert.NotNull(lab.Refused(new SubmitJob(Lab.Spec(s => s.Gres.Add(Gpu(4))))));
    }

    [Fact]
    public void GPUs_are_counted_per_node_task_job_and_socket()
    {
        static Lab Two() => new Lab().With(Dgx("g1"), Dgx("g2"));
        Assert.Equal("g1:0x1 gpu:a100[0,1] g2:0x1 gpu:a100[0,1]", Two().Placed(s => { s.NodesMin = 2; s.Gres.Add(Gpu(2)); }));
        Assert.Equal("g1:0-1,8-9x4 gpu:a100[0,1,2,3] g2:0x1 gpu:a100[0]", Two().Placed(s => { s.Tasks = 5; s.Gres.Add(Gpu(1, GresPer.PerTask)); }));
        Assert.Equal("g1:0x1 gpu:a100[0,1,2,3] g2:0x1 gpu:a100[0,1]", Two().Placed(s => { s.NodesMin = 2; s.Gres.Add(Gpu(6, GresPer.PerJob)); }));
        Assert.Equal("g1:0x1 gpu:a100[0,1,2,3]", Two().Placed(s => s.Gres.Add(Gpu(4, GresPer.PerJob))));
        Assert.Equal("g1:0x1 gpu:a100[0,2]", Two().Placed(s => { s.SocketsPerNode = 2; s.Gres.Add(Gpu(1, GresPer.PerSocket)); }));
        Assert.NotNull(Two().Refused(new SubmitJob(Lab.Spec(s => s.Gres.Add(Gpu(1, GresPer.PerSocket))))));
    }

    [Fact]
    public void GPUs_in_all_and_on_each_node_say_how_many_nodes()
    {
        static Lab Two() => new Lab().With(Dgx("g1"), Dgx("g2"));
        static Action<JobSpec> Both(uint all, uint each, string type = "", uint min = 0, uint max = 0) =>
            s => { s.Gres.Add(Gpu(all, GresPer.PerJob, type)); s.Gres.Add(Gpu(each)); (s.NodesMin, s.NodesMax) = (min, max); };
        Assert.Equal("g1:0x1 gpu:a100[0,1] g2:0x1 gpu:a100[0,1]", Two().Placed(Both(4, 2)));
        Assert.Equal("g1:0x1 gpu:a100[0,1] g2:0x1 gpu:a100[0,1]", Two().Placed(Both(4, 2, "a100")));
        foreach (var wrong in new[] { Both(5, 2), Both(4, 2, max: 1), Both(4, 2, min: 3), Both(2, 4) })
            Assert.Equal(RefusalCodes.InvalidGres, Two().Refused(new SubmitJob(Lab.Spec(wrong))).Code);
    }

    [Fact]
    public void CPUs_tasks_and_memory_come_per_GPU()
    {
        var lab = new Lab().With(Dgx());
        Assert.Equal("g1:0-5x1 gpu:a100[0,1]", lab.Placed(s => { s.Gres.Add(Gpu(2)); s.CpusPerGpu = 3; s.ClearMemoryPerNodeBytes(); s.MemoryPerGpuBytes = 4 * GiB; }));
        Assert.Equal(8 * GiB, lab.NodeOf("g1").MemoryAllocatedBytes);
        Assert.Equal("g1:8-11x4 gpu:a100[2,3]", lab.Placed(s => { s.Gres.Add(Gpu(2, GresPer.PerJob)); s.TasksPerGpu = 2; }));
        Assert.NotNull(lab.Refused(new SubmitJob(Lab.Spec(s => s.CpusPerGpu = 2))));
    }

    [Fact]
    public void Tasks_and_GPUs_follow_from_each_other()
    {
        var lab = new Lab().With(Dgx());
        Assert.Equal("g1:0,8x2 gpu:a100[0,1,2,3]", lab.Placed(s => { s.Gres.Add(Gpu(4, GresPer.PerJob)); s.Gres.Add(Gpu(2, GresPer.PerTask)); }));
        lab = new Lab().With(Dgx());
        Assert.Equal("g1:0-3x4 gpu:a100[0,1]", lab.Placed(s => { s.Tasks = 4; s.TasksPerGpu = 2; }));
    }

    [Fact]
    public void MIG_slices_are_types_of_their_own()
    {
        var lab = new Lab().With(Machine("g1", gres: [Gpus("1g.10gb", "", "", ""), Gpus("3g.40gb", 3, [""])]));
        Assert.Equal("g1:0x1 gpu:1g.10gb[0]", lab.Placed(s => s.Gres.Add(Gpu(1, type: "1g.10gb"))));
        Assert.Equal("g1:1x1 gpu:3g.40gb[3]", lab.Placed(s => s.Gres.Add(Gpu(1, type: "3g.40gb"))));
    }

    [Fact]
    public void A_GPU_is_given_whole_or_in_shards_never_both()
    {
        var lab = new Lab().With(Machine("g1", gres: [Gpus("t4", "", ""), Counted("shard", 8)]));
        static GresRequest Shards(ulong count) => new() { Name = "shard", Count = count };
        var first = lab.Run(s => s.Gres.Add(Shards(3)));
        Assert.Equal("g1:0x1 shard[0]=3", Text(lab.Job(first).Shares[0]));
        Assert.Equal("g1:1x1 gpu:t4[1]", lab.Placed(s => s.Gres.Add(Gpu(1))));
        lab.Waits(s => s.Gres.Add(Shards(2)));
        lab.Waits(s => s.Gres.Add(Gpu(1)));
        Assert.Equal("g1:2x1 shard[0]=1", lab.Placed(s => s.Gres.Add(Shards(1))));
        lab.Finish(first);
        lab.Waits(s => s.Gres.Add(Gpu(1)));
        Assert.NotNull(lab.Refused(new SubmitJob(Lab.Spec(s => s.Gres.Add(Shards(5))))));      // all on one GPU
        Assert.Equal(3, lab.NodeOf("g1").Free.Gres[1]);
    }

    [Fact]
    public void Plain_counts_are_counted()
    {
        var lab = new Lab().With(Machine("n1", gres: Counted("fpga", 3)));
        Assert.Equal("n1:0x1 fpga=2", lab.Placed(s => s.Gres.Add(new GresRequest { Name = "fpga", Count = 2 })));
        lab.Waits(s => s.Gres.Add(new GresRequest { Name = "fpga", Count = 2 }));
    }

    [Fact]
    public void The_configuration_replaces_what_was_detected_by_name_and_type()
    {
        var lab = new Lab(c => c.Nodes.Add(new NodeSpec { Nodes = "g1", Gres = { Gpus("a100", ""), Counted("fpga", 1) } })).With(Dgx());
        Assert.Equal("gpu:a100:1 fpga:1", string.Join(' ', lab.NodeOf("g1").Kind.Pools.ToArray().Select(p => p.ToString())));
        lab.Run(s => s.Gres.Add(Gpu(1)));
        lab.Waits(s => s.Gres.Add(Gpu(1)));
        var plain = lab.Cluster.Config.Clone();
        plain.Nodes.Clear();
        lab.Do(new Configure(plain));
        Assert.Equal(3, lab.NodeOf("g1").Free.Gres[0]);         // what runs keeps its GPU
    }

    [Fact]
    public void A_device_is_free_again_after_its_job_and_a_snapshot_knows_it()
    {
        var lab = new Lab().With(Dgx());
        var id = lab.Run(s => s.Gres.Add(Gpu(3)));
        var copy = Cluster.FromSnapshot(lab.Cluster.ToSnapshot(0));
        copy.Audit();
        Assert.Equal(lab.NodeOf("g1").Free, copy.Nodes["g1"].Free);
        lab.Finish(id);
        Assert.Equal(lab.NodeOf("g1").Total, lab.NodeOf("g1").Free);
        Assert.Equal(lab.NodeOf("g1").Kind.Gres.Empty, lab.NodeOf("g1").Balance.Gres);
    }
}
