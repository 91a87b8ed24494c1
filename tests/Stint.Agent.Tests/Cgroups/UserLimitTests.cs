using Stint.Agent.Cgroups;
using Stint.Agent.Hardware;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Cgroups;

/// <summary>The level of a user above all of the user's jobs.</summary>
public sealed class UserLimitTests
{
    private static Limits Under(UserLimits user, ulong memoryBytes = 160 << 20)
    {
        var limits = TestTree.Limits(memoryBytes);
        limits.User = user;
        return limits;
    }

    [Fact]
    public void Each_limit_of_the_user_is_a_row_and_reads_back()
    {
        using var test = new TestTree();
        var user = new UserLimits { Tier = "student", MemoryBytes = 200 << 20, MemorySoftBytes = 180 << 20, CpuMilli = 1500, PidsMax = 500 };
        var group = test.Tree.Create(TestTree.Key(1), TestTree.Uid, Under(user));
        string File(string controller, string v1, string v2) => test.Layout.File(controller, $"{test.Root}/n1/u4242", TestTree.IsV2 ? v2 : v1)!;
        var (memory, pids, cpu) = (File("memory", "memory.limit_in_bytes", "memory.max"), File("pids", "pids.max", "pids.max"), File("cpu", "cpu.cfs_quota_us", "cpu.max"));
        var quota = TestTree.IsV2 ? "150000 100000" : "150000";
        Assert.Equal(
        [
            $"user memory|tier student|200M|{memory}|209715200|209715200|True|",
            TestTree.IsV2 ? $"user memory, soft|tier student|180M|{File("memory", "", "memory.high")}|188743680|188743680|True|" : "user memory, soft|tier student|180M||||False|cgroup v1 has no memory.high",
            $"user pids|tier student|500|{pids}|500|500|True|", $"user cpu|tier student|1.5|{cpu}|{quota}|{quota}|True|",
        ], group.Receipt.Rows.Where(r => r.Resource.StartsWith("user", StringComparison.Ordinal)).Select(r => $"{r.Resource}|{r.Requested}|{r.Allocated}|{r.File}|{r.Written}|{r.ReadBack}|{r.Enforced}|{r.WhyNot}"));

        // Another tier: what was limited is so no longer.
        var next = test.Tree.Create(TestTree.Key(2), TestTree.Uid, Under(new UserLimits { Tier = "admin", PidsMax = 600 }));
        Assert.Equal(["user pids"], next.Receipt.Rows.Select(r => r.Resource).Where(r => r.StartsWith("user", StringComparison.Ordinal)));
        Assert.Equal(TestTree.IsV2 ? "max 100000" : "-1", test.Read(cpu));
        Assert.Equal("600", test.Read(pids));
        var unlimited = test.Read(memory);
        Assert.True(unlimited == "max" || ulong.Parse(unlimited, System.Globalization.CultureInfo.InvariantCulture) > 1UL << 60);
    }

    [Fact]
    public async Task Two_jobs_that_together_pass_the_users_limit_end_with_the_user_as_the_cause_and_not_the_victim()
    {
        using var test = new TestTree();
        var user = new UserLimits { Tier = "student", MemoryBytes = 200 << 20 };
        var (one, two) = (test.Tree.Create(TestTree.Key(1), TestTree.Uid, Under(user)), test.Tree.Create(TestTree.Key(2), TestTree.Uid, Under(user)));
        using var quiet = new Payload(one, "exec python3 -c 'x = b\"a\" * (120 << 20); print(1, flush=True); import time; time.sleep(60)'");
        Assert.Equal("1", quiet.Line());
        using var second = new Payload(two, "exec python3 -c 'x = b\"a\" * (120 << 20); print(2, flush=True); import time; time.sleep(60)'");
        Payload.Until(() => test.Tree.Measure(one).OomKills + test.Tree.Measure(two).OomKills > 0, "the kernel kills one of the two");
        var victim = test.Tree.Measure(one).OomKills > 0 ? one : two;
        var measured = test.Tree.Measure(victim);
        Assert.Equal(("user", $"{test.Root}/n1/u4242", 200UL << 20), (measured.OomLevel, measured.OomGroup, measured.MemoryLimitBytes));
        await Task.WhenAll(new[] { one, two }.Select(g => Task.Factory.StartNew(() => test.Tree.KillAndRemove(g, Patience.Seconds(10)), CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default)));
    }

    [Fact]
    public void A_limit_below_what_is_in_use_is_refused_with_the_numbers_and_the_old_one_stays()
    {
        using var test = new TestTree();
        var one = test.Tree.Create(TestTree.Key(1), TestTree.Uid, Under(new UserLimits { MemoryBytes = 200 << 20 }));
        using var payload = new Payload(one, "exec python3 -c 'x = b\"a\" * (100 << 20); print(1, flush=True); import time; time.sleep(60)'");
        Assert.Equal("1", payload.Line());
        var refused = Assert.Throws<CgroupException>(() => test.Tree.Create(TestTree.Key(2), TestTree.Uid, Under(new UserLimits { MemoryBytes = 50 << 20 })));
        Assert.Contains("50M for the user is less than the 1", refused.Message, StringComparison.Ordinal);
        Assert.Equal("209715200", test.Read(test.Layout.File("memory", $"{test.Root}/n1/u4242", TestTree.IsV2 ? "memory.max" : "memory.limit_in_bytes")!));
        Assert.True(test.Tree.IsJobGone(2, TestTree.Uid));
    }

    private static string LevelFile(TestTree test, string v1, string v2) => TestTree.IsV2 ? test.Layout.File("memory", $"{test.Layout.Base}/u4242", v2)! : test.Layout.File("memory", $"{test.Layout.Base}/u4242", v1)!;

    [Fact]
    public void Limits_of_a_user_change_while_jobs_run_are_read_back_and_the_audit_agrees_with_the_new_ones()
    {
        using var test = new TestTree();
        var signed = Under(new UserLimits { Tier = "student", MemoryBytes = 200 << 20, PidsMax = 500, Version = 7 });
        test.Tree.Create(TestTree.Key(1), TestTree.Uid, signed);
        var report = test.Tree.SetUserLimits(TestTree.Uid, new UserLimits { Tier = "staff", MemoryBytes = 300 << 20, PidsMax = 600, Version = 8 }, checkOnly: false);
        Assert.Equal((true, "", "user memory 314572800, user pids 600"), (report.HasGroup, report.WhyNot, string.Join(", ", report.Rows.Select(r => $"{r.Resource} {r.ReadBack}"))));
        var memory = LevelFile(test, "memory.limit_in_bytes", "memory.max");
        Assert.Equal("314572800", test.Read(memory));
        LiveStep[] live = [new(TestTree.Key(1), TestTree.Uid, signed)];
        Assert.Empty(test.Tree.Audit(live));
        Assert.Equal("314572800", test.Read(memory));

        // A launch that was signed before the change and comes after it does not bring the old limits back; a newer one brings its own.
        var late = test.Tree.Create(TestTree.Key(2), TestTree.Uid, signed);
        Assert.Equal("314572800", test.Read(memory));
        Assert.Contains(late.Receipt.Rows, r => r is { Resource: "user memory", Requested: "tier staff", ReadBack: "314572800" });
        test.Tree.Create(TestTree.Key(3), TestTree.Uid, Under(new UserLimits { Tier = "staff", MemoryBytes = 400 << 20, Version = 9 }));
        Assert.Equal("419430400", test.Read(memory));
        Assert.False(test.Tree.SetUserLimits(99, new UserLimits { MemoryBytes = 1 << 20 }, checkOnly: false).HasGroup);
        Assert.Equal((TestTree.Uid, 0UL), test.Tree.UserUses().Select(u => (u.Uid, u.Pids)).Single());
    }

    [Fact]
    public void A_live_change_below_what_is_in_use_is_refused_with_the_numbers_before_and_at_the_change()
    {
        using var test = new TestTree();
        var one = test.Tree.Create(TestTree.Key(1), TestTree.Uid, Under(new UserLimits { MemoryBytes = 200 << 20, PidsMax = 500, Version = 1 }));
        using var payload = new Payload(one, "exec python3 -c 'import threading, time\nx = b\"a\" * (100 << 20)\nfor i in range(8): threading.Thread(target=time.sleep, args=(60,)).start()\nprint(1, flush=True)'");
        Assert.Equal("1", payload.Line());
        var memory = LevelFile(test, "memory.limit_in_bytes", "memory.max");
        var small = new UserLimits { MemoryBytes = 50 << 20, PidsMax = 500, Version = 2 };
        Assert.Contains("50M for the user is less than the 1", test.Tree.SetUserLimits(TestTree.Uid, small, checkOnly: true).WhyNot, StringComparison.Ordinal);
        Assert.Contains("50M for the user is less than the 1", test.Tree.SetUserLimits(TestTree.Uid, small, checkOnly: false).WhyNot, StringComparison.Ordinal);
        Assert.Matches(@"pids\.max: 4 processes for the user are less than the \d+ that run", test.Tree.SetUserLimits(TestTree.Uid, new UserLimits { PidsMax = 4, Version = 2 }, checkOnly: true).WhyNot);
        Assert.Equal("209715200", test.Read(memory));
        Assert.Empty(test.Tree.Audit([new(TestTree.Key(1), TestTree.Uid, Under(new UserLimits { MemoryBytes = 200 << 20, PidsMax = 500, Version = 1 }))]));
    }

    [Fact]
    public void Fake_On_v2_the_cpu_controller_is_handed_down_to_the_users_level_and_the_soft_limit_is_memory_high()
    {
        var fake = new FakeCgroup2();
        using var tree = CgroupOpening.Open(new CgroupProbe(fake, "/fake/proc", FakeCgroup2.Mount).LookV2("stint", "n1"), new CpuMap([0, 1], 2), 0, fake, TimeProvider.System);
        var user = new UserLimits { Tier = "student", MemoryBytes = 200 << 20, MemorySoftBytes = 180 << 20, CpuMilli = 2500 };
        var rows = tree.Create(TestTree.Key(1), TestTree.Uid, Under(user)).Receipt.Rows;
        const string level = FakeCgroup2.Mount + "/agent.service/stint/n1/u4242";
        Assert.Equal(["user memory 209715200", "user memory, soft 188743680", "user cpu 250000 100000"], rows.Where(r => r.Resource.StartsWith("user", StringComparison.Ordinal)).Select(r => $"{r.Resource} {r.ReadBack}"));
        Assert.Equal("250000 100000", fake[$"{level}/cpu.max"]);
        Assert.DoesNotContain("cpu ", fake[$"{level}/cgroup.subtree_control"].Replace("cpuset", "", StringComparison.Ordinal) + " ", StringComparison.Ordinal);

        fake[$"{level}/memory.current"] = $"{150 << 20}";
        Assert.Contains("100M for the user is less than the 150M", Assert.Throws<CgroupException>(() => tree.Create(TestTree.Key(2), TestTree.Uid, Under(new UserLimits { MemoryBytes = 100 << 20 }))).Message, StringComparison.Ordinal);
    }
}
