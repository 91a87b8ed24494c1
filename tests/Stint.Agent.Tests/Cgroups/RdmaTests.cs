using Stint.Agent.Cgroups;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Cgroups;

/// <summary>What jobs may hold of RDMA devices. The guest of the vm tier has one in software (rxe); this machine's kernel may have none.</summary>
public sealed class RdmaTests
{
    private const string Device = "stint0", Node = "/dev/infiniband/uverbs0";

    /// <summary>Opens the device and asks for a context (linux/rdma/ib_user_verbs.h, GET_CONTEXT) again and again; says how many it got, and the error of the next.</summary>
    private const string Holder = $$"""
        import os, ctypes, struct, errno, time
        answer, held = ctypes.create_string_buffer(64), []
        for i in range(8):
            fd = os.open('{{Node}}', os.O_RDWR)
            try: os.write(fd, struct.pack('<IHHQ', 0, 4, 4, ctypes.addressof(answer)))
            except OSError as e: print(len(held), errno.errorcode[e.errno], flush=True); break
            held.append(fd)
        else: print(len(held), 'all', flush=True)
        time.sleep(1000)
        """;

    private static Payload Hold(StepGroup step, string folder)
    {
        File.WriteAllText($"{folder}/hold.py", Holder);
        return new Payload(step, $"exec python3 {folder}/hold.py");
    }

    [NeedsFact($"/sys/class/infiniband/{Device}/node_type", Node)]
    public void A_job_gets_no_more_contexts_than_the_node_allows_together_in_all_of_its_steps()
    {
        var folder = Directory.CreateTempSubdirectory("stint-test-rdma-").FullName;
        using var test = new TestTree(rdma: [new RdmaDevice(Device, 3, 500)]);
        try
        {
            var steps = new[] { test.Tree.Create(TestTree.Key(1, 0), TestTree.Uid, TestTree.Limits()), test.Tree.Create(TestTree.Key(1, 1), TestTree.Uid, TestTree.Limits()) };
            var row = Assert.Single(steps[0].Receipt.Rows, static r => r.Resource == RdmaLimit.Resource);
            Assert.Equal((true, $"{Device}: 3 handles, 500 objects", $"{Device} hca_handle=3 hca_object=500"), (row.Enforced, row.Allocated, row.Written));
            Assert.Contains(row.Written, test.Read(row.File).Split('\n').Select(static line => line.TrimEnd()));

            using var first = Hold(steps[0], folder);
            Assert.Equal("3 EAGAIN", first.Line());
            using (var second = Hold(steps[1], folder)) Assert.Equal("0 EAGAIN", second.Line());

            // What somebody takes away is written again.
            File.WriteAllText(row.File, $"{Device} hca_handle=max hca_object=max");
            LiveStep[] live = [new(TestTree.Key(1, 0), TestTree.Uid, TestTree.Limits()), new(TestTree.Key(1, 1), TestTree.Uid, TestTree.Limits())];
            Assert.Contains(test.Tree.Audit(live), drift => drift.IsRepaired && drift.Sentence.Contains(row.File, StringComparison.Ordinal));
            Assert.Contains(row.Written, test.Read(row.File).Split('\n').Select(static line => line.TrimEnd()));

            test.Tree.KillAndRemove(steps[0], TimeSpan.FromSeconds(10));
            Assert.True(test.Tree.KillAndRemove(steps[1], TimeSpan.FromSeconds(10)));
            // The next job finds them free.
            var next = test.Tree.Create(TestTree.Key(2), TestTree.Uid, TestTree.Limits());
            using (var third = Hold(next, folder)) Assert.Equal("3 EAGAIN", third.Line());
            test.Tree.KillAndRemove(next, TimeSpan.FromSeconds(10));
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    [NeedsFact($"/sys/class/infiniband/{Device}/node_type", Node)]
    public void A_device_that_no_option_names_is_in_the_receipt_as_not_enforced()
    {
        using var test = new TestTree();
        var group = test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits());
        var row = Assert.Single(group.Receipt.Rows, static r => r.Resource == RdmaLimit.Resource);
        Assert.Equal((false, $"{Device}: no limit; stint-agent --rdma {Device}:handles=N,objects=N sets one"), (row.Enforced, row.WhyNot));
        test.Tree.KillAndRemove(group, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Fake_The_controller_comes_from_the_top_and_a_line_is_written_and_read_back()
    {
        var fake = new FakeCgroup2("cpuset cpu memory pids rdma");
        fake["/fake/cgroup/cgroup.subtree_control"] = "cpuset cpu memory pids";
        var layout = new CgroupProbe(fake, "/fake/proc", FakeCgroup2.Mount) { Rdma = [new RdmaDevice("mlx5_0", null, 7)] }.LookV2("stint", "n1");
        Assert.Equal(["/cgroup.subtree_control = +rdma"], fake.Writes);
        Assert.Contains(RdmaLimit.Resource, layout.Hierarchies[0].Controllers);
        Assert.Contains(layout.Capabilities, static c => c.Resource == RdmaLimit.Resource && c.Available);
        var receipt = new Receipt();
        fake.MakeGroup($"{layout.Hierarchies[0].Mount}/j1");
        fake[$"{layout.Hierarchies[0].Mount}/j1/rdma.max"] = "";
        new RdmaLimit(layout, new LimitFile(fake)).Write("j1", receipt);
        Assert.Equal("mlx5_0 hca_handle=max hca_object=7", Assert.Single(receipt.Rows).ReadBack);
    }

    [Fact]
    public void A_node_that_is_to_hold_them_and_has_no_controller_is_drained_with_the_reason()
    {
        var layout = new CgroupProbe(new FakeCgroup2(), "/fake/proc", FakeCgroup2.Mount) { Rdma = [new RdmaDevice("mlx5_0", 1, 1)] }.LookV2("stint", "n1");
        Assert.Contains("rdma: controller rdma is not in", RequiredLimits.Missing(layout.Capabilities, new HashSet<string>()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "at least one of the two")]
    [InlineData("mlx5_0", "at least one of the two")]
    [InlineData("mlx5_0:", "at least one of the two")]
    [InlineData("mlx5_0:queues=1", "'queues=1' is none of handles=, objects=")]
    [InlineData("mlx5_0:handles=1,handles=2", "handles is there twice")]
    [InlineData("mlx5_0:handles=-1", "a number from 0 to 2147483646")]
    [InlineData("mlx5_0:objects=2147483647", "a number from 0 to 2147483646")]
    [InlineData("mlx5_0:objects=1K", "a number from 0 to")]
    [InlineData("gone:handles=1", "--rdma gone: no such device in ")]
    [InlineData("..:handles=1", "no such device")]
    [InlineData("a/b:handles=1", "no such device")]
    public void What_names_no_limit_of_no_device_is_refused_with_the_part_that_is_wrong(string text, string says)
    {
        var folder = Directory.CreateTempSubdirectory("stint-test-rdma-").FullName;
        Directory.CreateDirectory($"{folder}/mlx5_0");
        try
        {
            Assert.Contains(says, Assert.Throws<FormatException>(() => RdmaDevice.Parse(text, folder)).Message, StringComparison.Ordinal);
            Assert.Equal("mlx5_0 hca_handle=max hca_object=9", RdmaDevice.Parse("mlx5_0:objects=9", folder).Line);
        }
        finally { Directory.Delete(folder, recursive: true); }
    }
}
