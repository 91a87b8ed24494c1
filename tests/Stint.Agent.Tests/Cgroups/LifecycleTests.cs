using System.Diagnostics;
using Stint.Agent.Cgroups;
using Stint.Agent.Kernel;
using Xunit.Abstractions;

namespace Stint.Agent.Tests.Cgroups;

public sealed class LifecycleTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Deadline = Patience.Seconds(10);

    [Fact]
    public async Task A_frozen_group_left_from_before_is_ended_and_never_joined()
    {
        using var test = new TestTree();
        var old = test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits());
        using var leftover = new Payload(old, "echo up; exec sleep 1000");
        Assert.Equal("up", leftover.Line());
        if (TestTree.IsV2) File.WriteAllText(test.File("memory", old, "cgroup.freeze"), "1");
        else File.WriteAllText(test.File("freezer", old, "freezer.state"), "FROZEN");

        using var later = Again(test);
        var fresh = later.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits());
        Assert.Empty(test.Read(test.File("pids", fresh, "cgroup.procs", job: false)));
        if (TestTree.IsV2) Assert.Equal("0", test.Read(test.File("memory", fresh, "cgroup.freeze")));
        else Assert.Equal("THAWED", test.Read(test.File("freezer", fresh, "freezer.state")));
        Assert.Equal(128 + 9, await leftover.ExitAsync());
        Assert.True(later.KillAndRemove(fresh, Deadline));
    }

    [Fact]
    public void The_same_step_twice_is_refused_while_the_first_has_its_group()
    {
        using var test = new TestTree();
        var group = test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits());
        Assert.Equal(Errno.Exists, Assert.Throws<CgroupException>(() => test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits())).Errno);
        Assert.True(test.Tree.KillAndRemove(group, Deadline));
        Assert.True(test.Tree.KillAndRemove(group, Deadline));
    }

    [Fact]
    public async Task After_a_restart_known_steps_stay_and_strays_go()
    {
        using var test = new TestTree();
        var known = test.Tree.Create(TestTree.Key(1, 0), TestTree.Uid, TestTree.Limits());
        var stray = test.Tree.Create(TestTree.Key(1, 1), TestTree.Uid, TestTree.Limits());
        test.Tree.Create(TestTree.Key(2, 0), 4243, TestTree.Limits());
        using var runs = new Payload(known, "echo up; exec sleep 1000");
        using var strays = new Payload(stray, "echo up; exec sleep 1000");
        Assert.Equal("upup", runs.Line() + strays.Line());

        using var later = Again(test);
        var found = later.Find(TestTree.Key(1, 0), TestTree.Uid);
        Assert.Equal(known.ProcsFiles, found!.ProcsFiles);
        Assert.Null(later.Find(TestTree.Key(9), TestTree.Uid));
        later.RemoveStrays([(1, 0)]);
        Assert.Contains(test.Left(), d => d.EndsWith("/j1/s0", StringComparison.Ordinal));
        Assert.DoesNotContain(test.Left(), d => d.EndsWith("/j1/s1", StringComparison.Ordinal) || d.Contains("/u4243", StringComparison.Ordinal));
        Assert.True(File.Exists($"/proc/{runs.Pid}/stat"));
        Assert.Equal(128 + 9, await strays.ExitAsync());

        var next = later.Create(TestTree.Key(1, 2), TestTree.Uid, TestTree.Limits());
        Assert.False(later.KillAndRemove(found, Deadline));
        Assert.True(later.KillAndRemove(next, Deadline));
        later.RemoveRoot();
        Assert.Empty(test.Left());
        Assert.All(test.Layout.Hierarchies, hierarchy => Assert.False(Directory.Exists($"{hierarchy.Mount}/{test.Root}")));
    }

    [Fact]
    public void Three_hundred_random_rounds_by_four_threads_leave_nothing()
    {
        using var test = new TestTree();
        const int threads = 4, rounds = 75;
        var failures = new System.Collections.Concurrent.ConcurrentBag<Exception>();
        var workers = Enumerable.Range(0, threads).Select(worker => new Thread(() =>
        {
            var random = new Random(1000 + worker);
            try
            {
                for (var round = 0; round < rounds; round++)
                {
                    // Few jobs and users, so that the shared levels are made and removed under each other's feet.
                    var key = TestTree.Key((uint)random.Next(1, 4), (uint)worker);
                    var group = test.Tree.Create(key, (uint)(5000 + (key.JobId % 2)), TestTree.Limits());
                    if (random.Next(4) == 0)
                    {
                        using var payload = new Payload(group, "sleep 100 & sleep 100 & wait");
                        if (random.Next(2) == 0) Payload.Until(() => test.Tree.Measure(group).PidsPeak >= 2, "it runs");
                        _ = test.Tree.KillAndRemove(group, Deadline);
                        continue;
                    }
                    _ = test.Tree.Measure(group);
                    _ = test.Tree.KillAndRemove(group, Deadline);
                }
            }
            catch (Exception e) { failures.Add(e); }
        })).ToList();
        workers.ForEach(w => w.Start());
        workers.ForEach(w => w.Join());
        Assert.Empty(failures);
        Assert.DoesNotContain(test.Left(), d => d.Contains("/j", StringComparison.Ordinal));
        test.Tree.RemoveRoot();
        Assert.Empty(test.Left());
    }

    [Fact]
    public void A_step_costs_little_more_than_its_bare_groups()
    {
        using var test = new TestTree();
        const int rounds = 200;
        void Round(uint job)
        {
            var group = test.Tree.Create(TestTree.Key(job), TestTree.Uid, TestTree.Limits());
            _ = test.Tree.Measure(group);
            Assert.True(test.Tree.KillAndRemove(group, Deadline));
        }
        for (uint job = 1; job <= 50; job++) Round(job);
        var started = Stopwatch.GetTimestamp();
        for (uint job = 1; job <= rounds; job++) Round(job);
        var step = Stopwatch.GetElapsedTime(started) / rounds;

        started = Stopwatch.GetTimestamp();
        for (var job = 1; job <= rounds; job++)
        {
            foreach (var hierarchy in test.Layout.Hierarchies)
            {
                KernelFiles.Instance.MakeGroup($"{hierarchy.Mount}/{test.Root}/n1/bare");
                KernelFiles.Instance.MakeGroup($"{hierarchy.Mount}/{test.Root}/n1/bare/s");
                KernelFiles.Instance.RemoveGroup($"{hierarchy.Mount}/{test.Root}/n1/bare/s");
                KernelFiles.Instance.RemoveGroup($"{hierarchy.Mount}/{test.Root}/n1/bare");
            }
        }
        var bare = Stopwatch.GetElapsedTime(started) / rounds;
        output.WriteLine($"create + measure + remove {step.TotalMilliseconds:0.000} ms; bare mkdir and rmdir of as many groups {bare.TotalMilliseconds:0.000} ms; ratio {step / bare:0.00}");
        // Emulated, the managed part costs far more against a system call than on a processor.
        Assert.True(step < bare * 10 * Patience.Factor, $"{step} against {bare}");
    }

    private static CgroupTree Again(TestTree test) =>
        CgroupOpening.Open(test.Layout, test.Map, 0, test.Files, TimeProvider.System);
}
