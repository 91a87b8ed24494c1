using Stint.Agent.Cgroups;
using Stint.Agent.Hardware;
using Stint.Agent.Kernel;

namespace Stint.Agent.Tests.Cgroups;

/// <summary>Real limits of this machine's kernel against real processes.</summary>
public sealed class EnforcementTests
{
    private static readonly TimeSpan Deadline = Patience.Seconds(10);

    [Fact]
    public async Task A_process_above_its_memory_limit_is_killed_and_the_job_is_named_as_the_cause()
    {
        using var test = new TestTree();
        var group = test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits());
        using var payload = new Payload(group, "exec python3 -c 'x = b\"a\" * (200 << 20)'");
        Assert.Equal(128 + 9, await payload.ExitAsync());

        var measured = test.Tree.Measure(group);
        Assert.Equal(("job", Path.GetDirectoryName(group.Path)!), (measured.OomLevel, measured.OomGroup));
        Assert.True(measured.OomKills >= 1);
        Assert.Equal(64UL << 20, measured.MemoryLimitBytes);
        Assert.InRange(measured.PeakMemoryBytes, 63UL << 20, 64UL << 20);
        Assert.True(measured.CpuUserUs + measured.CpuSystemUs > 0);
        Assert.True(test.Tree.KillAndRemove(group, Deadline));
    }

    [Fact]
    public async Task Pages_of_tmpfs_count_against_the_limit()
    {
        using var test = new TestTree();
        var file = $"/dev/shm/{test.Root}";
        try
        {
            var group = test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits(memoryBytes: 16 << 20));
            using var payload = new Payload(group, $"exec head -c 100M /dev/zero > {file}");
            Assert.Equal(128 + 9, await payload.ExitAsync());
            Assert.Equal("job", test.Tree.Measure(group).OomLevel);
            File.Delete(file);
            Assert.True(test.Tree.KillAndRemove(group, Deadline));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_step_with_a_limit_of_its_own_is_named_as_the_cause_and_its_sibling_lives()
    {
        using var test = new TestTree();
        var batch = test.Tree.Create(TestTree.Key(1, 0), TestTree.Uid, TestTree.Limits(256 << 20));
        var step = test.Tree.Create(TestTree.Key(1, 1), TestTree.Uid, TestTree.Limits(32 << 20));
        using var sibling = new Payload(batch, "echo up; exec sleep 60");
        Assert.Equal("up", sibling.Line());
        using var payload = new Payload(step, "exec python3 -c 'x = b\"a\" * (200 << 20)'");
        Assert.Equal(128 + 9, await payload.ExitAsync());
        Assert.Equal(("step", 32UL << 20), (test.Tree.Measure(step).OomLevel, test.Tree.Measure(step).MemoryLimitBytes));
        Assert.Equal((0UL, ""), (test.Tree.Measure(batch).OomKills, test.Tree.Measure(batch).OomLevel));
        Assert.False(test.Tree.KillAndRemove(step, Deadline));
        Assert.True(test.Tree.KillAndRemove(batch, Deadline));
    }

    [Fact]
    public async Task A_job_under_its_limit_is_untouched()
    {
        using var test = new TestTree();
        var group = test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits(256 << 20));
        using var payload = new Payload(group, "exec python3 -c 'x = b\"a\" * (50 << 20)'");
        Assert.Equal(0, await payload.ExitAsync());
        var measured = test.Tree.Measure(group);
        Assert.Equal((0UL, "", 256UL << 20), (measured.OomKills, measured.OomLevel, measured.MemoryLimitBytes));
        Assert.InRange(measured.PeakMemoryBytes, 50UL << 20, 200UL << 20);
        Assert.True(measured.PidsPeak >= 1);
    }

    [Theory]
    [InlineData(new[] { 1 }, "1")]
    [InlineData(new[] { 0, 1 }, "0-1")]
    public async Task The_kernel_keeps_a_process_on_the_cpus_it_was_given(int[] cpus, string expected)
    {
        using var test = new TestTree();
        var group = test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits(cpus: cpus));
        using var payload = new Payload(group, "grep Cpus_allowed_list /proc/self/status");
        Assert.Equal($"Cpus_allowed_list:\t{expected}", payload.Line());
        Assert.Equal(0, await payload.ExitAsync());
    }

    [Fact]
    public void A_fork_bomb_stays_within_its_pids_and_is_gone_at_the_end()
    {
        using var test = new TestTree();
        var group = test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits(256 << 20, pids: 20));
        using var payload = new Payload(group, "while :; do (trap '' TERM; sleep 100) & done 2>/dev/null");
        Payload.Until(() => test.Tree.Measure(group).PidsLimitHits > 0, "the limit is hit");
        var pids = File.ReadAllLines(test.File("pids", group, "cgroup.procs", job: false));
        Assert.True(pids.Length <= 20, $"{pids.Length} processes");
        Assert.True(test.Tree.Measure(group).PidsPeak <= 20);
        Assert.True(test.Tree.KillAndRemove(group, Deadline));
        Assert.Empty(test.Left().Where(d => d.Contains("/j1", StringComparison.Ordinal)));
        Assert.All(pids, pid => Assert.False(IsRunning(int.Parse(pid, System.Globalization.CultureInfo.InvariantCulture))));
    }

    [Fact]
    public void A_daemon_that_left_its_session_and_ignores_signals_is_killed_with_its_group()
    {
        using var test = new TestTree();
        var group = test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits());
        using var payload = new Payload(group, "(setsid sh -c 'trap \"\" TERM HUP INT; echo $$; sleep 1000' &) ; exec sleep 1000");
        var daemon = int.Parse(payload.Line(), System.Globalization.CultureInfo.InvariantCulture);
        test.Tree.SignalAll(group, 15);
        Assert.True(IsRunning(daemon));
        Assert.True(test.Tree.KillAndRemove(group, Deadline));
        Assert.False(IsRunning(daemon));
    }

    [Fact]
    public async Task Signals_reach_every_process_of_the_step()
    {
        using var test = new TestTree();
        var group = test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits());
        using var payload = new Payload(group, "trap 'echo got; exit 3' USR1; echo up; while :; do sleep 0.05; done");
        Assert.Equal("up", payload.Line());
        test.Tree.SignalAll(group, 10);
        Assert.Equal("got", payload.Line());
        Assert.Equal(3, await payload.ExitAsync());
    }

    /// <summary>Killed processes whose parent has not waited for them stay visible as zombies: they do not run.</summary>
    private static bool IsRunning(int pid)
    {
        if (KernelFiles.Instance.Read($"/proc/{pid}/stat", out var stat) != 0) return false;
        return stat[(stat.LastIndexOf(')') + 2)..][0] is not ('Z' or 'X');
    }
}
