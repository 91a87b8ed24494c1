using Stint.Agent.Cgroups;
using Stint.Agent.Hardware;
using Stint.Agent.Kernel;

namespace Stint.Agent.Tests.Cgroups;

/// <summary>A limit that the kernel does not take means no step, a message with file and errno, and nothing left behind.</summary>
public sealed class FailClosedTests
{
    [Theory]
    [InlineData("memory.limit_in_bytes", Errno.Busy, "EBUSY (16): Device or resource busy")]
    [InlineData("memory.memsw.limit_in_bytes", Errno.Invalid, "EINVAL (22): Invalid argument")]
    [InlineData("cpuset.cpus", Errno.NoSpace, "ENOSPC (28): No space left on device")]
    [InlineData("pids.max", Errno.ReadOnlyFileSystem, "EROFS (30): Read-only file system")]
    [InlineData("pids.max", Errno.NoEntry, "ENOENT (2): No such file or directory")]
    public void A_refused_write_names_value_file_and_errno_and_leaves_nothing(string name, int errno, string told)
    {
        name = TestTree.Here(name);
        var files = new FailingFiles();
        using var test = new TestTree(files);
        files.OnWrite = (file, _) => file.EndsWith($"/j1/{name}", StringComparison.Ordinal) ? errno : 0;

        var refused = Assert.Throws<CgroupException>(() => test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits()));
        Assert.Equal(errno, refused.Errno);
        Assert.EndsWith($"/u4242/j1/{name}", refused.File, StringComparison.Ordinal);
        Assert.StartsWith("cannot write ", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith($" to {refused.File}: {told}", refused.Message, StringComparison.Ordinal);
        AssertNothingOfJob(test, 1);

        files.OnWrite = (_, _) => 0;
        Assert.True(test.Tree.KillAndRemove(test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits()), Patience.Seconds(5)));
    }

    [Theory]
    [InlineData("memory.limit_in_bytes", "134217728")]
    [InlineData("cpuset.cpus", "0-1")]
    [InlineData("pids.max", "max")]
    public void A_limit_that_reads_back_differently_is_refused(string name, string back)
    {
        name = TestTree.Here(name);
        var files = new FailingFiles();
        using var test = new TestTree(files);
        files.OnRead = file => file.EndsWith($"/j1/{name}", StringComparison.Ordinal) ? back : null;
        var refused = Assert.Throws<CgroupException>(() => test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits()));
        Assert.Contains($"{refused.File} reads back {back} after ", refused.Message, StringComparison.Ordinal);
        AssertNothingOfJob(test, 1);
    }

    [Fact]
    public void The_kernels_own_refusal_is_told_as_it_is()
    {
        // The map says that id 0 is kernel cpu 900, which no machine of these tests has: the refusal is real.
        using var test = new TestTree(map: new CpuMap([900], 1));
        var refused = Assert.Throws<CgroupException>(() => test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits()));
        Assert.Contains($"cannot write 900 to {test.Layout.Of("cpuset")!.Mount}/", refused.Message, StringComparison.Ordinal);
        Assert.True(refused.Errno is Errno.Invalid or Errno.AccessDenied or 34, refused.Message);
        AssertNothingOfJob(test, 1);
    }

    [Fact]
    public void A_group_that_cannot_be_made_is_told_with_its_path()
    {
        var files = new FailingFiles();
        using var test = new TestTree(files);
        var mount = test.Layout.Of("pids")!.Mount;
        files.OnMake = path => path.EndsWith("/s0", StringComparison.Ordinal) && path.StartsWith(mount + "/", StringComparison.Ordinal) ? Errno.NoSpace : 0;
        var refused = Assert.Throws<CgroupException>(() => test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits()));
        Assert.Equal($"cannot make the group {mount}/{test.Root}/n1/u4242/j1/s0: ENOSPC (28): No space left on device", refused.Message);
        AssertNothingOfJob(test, 1);
    }

    [Fact]
    public void A_failing_second_step_leaves_the_job_and_its_first_step_alone()
    {
        var files = new FailingFiles();
        using var test = new TestTree(files);
        var first = test.Tree.Create(TestTree.Key(1, 0), TestTree.Uid, TestTree.Limits());
        files.OnMake = path => path.EndsWith("/s1", StringComparison.Ordinal) ? Errno.NoSpace : 0;
        Assert.Throws<CgroupException>(() => test.Tree.Create(TestTree.Key(1, 1), TestTree.Uid, TestTree.Limits()));
        Assert.Equal("67108864", test.Read(test.File("memory", first, TestTree.Here("memory.limit_in_bytes"))));
        Assert.True(test.Tree.KillAndRemove(first, Patience.Seconds(5)));
    }

    [Fact]
    public void A_limit_without_its_controller_is_refused_and_reported_as_not_available()
    {
        // On v1 its hierarchy takes no group; on v2 it was not handed down to where groups are made.
        var files = TestTree.IsV2 ? new FailingFiles { OnRead = file => file.EndsWith("/cgroup.controllers", StringComparison.Ordinal) ? "cpuset cpu io memory" : null }
            : new FailingFiles { OnMake = path => path.Contains("/pids/", StringComparison.Ordinal) ? Errno.ReadOnlyFileSystem : 0 };
        using var test = new TestTree(files);
        var capability = test.Tree.Capabilities.Single(c => c.Resource == "pids");
        Assert.False(capability.Available);
        Assert.Equal(TestTree.IsV2 ? $"controller pids is not in {test.Layout.Hierarchies[0].Mount}/cgroup.controllers ('cpuset cpu io memory')" : $"cannot make /sys/fs/cgroup/pids/{test.Root}: EROFS (30): Read-only file system", capability.Detail);
        var refused = Assert.Throws<CgroupException>(() => test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits()));
        Assert.Contains(capability.Detail, refused.Message, StringComparison.Ordinal);
        Assert.NotNull(test.Tree.Create(TestTree.Key(2), TestTree.Uid, TestTree.Limits(pids: 0)));
    }

    [Fact]
    public void A_group_that_does_not_empty_is_told_with_its_processes()
    {
        var files = new FailingFiles();
        using var test = new TestTree(files);
        var group = test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits());
        files.OnRemove = path => path.EndsWith((TestTree.IsV2 ? "/" : "/memory/") + group.Path, StringComparison.Ordinal) ? Errno.Busy : 0;
        var late = Assert.Throws<CgroupException>(() => test.Tree.KillAndRemove(group, TimeSpan.FromMilliseconds(50)));
        Assert.Contains("could not be removed within 0.05 s: EBUSY (16)", late.Message, StringComparison.Ordinal);
        files.OnRemove = _ => 0;
        Assert.True(test.Tree.KillAndRemove(group, Patience.Seconds(5)));
    }

    private static void AssertNothingOfJob(TestTree test, uint job)
    {
        Assert.DoesNotContain(test.Left(), d => d.Contains($"/j{job}", StringComparison.Ordinal));
        Assert.True(test.Tree.IsJobGone(job, TestTree.Uid));
    }
}
