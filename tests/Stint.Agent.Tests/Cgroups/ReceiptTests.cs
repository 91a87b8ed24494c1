using Stint.Agent.Cgroups;
using Stint.Agent.Hardware;

namespace Stint.Agent.Tests.Cgroups;

public sealed class ReceiptTests
{
    [Fact]
    public void Every_limit_is_written_and_reads_back_in_the_receipt()
    {
        using var test = new TestTree();
        var group = test.Tree.Create(TestTree.Key(7), TestTree.Uid, TestTree.Limits());

        Assert.Equal(TestTree.IsV2 ? "cgroup v2" : "cgroup v1", group.Receipt.Kernel);
        Assert.Equal($"{test.Root}/n1/u4242/j7/s0", group.Path);
        var job = $"{test.Root}/n1/u4242/j7";
        string Mount(string controller) => test.Layout.Of(controller)!.Mount;
        var both = TestTree.IsV2 ? "0" : "67108864";      // v1 limits memory and swap together
        Assert.Equal(
        [
            $"memory|--mem=64M|64M|{Mount("memory")}/{job}/{TestTree.Here("memory.limit_in_bytes")}|67108864|67108864|True|",
            $"swap|0|0|{Mount("memory")}/{job}/{TestTree.Here("memory.memsw.limit_in_bytes")}|{both}|{both}|True|",
            $"cpu|-c 1|0|{Mount("cpuset")}/{job}/cpuset.cpus|0|0|True|",
            $"pids|default|64|{Mount("pids")}/{job}/pids.max|64|64|True|",
        ], group.Receipt.Rows.Take(4).Select(r => $"{r.Resource}|{r.Requested}|{r.Allocated}|{r.File}|{r.Written}|{r.ReadBack}|{r.Enforced}|{r.WhyNot}"));
        // Where a node can hold huge pages back it does, and says so.
        var others = group.Receipt.Rows.Skip(4).Where(r => r.Resource != HugePages.Resource).ToList();
        Assert.Equal(["gpu", "disk", "network"], others.Select(r => r.Resource));
        Assert.All(others, r => Assert.True(!r.Enforced && r.WhyNot.Length > 0));
        foreach (var row in group.Receipt.Rows.Take(4)) Assert.Equal(row.ReadBack, test.Read(row.File));

        Assert.False(test.Tree.IsJobGone(7, TestTree.Uid));
        Assert.True(test.Tree.KillAndRemove(group, Patience.Seconds(5)));
        Assert.True(test.Tree.IsJobGone(7, TestTree.Uid));
    }

    [Fact]
    public void Memory_is_rounded_down_to_pages_as_the_kernel_does()
    {
        using var test = new TestTree();
        var row = test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits(memoryBytes: 67_108_865)).Receipt.Rows[0];
        Assert.Equal(("67108865", "67108864", true), (row.Written, row.ReadBack, row.Enforced));
    }

    [Fact]
    public void A_declared_cpu_beyond_the_machine_is_not_enforced_and_the_receipt_says_so()
    {
        using var test = new TestTree(map: new CpuMap([0, 1], 16));
        var some = test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits(cpus: [1, 5])).Receipt.Rows[2];
        Assert.Equal(("1", false, "declared cpu 5; the machine has 0-1"), (some.ReadBack, some.Enforced, some.WhyNot));
        var none = test.Tree.Create(TestTree.Key(2), TestTree.Uid, TestTree.Limits(cpus: [5, 6])).Receipt.Rows[2];
        Assert.False(none.Enforced);
        Assert.Equal("declared cpus 5-6; the machine has 0-1; the step may run on all of them", none.WhyNot);
        Assert.Equal("0-1", test.Read($"{test.Layout.Of("cpuset")!.Mount}/{test.Root}/n1/u4242/j2/{(TestTree.IsV2 ? "cpuset.cpus.effective" : "cpuset.cpus")}"));
    }

    [Fact]
    public void Declared_memory_beyond_the_machine_is_limited_and_noted_as_not_real()
    {
        using var test = new TestTree(machineMemoryBytes: 1UL << 30);
        var receipt = test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits(memoryBytes: 4UL << 30)).Receipt;
        Assert.True(receipt.Rows[0].Enforced);
        Assert.Contains(receipt.Notes, n => n == "the declared memory is not real: this step may use 4G, the machine has 1G");
    }

    [Fact]
    public void A_step_narrower_than_its_job_is_limited_on_its_own_group_and_a_wider_one_widens_the_job()
    {
        using var test = new TestTree();
        var batch = test.Tree.Create(TestTree.Key(3, 0), TestTree.Uid, TestTree.Limits(64 << 20, 64, 0));
        var narrow = test.Tree.Create(TestTree.Key(3, 1), TestTree.Uid, TestTree.Limits(16 << 20, 64, 0));
        Assert.Contains("/j3/s1/", narrow.Receipt.Rows[0].File, StringComparison.Ordinal);
        Assert.Equal("67108864", test.Read(test.File("memory", batch, TestTree.Here("memory.limit_in_bytes"))));

        var wide = test.Tree.Create(TestTree.Key(3, 2), TestTree.Uid, TestTree.Limits(128 << 20, 64, 0, 1));
        Assert.Equal("134217728", test.Read(test.File("memory", wide, TestTree.Here("memory.limit_in_bytes"))));
        Assert.Equal("0-1", test.Read(test.File("cpuset", wide, "cpuset.cpus")));
        Assert.False(test.Tree.KillAndRemove(wide, Patience.Seconds(5)));
        Assert.False(test.Tree.KillAndRemove(batch, Patience.Seconds(5)));
        Assert.True(test.Tree.KillAndRemove(narrow, Patience.Seconds(5)));
    }

    [Theory]
    [InlineData("0-3,8", new[] { 0, 1, 2, 3, 8 })]
    [InlineData("5", new[] { 5 })]
    [InlineData("", new int[0])]
    public void Cpu_lists_print_and_parse_as_the_kernel_writes_them(string text, int[] cpus)
    {
        Assert.Equal(cpus, CpuList.Parse(text));
        Assert.Equal(text, CpuList.Format(cpus));
    }
}
