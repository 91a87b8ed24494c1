using System.Diagnostics;
using System.Runtime.CompilerServices;
using Stint.Agent.Devices;
using Stint.Agent.Gpus;
using Stint.Agent.Hardware;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Gpus;

/// <summary>Against made-up /sys and /proc trees and a made-up driver library: this machine has no accelerator.</summary>
public sealed class DetectionTests
{
    private static readonly CpuMap Map = new([0, 1, 2, 3], 4);

    private static GresInventory Take(FakeRoot root, string library = "", params string[] lines) => GresInventory.Take(
        DeviceTable.Default, [.. lines.Select(l => GresLine.ParseShort("--gres", l))], detects: true, CpuCores.Read(Map, 1), root.Path, library);

    private static string Show(GresInventory inventory, FakeRoot root) => string.Join('\n', inventory.Units.Select(u =>
        $"{u.Name}:{u.Type} {u.Index} {u.Uuid} {string.Join('+', u.Files.Select(f => f[root.Path.Length..]))} numa {u.Numa} {u.MemoryBytes >> 20}M"));

    private static FakeRoot Nvidia() => new FakeRoot().Put("proc/driver/nvidia/version", "NVRM version: 550")
        .Put("proc/driver/nvidia/gpus/0000:3b:00.0/information", "Model: \t\t NVIDIA H100 80GB HBM3\nGPU UUID: \t GPU-aaaaaaaa-0000-0000-0000-000000000000\nDevice Minor: \t 1\n")
        .Put("proc/driver/nvidia/gpus/0000:af:00.0/information", "Model: \t\t NVIDIA A100-SXM4-40GB\nGPU UUID: \t GPU-bbbbbbbb-0000-0000-0000-000000000000\nDevice Minor: \t 0\n")
        .Put("sys/bus/pci/devices/0000:3b:00.0/numa_node", "1\n").Put("sys/bus/pci/devices/0000:3b:00.0/local_cpulist", "2-3\n")
        .Put("sys/bus/pci/devices/0000:af:00.0/numa_node", "-1\n").Put("sys/bus/pci/devices/0000:af:00.0/local_cpulist", "0-3\n")
        .Put("proc/driver/nvidia-caps/mig-minors", "config 1\nmonitor 2\ngpu0/gi1/access 12\ngpu0/gi1/ci0/access 13\ngpu0/gi7/access 66\ngpu0/gi7/ci0/access 67\n");

    private static string FakeLibrary(FakeRoot root, [CallerFilePath] string here = "")
    {
        var library = $"{root.Path}/libnvidia-ml.so.1";
        using var gcc = Process.Start("gcc", ["-shared", "-fPIC", "-O1", "-o", library, Path.Combine(Path.GetDirectoryName(here)!, "fake_nvml.c")]);
        gcc.WaitForExit();
        Assert.Equal(0, gcc.ExitCode);
        return library;
    }

    [Fact]
    public void The_drivers_library_tells_whole_gpus_and_slices_with_uuids_and_sizes()
    {
        using var root = Nvidia();
        var inventory = Take(root, FakeLibrary(root));
        Assert.Equal("""
            gpu:3g.20gb 0 MIG-11111111-0000-0000-0000-000000000000 /dev/nvidia-caps/nvidia-cap12+/dev/nvidia-caps/nvidia-cap13 numa 0 19968M
            gpu:1g.5gb 1 MIG-22222222-0000-0000-0000-000000000000 /dev/nvidia-caps/nvidia-cap66+/dev/nvidia-caps/nvidia-cap67 numa 0 4864M
            gpu:h100 2 GPU-aaaaaaaa-0000-0000-0000-000000000000 /dev/nvidia1 numa 1 81559M
            """, Show(inventory, root));
        Assert.All(inventory.Units.Take(2), u => Assert.Equal("GPU-bbbbbbbb-0000-0000-0000-000000000000", u.Parent));
        Assert.Equal(["/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools"], inventory.Units[0].Shared.Select(s => s.Path));
        Assert.DoesNotContain(inventory.Units.SelectMany(u => u.Files), f => f.EndsWith("nvidia-cap1", StringComparison.Ordinal) || f.EndsWith("nvidia-cap2", StringComparison.Ordinal));
        Assert.Equal(["GPU 2 does not answer: GPU is lost (15)"], inventory.Problems);
        Assert.Equal(2u, inventory.GpuCount);

        var report = inventory.Report(Map, [0, 0, 1, 1]).ToList();
        Assert.Equal(["gpu:3g.20gb*1", "gpu:1g.5gb*1", "gpu:h100*1"], report.Select(r => $"{r.Name}:{r.Type}*{r.Count}"));
        Assert.Equal([0b1100], report[2].Units[0].NearCpus.ToByteArray());
        Assert.Empty(report[0].Units[0].NearCpus);
    }

    [Fact]
    public void Energy_is_measured_for_the_whole_gpus_of_a_step_from_its_first_look_on_and_for_no_slice()
    {
        using var root = Nvidia();
        var library = FakeLibrary(root);
        var energy = new Stint.Agent.Watch.GpuEnergy(new NodeDevices(Take(root, library), DeviceTable.Default, [], CdiSpecs.None, root.Path), library);
        static LaunchSpec Step(uint job, params uint[] gpus) => new() { Key = new StepKey { JobId = job, Attempt = 1 }, Limits = new Limits { Gres = { new GresGrant { Name = "gpu", Count = (uint)gpus.Length, Indices = { gpus } } } } };
        LaunchSpec slices = Step(1, 0, 1), whole = Step(2, 2), none = new() { Key = new StepKey { JobId = 3 }, Limits = new Limits() };
        Assert.Empty(energy.Take([slices, none]));
        Assert.Equal([2u], energy.Take([slices, whole, none]).Keys.Select(k => k.Job));
        var began = Stopwatch.GetTimestamp();
        Assert.Equal([2u], energy.Take([whole]).Keys.Select(k => k.Job));
        // The imitation's counter goes up by a joule with each millisecond.
        var used = Assert.Single(energy.Take([whole]).Values);
        Assert.InRange(used, 1_000UL, (ulong)(Stopwatch.GetElapsedTime(began).TotalMilliseconds * 1_000_000) + 1_000_000);
        // The GPU goes to another job: what it used before is not that job's.
        Assert.Equal([0UL], energy.Take([Step(4, 2)]).Values);
    }

    [Fact]
    public void Without_the_library_proc_tells_models_and_uuids_and_the_report_says_what_is_missing()
    {
        using var root = Nvidia();
        var inventory = Take(root, "/no/such/libnvidia-ml.so");
        Assert.Equal("""
            gpu:a100 0 GPU-bbbbbbbb-0000-0000-0000-000000000000 /dev/nvidia0 numa 0 0M
            gpu:h100 1 GPU-aaaaaaaa-0000-0000-0000-000000000000 /dev/nvidia1 numa 1 0M
            """, Show(inventory, root));
        Assert.StartsWith("no NVML (libnvidia-ml.so.1 is not there)", Assert.Single(inventory.Problems), StringComparison.Ordinal);

        root.Put("proc/driver/nvidia/capabilities/gpu0/mig/gi7/ci0/access", "DeviceFileMinor: 67");
        Assert.Equal("MIG-GPU-bbbbbbbb-0000-0000-0000-000000000000/7/0", Take(root, "/no/such/libnvidia-ml.so").Units[0].Uuid);
    }

    [Fact]
    public void Amd_gpus_are_the_nodes_of_the_compute_driver_that_are_no_cpus()
    {
        using var root = new FakeRoot().Put("dev/kfd");
        root.Put("sys/class/kfd/kfd/topology/nodes/0/gpu_id", "0\n").Put("sys/class/kfd/kfd/topology/nodes/0/properties", "cpu_cores_count 64\n");
        foreach (var (node, minor) in new[] { (1, 128), (2, 129) })
        {
            root.Put($"sys/class/kfd/kfd/topology/nodes/{node}/gpu_id", $"{1000 + node}\n")
                .Put($"sys/class/kfd/kfd/topology/nodes/{node}/properties", $"simd_count 880\ndrm_render_minor {minor}\nunique_id {0xabc0 + node}\n")
                .Put($"sys/class/kfd/kfd/topology/nodes/{node}/mem_banks/0/properties", "heap_type 1\nsize_in_bytes 68702699520\n")
                .Put($"sys/class/drm/renderD{minor}/device/product_name", "AMD Instinct MI250X\n").Put($"sys/class/drm/renderD{minor}/device/numa_node", $"{node}\n");
        }
        var inventory = Take(root);
        Assert.Equal("""
            gpu:mi250x 0 GPU-000000000000abc1 /dev/dri/renderD128 numa 1 65520M
            gpu:mi250x 1 GPU-000000000000abc2 /dev/dri/renderD129 numa 2 65520M
            """, Show(inventory, root));
        Assert.Equal("/dev/kfd", Assert.Single(inventory.Units[0].Shared).Path);
    }

    [Fact]
    public void Intel_gaudi_tenstorrent_and_tpu_are_found_by_their_classes()
    {
        using var root = new FakeRoot();
        root.Put("sys/bus/pci/d/0000:00:02.0/vendor", "0x8086").Put("sys/bus/pci/d/0000:4d:00.0/vendor", "0x8086\n").Put("sys/bus/pci/d/0000:01:00.0/vendor", "0x10de\n");
        root.Put("dev/dri/renderD128").Put("dev/dri/renderD129").Put("dev/dri/renderD130");
        root.Link("sys/class/drm/renderD128/device", $"{root.Path}/sys/bus/pci/d/0000:00:02.0").Link("sys/class/drm/renderD129/device", $"{root.Path}/sys/bus/pci/d/0000:4d:00.0")
            .Link("sys/class/drm/renderD130/device", $"{root.Path}/sys/bus/pci/d/0000:01:00.0");
        root.Put("dev/accel/accel0").Put("dev/accel/accel_controlD0").Put("sys/class/accel/accel0/device/vendor", "0x1da3\n").Put("sys/class/accel/accel0/device/module_id", "5\n");
        root.Put("dev/accel1").Put("sys/class/accel/accel1/device/vendor", "0x1ae0\n");
        root.Put("dev/tenstorrent/3").Put("sys/class/tenstorrent/tenstorrent!3/device/vendor", "0x1e52\n");
        Assert.Equal("""
            gpu: 0  /dev/dri/renderD129 numa 0 0M
            gpu:gaudi 1  /dev/accel/accel0+/dev/accel/accel_controlD0 numa 0 0M
            gpu:tenstorrent 2  /dev/tenstorrent/3 numa 0 0M
            tpu: 0  /dev/accel1 numa 0 0M
            """, Show(Take(root), root));
        Assert.Equal(5u, Take(root).Units[1].Module);
    }

    [Fact]
    public void A_tpu_that_is_passed_by_vfio_has_its_iommu_groups_node()
    {
        using var root = new FakeRoot().Put("dev/vfio/17").Put("dev/vfio/vfio").Put("sys/bus/pci/devices/0000:00:05.0/vendor", "0x1ae0\n");
        root.Link("sys/bus/pci/devices/0000:00:05.0/iommu_group", "../../../kernel/iommu_groups/17");
        Assert.Equal("tpu: 0  /dev/vfio/17 numa 0 0M", Show(Take(root), root));
    }

    [Fact]
    public void A_machine_without_accelerators_offers_none()
    {
        using var root = new FakeRoot();
        var inventory = Take(root);
        Assert.Empty(inventory.Units);
        Assert.Empty(inventory.Problems);
        Assert.Empty(Machine.Detect().Report.Gres);
    }

    [Fact]
    public void What_the_operator_says_of_a_name_is_all_that_counts_and_detection_fills_in_the_rest()
    {
        using var root = Nvidia();
        var inventory = Take(root, "/no/such/libnvidia-ml.so", $"gpu:big:{root.Path}/dev/nvidia1:cores=0-1", "licence:8");
        Assert.Equal("gpu:big 0 GPU-aaaaaaaa-0000-0000-0000-000000000000 /dev/nvidia1 numa 1 0M", Show(inventory, root));
        var report = inventory.Report(Map, [0, 0, 1, 1]).ToList();
        Assert.Equal((true, "nvidia", 0u), (report[0].Declared, report[0].Vendor, report[0].Units[0].Numa));
        Assert.Equal([0b0011], report[0].Units[0].NearCpus.ToByteArray());
        Assert.Equal(("licence", 8u, 0), (report[1].Name, report[1].Count, report[1].Units.Count));
    }

    [Theory]
    [InlineData("NVIDIA A100-SXM4-40GB", "a100"), InlineData("NVIDIA H100 80GB HBM3", "h100"), InlineData("Tesla V100-SXM2-16GB", "v100"), InlineData("NVIDIA GeForce RTX 4090", "rtx4090")]
    [InlineData("NVIDIA L40S", "l40s"), InlineData("NVIDIA RTX 6000 Ada Generation", "rtx6000"), InlineData("NVIDIA GH200 480GB", "gh200"), InlineData("", "")]
    public void Types_are_what_people_ask_for(string model, string type) =>
        Assert.Equal(type, ModelName.Short(model, DeviceTable.Default.Vendors.Single(v => v.Name == "nvidia").Words));
}
