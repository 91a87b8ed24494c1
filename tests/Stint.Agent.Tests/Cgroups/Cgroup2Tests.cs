using Stint.Agent.Cgroups;
using Stint.Agent.Hardware;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Cgroups;

/// <summary>Runs where the controllers are on v1 and v2 is there beside them.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class HybridFactAttribute : FactAttribute
{
    public HybridFactAttribute() => Skip = Directory.Exists("/sys/fs/cgroup/unified") ? null : "not run: this host is not hybrid";
}

/// <summary>
/// The v2 driver against a FAKE tree (this machine has its controllers on v1), and the last two tests against what is real here:
/// /sys/fs/cgroup/unified, a v2 hierarchy without controllers.
/// </summary>
public sealed class Cgroup2Tests
{
    private const string Base = FakeCgroup2.Mount + "/agent.service/stint/n1";

    private static CgroupTree Open(FakeCgroup2 fake, string root = "stint") => CgroupOpening.Open(
        new CgroupProbe(fake, "/fake/proc", FakeCgroup2.Mount).LookV2(root, "n1"), new CpuMap([0, 1, 2, 3], 4), 0, fake, TimeProvider.System);

    [Fact]
    public void Fake_Every_level_hands_its_controllers_down_and_the_receipt_shows_what_reads_back()
    {
        var fake = new FakeCgroup2();
        using var tree = Open(fake);
        var group = tree.Create(TestTree.Key(7), TestTree.Uid, TestTree.Limits(67_108_865, 64, 1, 2));

        Assert.Equal(Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture), fake[FakeCgroup2.Mount + "/agent.service/stint.agents/cgroup.procs"]);
        foreach (var level in new[] { "", "/stint", "/stint/n1", "/stint/n1/u4242", "/stint/n1/u4242/j7" })
            Assert.Equal("memory cpuset pids", fake[$"{FakeCgroup2.Mount}/agent.service{level}/cgroup.subtree_control"]);
        Assert.Equal("", fake[$"{Base}/u4242/j7/s0/cgroup.subtree_control"]);
        Assert.Equal([$"{Base}/u4242/j7/s0/cgroup.procs"], group.ProcsFiles);
        Assert.Equal("cgroup v2", group.Receipt.Kernel);
        Assert.Equal(
        [
            $"memory|64.00M|{Base}/u4242/j7/memory.max|67108865|67108864|True",
            $"swap|0|{Base}/u4242/j7/memory.swap.max|0|0|True",
            $"cpu|1-2|{Base}/u4242/j7/cpuset.cpus|1-2|1-2|True",
            $"pids|64|{Base}/u4242/j7/pids.max|64|64|True",
        ], group.Receipt.Rows.Take(4).Select(r => $"{r.Resource}|{r.Allocated}|{r.File}|{r.Written}|{r.ReadBack}|{r.Enforced}"));
        Assert.Equal("0", fake[$"{Base}/u4242/j7/memory.oom.group"]);

        Assert.Equal(0, fake.Write($"{Base}/u4242/j7/s0/cgroup.procs", "777777"));
        Assert.True(tree.KillAndRemove(group, Patience.Seconds(1)));
        Assert.Contains("/agent.service/stint/n1/u4242/j7/s0/cgroup.kill = 1", fake.Writes);
        Assert.Empty(fake.Signals);
        tree.RemoveRoot();
        Assert.False(fake.Exists(FakeCgroup2.Mount + "/agent.service/stint"));
    }

    [Fact]
    public void Fake_An_agent_that_is_started_from_an_agents_group_uses_the_same_tree()
    {
        var fake = new FakeCgroup2();
        using var first = Open(fake);
        first.Create(TestTree.Key(7), TestTree.Uid, TestTree.Limits());
        fake.Plain["/fake/proc/self/cgroup"] = "0::/agent.service/stint.agents\n";
        using var second = Open(fake);
        Assert.NotNull(second.Find(TestTree.Key(7), TestTree.Uid));
    }

    [Fact]
    public void Fake_Without_cgroup_kill_the_group_is_frozen_killed_one_by_one_and_thawed()
    {
        var fake = new FakeCgroup2(hasKill: false);
        using var tree = Open(fake);
        var group = tree.Create(TestTree.Key(7), TestTree.Uid, TestTree.Limits());
        fake.Write($"{Base}/u4242/j7/s0/cgroup.procs", "777777");
        Assert.True(tree.KillAndRemove(group, Patience.Seconds(1)));
        Assert.Equal([(777777, 9)], fake.Signals);
        Assert.Equal(["1", "0"], fake.Writes.Where(w => w.Contains("cgroup.freeze", StringComparison.Ordinal)).Select(w => w[^1..]));
    }

    [Theory]
    [InlineData("j7/s0", "step")]
    [InlineData("j7", "job")]
    [InlineData("", "user")]
    [InlineData(null, "node")]
    public void Fake_The_group_whose_oom_count_rose_is_at_fault(string? at, string level)
    {
        var fake = new FakeCgroup2();
        using var tree = Open(fake);
        var group = tree.Create(TestTree.Key(7), TestTree.Uid, TestTree.Limits());
        fake[$"{Base}/u4242/j7/s0/memory.events.local"] = "oom 0\noom_kill 2";
        fake[$"{Base}/u4242/j7/s0/memory.events"] = "oom 0\noom_kill 2";
        if (at is not null) fake[$"{Base}/u4242/{at}".TrimEnd('/') + "/memory.events.local"] = at == "j7/s0" ? "oom 1\noom_kill 2" : "oom 1\noom_kill 0";
        fake[$"{Base}/u4242/j7/memory.peak"] = "67108864";
        var measured = tree.Measure(group);
        Assert.Equal((2UL, level), (measured.OomKills, measured.OomLevel));
        if (level == "job") Assert.Equal((67_108_864UL, 67_108_864UL), (measured.PeakMemoryBytes, measured.MemoryLimitBytes));
        Assert.Equal((20UL, 10UL), (measured.CpuUserUs, measured.CpuSystemUs));
    }

    [Fact]
    public void Fake_A_missing_controller_is_reported_and_what_needs_it_is_refused()
    {
        var fake = new FakeCgroup2("cpu memory pids");
        using var tree = Open(fake);
        Assert.False(tree.Capabilities.Single(c => c.Resource == "cpu").Available);
        var refused = Assert.Throws<CgroupException>(() => tree.Create(TestTree.Key(7), TestTree.Uid, TestTree.Limits()));
        Assert.Contains("controller cpuset is not in", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(fake.Children($"{Base}/u4242"), c => c == "j7");
    }

    [Fact]
    public void Fake_A_delegated_path_is_taken_as_given_and_foreign_processes_stay_where_they_are()
    {
        var fake = new FakeCgroup2(ownGroup: "/elsewhere");
        fake.MakeGroup(FakeCgroup2.Mount + "/stint.slice");
        using var tree = Open(fake, "/stint.slice/tree");
        Assert.Equal("tree/n1/u4242/j1/s0", tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits()).Path);
        Assert.Empty(fake.Children(FakeCgroup2.Mount + "/elsewhere"));
    }

    [Fact]
    public void Fake_A_group_above_that_allows_fewer_cpus_is_refused()
    {
        var fake = new FakeCgroup2();
        using var tree = Open(new Narrow(fake), fake);
        var refused = Assert.Throws<CgroupException>(() => tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits(cpus: [0, 1])));
        Assert.EndsWith("cpuset.cpus.effective is 0: a group above allows less", refused.Message, StringComparison.Ordinal);
    }

    [HybridFact]
    public async Task The_real_unified_hierarchy_kills_a_group_and_reports_no_controllers()
    {
        var root = $"stint-test-{Environment.ProcessId}-v2";
        var layout = new CgroupProbe(KernelFiles.Instance, "/proc", "/sys/fs/cgroup/unified").LookV2(root, "n1");
        using var tree = CgroupOpening.Open(layout, new CpuMap([0], 1), 0, KernelFiles.Instance, TimeProvider.System);
        try
        {
            Assert.False(tree.Capabilities.Single(c => c.Resource == "memory").Available);
            Assert.Throws<CgroupException>(() => tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits()));
            var group = tree.Create(TestTree.Key(2), TestTree.Uid, new Limits());
            using var payload = new Payload(group, "trap '' TERM; sleep 1000 & echo up; wait");
            Assert.Equal("up", payload.Line());
            File.WriteAllText($"/sys/fs/cgroup/unified/{group.Path}/cgroup.freeze", "1");
            Assert.True(tree.KillAndRemove(group, Patience.Seconds(10)));
            Assert.Equal(128 + 9, await payload.ExitAsync());
        }
        finally
        {
            tree.RemoveStrays([]);
            tree.RemoveRoot();
        }
        Assert.False(Directory.Exists($"/sys/fs/cgroup/unified/{root}"));
    }

    [Fact]
    public void This_hybrid_host_is_recognised_as_v1()
    {
        var layout = new CgroupProbe(KernelFiles.Instance).Look("stint-test-look", "n1");
        Assert.Equal(CgroupVersion.V1, layout.Version);
        Assert.Equal("/sys/fs/cgroup/memory", layout.Of("memory")!.Mount);
        Assert.False(layout.Capabilities.Single(c => c.Resource == "oom_group").Available);
        Assert.Throws<ArgumentException>(() => new CgroupProbe(KernelFiles.Instance).Look("/a/path", "n1"));
    }

    private static CgroupTree Open(IGroupFiles files, FakeCgroup2 fake) => CgroupOpening.Open(
        new CgroupProbe(fake, "/fake/proc", FakeCgroup2.Mount).LookV2("stint", "n1"), new CpuMap([0, 1, 2, 3], 4), 0, files, TimeProvider.System);

    /// <summary>The fake, below a parent that has cpu 0 only.</summary>
    private sealed class Narrow(FakeCgroup2 fake) : IGroupFiles
    {
        public int MakeGroup(string path) => fake.MakeGroup(path);
        public int RemoveGroup(string path) => fake.RemoveGroup(path);
        public int Write(string file, string value) => fake.Write(file, value);
        public bool Exists(string path) => fake.Exists(path);
        public IReadOnlyList<string> Children(string path) => fake.Children(path);
        public int Signal(int pid, int signal) => fake.Signal(pid, signal);

        public int Read(string file, out string text)
        {
            var errno = fake.Read(file, out text);
            if (file.EndsWith("cpuset.cpus.effective", StringComparison.Ordinal)) text = "0";
            return errno;
        }
    }
}
