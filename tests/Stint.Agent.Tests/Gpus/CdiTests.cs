using Stint.Agent.Devices;
using Stint.Agent.Gpus;

namespace Stint.Agent.Tests.Gpus;

public sealed class CdiTests
{
    private const string Yaml = """
        cdiVersion: 0.6.0
        kind: nvidia.com/gpu
        containerEdits:
          deviceNodes: [{ path: /dev/nvidiactl }]
        devices:
        - name: "0"
          containerEdits:
            deviceNodes: [{ path: /dev/nvidia0 }, { path: /dev/dri/card1 }, { path: /dev/dri/renderD128, hostPath: /dev/dri/renderD200 }, { path: /dev/common }]
        - name: GPU-0
          containerEdits:
            deviceNodes: [{ path: /dev/nvidia0 }, { path: /dev/dri/card1 }, { path: /dev/dri/renderD128, hostPath: /dev/dri/renderD200 }, { path: /dev/common }]
        - name: "1"
          containerEdits:
            deviceNodes: [{ path: /dev/nvidia1 }, { path: /dev/dri/card2 }, { path: /dev/common }]
        - name: all
          containerEdits:
            deviceNodes: [{ path: /dev/nvidia0 }, { path: /dev/nvidia1 }, { path: /dev/dri/card1 }, { path: /dev/dri/card2 }]
        """;

    private static DeviceUnit Unit(FakeRoot root, int number, string uuid) => new("gpu", "a100", "nvidia", (uint)number) { Uuid = uuid, Files = [$"{root.Path}/dev/nvidia{number}"] };

    [Fact]
    public void A_unit_gets_the_nodes_that_its_specification_names_and_none_that_another_device_has_too()
    {
        using var root = new FakeRoot().Put("etc/cdi/nvidia.yaml", Yaml).Put("var/run/cdi/x.json", """{ "cdiVersion": "0.6.0", "devices": [{ "name": "1", "containerEdits": { "deviceNodes": [{ "path": "/dev/nvidia1" }, { "path": "/dev/extra1" }] } }] }""");
        var problems = new List<string>();
        var specs = CdiSpecs.Read(problems, root.Path);
        Assert.Empty(problems);
        Assert.Equal(["/dev/dri/card1", "/dev/dri/renderD200"], specs.Nodes(Unit(root, 0, "GPU-0")).Select(p => p[root.Path.Length..]));
        Assert.Equal(["/dev/dri/card2", "/dev/extra1"], specs.Nodes(Unit(root, 1, "GPU-1")).Select(p => p[root.Path.Length..]));
        Assert.Empty(specs.Nodes(Unit(root, 2, "GPU-2")));
    }

    [Fact]
    public void A_specification_that_cannot_be_read_is_told_and_the_others_count()
    {
        using var root = new FakeRoot().Put("etc/cdi/a.yaml", "devices: [").Put("etc/cdi/b.yaml", Yaml).Put("etc/cdi/readme.txt", "devices: [");
        var problems = new List<string>();
        Assert.NotEmpty(CdiSpecs.Read(problems, root.Path).Nodes(Unit(root, 0, "GPU-0")));
        Assert.StartsWith($"{root.Path}/etc/cdi/a.yaml: ", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_vendor_of_the_table_has_nodes_and_variables_and_no_job_gets_the_mig_configuration()
    {
        var table = DeviceTable.Default;
        Assert.Equal(["nvidia", "amd", "intel", "gaudi", "tenstorrent", "google", "google-vfio"], table.Vendors.Select(v => v.Name));
        Assert.All(table.Vendors, v => Assert.True(v.Unit.Count > 0 && v.Environment.Count > 0 && v.Unit.All(u => u.StartsWith("/dev/", StringComparison.Ordinal))));
        Assert.Equal(["CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ZE_AFFINITY_MASK", "GPU_DEVICE_ORDINAL"], table.Flags.SelectMany(f => f.Environment).Select(e => e.Name));
        Assert.Equal("nvidia", table.VendorOf("/dev/nvidia12")?.Name);
        Assert.Null(table.VendorOf("/dev/nvidiactl"));
        Assert.Equal(["c 1:3 rw", "c 1:5 rw", "c 1:7 rw", "c 1:8 rw", "c 1:9 rw", "c 5:0 rw", "c 5:2 rw", "c 136:* rw"], table.Standard.Select(s => s.Rule));
        Assert.Throws<FormatException>(() => table.Paths("gpu").Count());
    }
}
