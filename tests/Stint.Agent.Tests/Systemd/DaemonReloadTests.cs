using System.Diagnostics;
using Stint.Agent.Cgroups;
using Stint.Agent.Kernel;
using Stint.Agent.Systemd;
using Stint.Agent.Tests.Cgroups;
using Stint.Agent.Tests.Devices;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Systemd;

/// <summary>Runs where systemd runs the host and the controllers are on cgroup v2: in the guest of the vm tier.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SystemdFactAttribute : FactAttribute
{
    public SystemdFactAttribute() => Skip = !UnitState.IsSystemdHere ? "not run: systemd does not run this host; see ./test --tier vm"
        : !TestTree.IsV2 ? "not run: this host has its controllers on cgroup v1" : Requirements.Missing;
}

/// <summary>A jobs' unit as <c>stint systemd install</c> writes it, and what systemd does to it while processes are in it.</summary>
public sealed class DaemonReloadTests : IDisposable
{
    private const string Unit = "stint-test-jobs.service";
    private static readonly TimeSpan Deadline = Patience.Seconds(10);
    private readonly DeviceLab _lab = new();

    public void Dispose()
    {
        _lab.Dispose();
        if (UnitState.IsSystemdHere) Run("systemctl", "stop", Unit);
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0 || arguments is ["stop", ..], $"{program} {string.Join(' ', arguments)}: {error.Result}");
        return output;
    }

    private CgroupTree Open()
    {
        Run("systemd-run", "--quiet", $"--unit={Unit}", "--slice=stint-test.slice", "--property=Delegate=yes", "--property=OOMPolicy=continue", "--service-type=notify", World.Shepherd, "--hold");
        var root = JobsUnit.RootBelow(Unit, "stint-test");
        Assert.Equal($"/stint.slice/stint-test.slice/{Unit}/stint-test", root);
        var tree = CgroupOpening.Open(new CgroupProbe(KernelFiles.Instance).Look(root, "n1"), TestTree.HostMap(), 0, KernelFiles.Instance, TimeProvider.System, devices: _lab.Devices);
        Assert.All(tree.Capabilities.Where(c => c.Resource is "cpu" or "memory" or "pids" or "devices"), c => Assert.True(c.Available, c.Detail));
        return tree;
    }

    private static Dictionary<string, string> Limits(string group) =>
        ((string[])["memory.max", "memory.swap.max", "cpuset.cpus", "cpuset.cpus.effective", "pids.max", "cgroup.subtree_control"]).ToDictionary(f => f, f => File.ReadAllText($"{group}/{f}").Trim());

    [SystemdFact]
    public async Task Limits_and_filter_stay_when_systemd_reads_its_units_again_or_is_told_other_properties()
    {
        using var tree = Open();
        var limits = TestTree.Limits(64 << 20);
        limits.Gres.Add(DeviceLab.Of("gpu", 2));
        limits.User = new UserLimits { Tier = "student", MemoryBytes = 200 << 20, PidsMax = 500, CpuMilli = 1500 };
        var group = tree.Create(TestTree.Key(1), TestTree.Uid, limits);
        var job = $"/sys/fs/cgroup/stint.slice/stint-test.slice/{Unit}/stint-test/n1/u{TestTree.Uid}/j1";
        using var lives = new Payload(group, "echo up; exec sleep 1000");
        Assert.Equal("up", lives.Line());
        var (before, user) = (Limits(job), File.ReadAllText($"{Path.GetDirectoryName(job)}/memory.max") + File.ReadAllText($"{Path.GetDirectoryName(job)}/cpu.max"));
        Assert.Equal(("67108864", "0", "64"), (before["memory.max"], before["cpuset.cpus"], before["pids.max"]));
        foreach (var command in (string[])
        [
            "", "daemon-reload", $"set-property --runtime {Unit} CPUWeight=50 MemoryMax=1G", $"set-property --runtime stint-test.slice TasksMax=5000 DeviceAllow=", $"set-property --runtime {Unit} DevicePolicy=auto",
            "daemon-reexec", "daemon-reload",
        ])
        {
            if (command.Length > 0) Run("systemctl", command.Split(' '));
            Assert.Equal(before, Limits(job));
            Assert.Equal(user, File.ReadAllText($"{Path.GetDirectoryName(job)}/memory.max") + File.ReadAllText($"{Path.GetDirectoryName(job)}/cpu.max"));
            foreach (var through in (string[])["", "env CUDA_VISIBLE_DEVICES=0,1,2,3", "env -i PATH=/usr/bin:/bin", "unshare -U -r -m", "sh -c '\"$@\"; :' x"])
            {
                var opened = await _lab.ProbeAsync(group, $"{_lab.All} mknod:c:195:202 mknod:c:195:200 /dev/kmsg /dev/null", through);
                Assert.True(opened == "EPERM EPERM ENXIO EPERM ENXIO EPERM EPERM EPERM EPERM EPERM EPERM ok", $"after '{command}' through '{through}': {opened}");
            }
            Assert.Contains($"/{Unit}/stint-test/n1/u{TestTree.Uid}/j1/s0", File.ReadAllText($"/proc/{lives.Pid}/cgroup"), StringComparison.Ordinal);
            Assert.Empty(tree.Audit([new LiveStep(TestTree.Key(1), TestTree.Uid, limits)]));
        }
        using var hog = new Payload(group, "exec python3 -c 'x = b\"a\" * (200 << 20)'");
        Assert.Equal(128 + 9, await hog.ExitAsync());
        Assert.Equal("job", tree.Measure(group).OomLevel);
        Assert.Equal("active", UnitState.Ask(Unit).Active);
        Assert.True(tree.KillAndRemove(group, Deadline));
        tree.RemoveRoot();
    }

    [SystemdFact]
    public void A_unit_that_is_stopped_or_unknown_or_not_delegated_is_refused_with_the_remedy()
    {
        Assert.Contains("systemd has no unit stint-test-none.service", Assert.Throws<IOException>(() => JobsUnit.RootBelow("stint-test-none.service", "stint")).Message, StringComparison.Ordinal);
        Run("systemd-run", "--quiet", $"--unit={Unit}", "sleep", "1000");
        Assert.Contains("does not say Delegate=yes", Assert.Throws<IOException>(() => JobsUnit.RootBelow(Unit, "stint")).Message, StringComparison.Ordinal);
    }
}
