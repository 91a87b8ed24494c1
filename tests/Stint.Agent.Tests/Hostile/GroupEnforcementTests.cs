using Stint.Agent.Cgroups;
using Stint.Agent.Kernel;
using Stint.Agent.Tests.Cgroups;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Hostile;

/// <summary>Groups that are there already, and kernel files that say no.</summary>
public sealed class GroupEnforcementTests
{
    /// <summary>A foreign group under the very name that a job is to have, with processes in it, and others below it.</summary>
    [RootTheory, InlineData(false), InlineData(true)]
    public void A_group_of_the_same_id_that_is_not_empty_is_ended_and_never_joined(bool isFrozen)
    {
        using var world = new World();
        var tree = world.Tree.Layout;
        var step = $"{tree.Base}/u{World.Nobody}/j1/s{Agent.Launch.StepId.Batch}";
        var procs = new List<string>();
        foreach (var hierarchy in tree.Hierarchies)
        {
            Directory.CreateDirectory($"{hierarchy.Mount}/{step}/of-others/deeper");
            foreach (var level in new[] { tree.Base, $"{tree.Base}/u{World.Nobody}", $"{tree.Base}/u{World.Nobody}/j1", step, $"{step}/of-others", $"{step}/of-others/deeper" })
                foreach (var file in new[] { "cpuset.mems", "cpuset.cpus" })
                    if (!TestTree.IsV2 && hierarchy.Controllers.Contains("cpuset")) File.WriteAllText($"{hierarchy.Mount}/{level}/{file}", File.ReadAllText($"{Path.GetDirectoryName($"{hierarchy.Mount}/{level}")}/{file}"));
            procs.Add($"{hierarchy.Mount}/{step}/of-others/deeper/cgroup.procs");
        }
        using var squatter = new Payload(new StepGroup(TestTree.Key(1), 0, procs, "", new Receipt()), "echo up; exec sleep 1000");
        Assert.Equal("up", squatter.Line());
        if (isFrozen) File.WriteAllText(TestTree.IsV2 ? $"{tree.Hierarchies[0].Mount}/{step}/cgroup.freeze" : tree.File("freezer", step, "freezer.state")!, TestTree.IsV2 ? "1" : "FROZEN");
        var exit = world.Run(world.Batch(1, "cat /proc/self/cgroup"));
        Assert.True((exit.Outcome, exit.ExitCode) == (Outcome.Exited, 0), exit.Cause);
        Assert.DoesNotContain("of-others", world.Read("out-1.txt"), StringComparison.Ordinal);
        Assert.Equal(128 + 9, squatter.ExitAsync().GetAwaiter().GetResult());
        Assert.DoesNotContain(world.Tree.Left(), g => g.Contains("/j1", StringComparison.Ordinal));
    }

    /// <summary>Every limit of either version, with every answer of the kernel that was ever seen for one: no task runs, and the cause has file and errno.</summary>
    public static TheoryData<string, int, string> Refusals
    {
        get
        {
            var data = new TheoryData<string, int, string>();
            string[] files = TestTree.IsV2 ? ["memory.max", "memory.swap.max", "cpuset.cpus", "pids.max"] : ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "cpuset.cpus", "pids.max"];
            foreach (var file in files)
                foreach (var (errno, name) in new[] { (Errno.Busy, "EBUSY (16)"), (Errno.NoEntry, "ENOENT (2)"), (Errno.Invalid, "EINVAL (22)"), (Errno.NoSpace, "ENOSPC (28)"), (Errno.ReadOnlyFileSystem, "EROFS (30)"), (5, "EIO (5)"), (Errno.NotPermitted, "EPERM (1)"), (Errno.AccessDenied, "EACCES (13)") })
                    data.Add(file, errno, name);
            return data;
        }
    }

    [RootTheory, MemberData(nameof(Refusals))]
    public void A_limit_that_cannot_be_written_means_no_task_and_a_cause_with_file_and_errno(string file, int errno, string name)
    {
        var files = new FailingFiles();
        using var world = new World(files: files);
        if (file == "memory.swap.max" && !File.Exists(world.Tree.Layout.File("memory", world.Tree.Layout.Base, file))) return;      // no swap accounting: nothing is written
        files.OnWrite = (path, _) => path.EndsWith($"/j1/{file}", StringComparison.Ordinal) ? errno : 0;
        var exit = world.Run(world.Batch(1, "touch it-ran"));
        Assert.Equal((Outcome.LaunchFailed, true, false), (exit.Outcome, exit.JobReleased, exit.Started));
        Assert.Matches($@"^cannot write \S+ to /sys/fs/cgroup/\S*/u{World.Nobody}/j1/{System.Text.RegularExpressions.Regex.Escape(file)}: {System.Text.RegularExpressions.Regex.Escape(name)}: ", exit.Cause);
        Assert.False(File.Exists(world.Public + "/it-ran"));
        Assert.DoesNotContain(world.Tree.Left(), g => g.Contains("/j1", StringComparison.Ordinal));
        files.OnWrite = static (_, _) => 0;
        Assert.Equal(Outcome.Exited, world.Run(world.Batch(2, "true")).Outcome);
    }

    /// <summary>Joining is the shepherd's: a group whose cgroup.procs takes nobody (a v1 cpuset without memory nodes is ENOSPC) starts no task either.</summary>
    [RootFact]
    public void A_group_that_takes_no_process_starts_no_task()
    {
        using var world = new World();
        world.Checkpoint = point =>
        {
            if (point != "files") return;
            foreach (var group in world.Tree.Left().Where(g => g.EndsWith($"/j1/s{Agent.Launch.StepId.Batch}", StringComparison.Ordinal))) Directory.Delete(group);
        };
        var exit = world.Run(world.Batch(1, "touch it-ran"));
        Assert.Equal((Outcome.LaunchFailed, true), (exit.Outcome, exit.JobReleased));
        Assert.Matches(@"^cgroup file /sys/fs/cgroup/.*/cgroup\.procs: No such file or directory$", exit.Cause);
        Assert.False(File.Exists(world.Public + "/it-ran"));
    }

    [Fact]
    public void What_a_kernel_cannot_hold_is_a_reason_to_place_nothing_there_unless_best_effort_was_said()
    {
        var capabilities = new Capability[] { new() { Resource = "cpu", Available = true }, new() { Resource = "memory", Available = true }, new() { Resource = "devices", Available = true },
            new() { Resource = "pids", Detail = "this kernel has no controller pids" }, new() { Resource = "swap", Detail = "no swap accounting" }, new() { Resource = "psi", Detail = "no /proc/pressure" } };
        Assert.Equal("this kernel cannot hold every limit (pids: this kernel has no controller pids); --best-effort names those that jobs may do without", RequiredLimits.Missing(capabilities, new HashSet<string>()));
        Assert.Null(RequiredLimits.Missing(capabilities, new HashSet<string> { "pids" }));
    }

    [RootFact]
    public void A_limit_that_best_effort_may_leave_out_is_in_the_receipt_as_not_enforced()
    {
        var probed = new CgroupProbe(KernelFiles.Instance).Look($"stint-test-{Environment.ProcessId}-best", "n1");
        var layout = probed with { BestEffort = new HashSet<string> { "pids" } };
        var refused = new FailingFiles { OnMake = path => !TestTree.IsV2 && path.Contains("/pids/", StringComparison.Ordinal) ? Errno.ReadOnlyFileSystem : 0 };
        if (TestTree.IsV2) layout = layout.Without(new Dictionary<string, string> { ["pids"] = "controller pids is not here" });
        using var tree = CgroupOpening.Open(layout, TestTree.HostMap(), 0, refused, TimeProvider.System);
        var row = tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits()).Receipt.Rows.Single(r => r.Resource == "pids");
        Assert.Equal((false, "64", ""), (row.Enforced, row.Allocated, row.File));
        Assert.StartsWith("best effort: ", row.WhyNot, StringComparison.Ordinal);
        tree.RemoveStrays([]);
        tree.RemoveRoot();
    }
}
