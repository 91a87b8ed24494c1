using System.Diagnostics;
using System.Runtime.CompilerServices;
using Stint.Agent.Cgroups;
using Stint.Agent.Devices;
using Stint.Agent.Gpus;
using Stint.Agent.Hardware;
using Stint.Agent.Tests.Devices;
using Stint.Agent.Tests.Gpus;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Hostile;

/// <summary>
/// A made-up driver below a folder (its /proc, its library), and real device nodes without a driver where it says that GPUs, slices and capabilities are:
/// ENXIO is an open that was allowed, EPERM one that was not.
/// </summary>
public sealed class MigEnforcementTests : IDisposable
{
    private readonly DeviceLab _lab = new();
    private readonly FakeRoot _root = new();
    private readonly string _library;

    public MigEnforcementTests()
    {
        _root.Put("proc/driver/nvidia/version", "NVRM version: 550")
            .Put("proc/driver/nvidia-caps/mig-minors", "config 1\nmonitor 2\ngpu0/gi1/access 12\ngpu0/gi1/ci0/access 13\ngpu0/gi7/access 66\ngpu0/gi7/ci0/access 67\n");
        File.SetUnixFileMode(_root.Path, (UnixFileMode)0b111_101_101);
        Directory.CreateDirectory(_root.Path + "/dev/nvidia-caps");
        foreach (var (name, minor) in Nodes)
        {
            using var mknod = Process.Start("mknod", ["-m", "666", $"{_root.Path}/dev/{name}", "c", "195", $"{minor}"]);
            mknod.WaitForExit();
        }
        _library = Library(_root.Path);
    }

    private static readonly (string Name, int Minor)[] Nodes =
        [("nvidia0", 230), ("nvidia1", 231), ("nvidiactl", 232), ("nvidia-caps/nvidia-cap1", 233), ("nvidia-caps/nvidia-cap2", 234), ("nvidia-caps/nvidia-cap12", 235),
         ("nvidia-caps/nvidia-cap13", 236), ("nvidia-caps/nvidia-cap66", 237), ("nvidia-caps/nvidia-cap67", 238)];

    public void Dispose()
    {
        _lab.Dispose();
        _root.Dispose();
    }

    private static string Library(string folder, [CallerFilePath] string here = "")
    {
        var library = $"{folder}/libnvidia-ml.so.1";
        var source = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../Gpus/fake_nvml.c"));
        using var gcc = Process.Start("gcc", ["-shared", "-fPIC", "-O1", "-o", library, source]);
        gcc.WaitForExit();
        Assert.Equal(0, gcc.ExitCode);
        return library;
    }

    private NodeDevices Devices(DeviceHealth? health = null) =>
        new(GresInventory.Take(DeviceTable.Default, [], detects: true, CpuCores.Read(new CpuMap([0, 1], 2), 1), _root.Path, _library), DeviceTable.Default, [], CdiSpecs.None, _root.Path, health);

    private string Dev(string name) => $"{_root.Path}/dev/{name}";

    [NeedsTheory("/usr/bin/gcc"), InlineData(CgroupVersion.V1), InlineData(CgroupVersion.V2)]
    public async Task A_slice_opens_its_parent_and_its_own_two_capabilities_and_neither_anothers_nor_config(CgroupVersion version)
    {
        if (version == CgroupVersion.V1 && Cgroups.TestTree.IsV2) return;
        var group = _lab.Tree(version, Devices()).Create(Cgroups.TestTree.Key(1), 4242, DeviceLab.Grant(1));
        // parent GPU, control node, own capabilities; the other slice's; mig/config, mig/monitor; the other GPU
        Assert.Equal("ENXIO ENXIO ENXIO ENXIO", await _lab.ProbeAsync(group, $"{Dev("nvidia0")} {Dev("nvidiactl")} {Dev("nvidia-caps/nvidia-cap66")} {Dev("nvidia-caps/nvidia-cap67")}"));
        foreach (var through in (string[])["", "env CUDA_VISIBLE_DEVICES=MIG-11111111-0000-0000-0000-000000000000 NVIDIA_MIG_CONFIG_DEVICES=all", "unshare -U -r -m"])
            Assert.Equal("EPERM EPERM EPERM EPERM EPERM EPERM EPERM", await _lab.ProbeAsync(group,
                $"{Dev("nvidia-caps/nvidia-cap12")} {Dev("nvidia-caps/nvidia-cap13")} {Dev("nvidia-caps/nvidia-cap1")} {Dev("nvidia-caps/nvidia-cap2")} {Dev("nvidia1")} mknod:c:195:233 mknod:c:195:235", through));
    }

    [NeedsFact("/usr/bin/gcc")]
    public void A_gpu_that_the_driver_calls_lost_is_not_given_to_the_next_job_and_the_node_is_drained()
    {
        using var world = new World(devices: Devices(new DeviceHealth(_library)));
        LaunchSpec Job(uint id) => world.Batch(id, "true", s => s.Limits.Gres.AddRange(DeviceLab.Of("gpu", 2)));
        Assert.Equal("", world.Run(Job(1)).DrainReason);
        File.WriteAllText(_library + ".state", "lost");
        var exit = world.Run(Job(2));
        Assert.Equal((Outcome.Exited, "gpu 2 (GPU-aaaaaaaa-0000-0000-0000-000000000000) is lost: GPU is lost (15)"), (exit.Outcome, exit.DrainReason));
        Assert.Equal("", world.Run(world.Batch(3, "true")).DrainReason);      // a job without GPUs says nothing about them
    }

    [NeedsFact("/usr/bin/gcc")]
    public void A_gpu_whose_driver_does_not_come_back_is_called_hung_in_time_and_everything_goes_on()
    {
        using var world = new World(devices: Devices(new DeviceHealth(_library, TimeSpan.FromMilliseconds(300))));
        File.WriteAllText(_library + ".state", "hang");
        for (var job = 1u; job <= 3; job++)
        {
            var exit = world.Run(world.Batch(job, "true", s => s.Limits.Gres.AddRange(DeviceLab.Of("gpu", 2))));
            Assert.Equal((Outcome.Exited, "gpu 2 (GPU-aaaaaaaa-0000-0000-0000-000000000000) hangs: its driver does not answer within 0.3 s"), (exit.Outcome, exit.DrainReason));
        }
        File.Delete(_library + ".state");
    }

    [NeedsFact("/usr/bin/gcc")]
    public async Task A_gpu_that_fell_off_the_bus_fails_no_job_but_the_node()
    {
        using var world = new World(devices: Devices());
        File.Delete(Dev("nvidia1"));
        var exit = world.Run(world.Batch(1, "touch it-ran", s => s.Limits.Gres.AddRange(DeviceLab.Of("gpu", 2))));
        Assert.Equal((Outcome.NodeFailure, false), (exit.Outcome, exit.HoldJob));
        Assert.Equal($"gpu 2 was granted, but its node {Dev("nvidia1")} cannot be looked at: ENOENT (2): No such file or directory", exit.DrainReason);
        Assert.False(File.Exists(world.Public + "/it-ran"));
        await world.Watch().AuditAsync();
        Assert.Equal($"gpu 2 is lost: its node {Dev("nvidia1")} cannot be looked at: ENOENT (2): No such file or directory", Assert.Single(world.Reports.All, m => m.NodeEvent?.Kind == NodeEventKind.EventDevice).NodeEvent.DrainReason);
    }
}
