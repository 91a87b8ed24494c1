using System.Diagnostics;
using Stint.Agent.Cgroups;
using Stint.Agent.Devices;
using Stint.Agent.Gpus;
using Stint.Agent.Hardware;
using Stint.Agent.Kernel;
using Stint.Agent.Tests.Cgroups;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Devices;

/// <summary>
/// Real device nodes made with mknod in a folder of their own, and a table of two made-up vendors over them: alpha has four units and a control node that
/// have no driver (an open that is allowed fails with ENXIO), beta has terminals, which open. Nobody but root may make them.
/// </summary>
internal sealed class DeviceLab : IDisposable
{
    private const int AlphaMajor = 195, FirstMinor = 200, ControlMinor = 190, BetaMajor = 4, FirstTerminal = 40;
    private static int s_count;
    private readonly List<CgroupTree> _trees = [];

    public DeviceLab()
    {
        Folder = $"/tmp/stint-test-devices-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        Directory.CreateDirectory(Folder);
        for (var unit = 0; unit < 4; unit++) MakeNode($"alpha{unit}", AlphaMajor, FirstMinor + unit);
        for (var unit = 0; unit < 2; unit++) MakeNode($"beta{unit}", BetaMajor, FirstTerminal + unit);
        MakeNode("alphactl", AlphaMajor, ControlMinor);
        MakeNode("betactl", AlphaMajor, ControlMinor + 1);
        File.WriteAllText($"{Folder}/probe.py", Probe);
        Table = DeviceTable.Parse(TableText.Replace("$", Folder, StringComparison.Ordinal));
        var lines = new[] { $"gpu:alpha:4:{Folder}/alpha[0-3]", $"gpu:beta:2:{Folder}/beta[0-1]" };
        Inventory = GresInventory.Take(Table, [.. lines.Select(l => GresLine.ParseShort("--gres", l))], detects: false, new CpuCores([[0], [1]]));
        Devices = new NodeDevices(Inventory, Table, [], CdiSpecs.None);
    }

    public string Folder { get; }
    public DeviceTable Table { get; }
    public GresInventory Inventory { get; }
    public NodeDevices Devices { get; }

    /// <summary>Prints for each path, or "mknod:TYPE:MAJOR:MINOR", the errno's name or "ok".</summary>
    private const string Probe = """
        import errno, os, stat, sys, tempfile
        def attempt(what):
            try:
                if what.startswith('mknod:'):
                    kind, major, minor = what.split(':')[1:]
                    path = os.path.join(tempfile.mkdtemp(prefix='stint-test-'), 'node')
                    try:
                        os.mknod(path, 0o666 | (stat.S_IFCHR if kind == 'c' else stat.S_IFBLK), os.makedev(int(major), int(minor)))
                        os.unlink(path)
                    finally: os.rmdir(os.path.dirname(path))
                else: os.close(os.open(what, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
                return 'ok'
            except OSError as e: return errno.errorcode[e.errno]
        print(' '.join(attempt(a) for a in sys.argv[1:]), flush=True)
        """;

    private const string TableText = """
        { "standard": [
            { "name": "null", "rule": "c 1:3 rw" }, { "name": "zero", "rule": "c 1:5 rw" }, { "name": "urandom", "rule": "c 1:9 rw" },
            { "name": "tty", "rule": "c 5:0 rw" }, { "name": "ptmx", "rule": "c 5:2 rw" }, { "name": "pts", "rule": "c 136:* rw" } ],
          "groups": [], "flags": [],
          "vendors": [
            { "name": "alpha", "kind": "none", "gres": "gpu", "pci": "", "unit": ["$/alpha{minor}"], "shared": [{ "path": "$/alphactl" }], "environment": [{ "name": "CUDA_VISIBLE_DEVICES", "value": "uuid" }] },
            { "name": "beta", "kind": "none", "gres": "gpu", "pci": "", "unit": ["$/beta{minor}"], "shared": [{ "path": "$/betactl" }] } ] }
        """;

    public string Node(string name) => $"{Folder}/{name}";

    public string All => string.Join(' ', new[] { "alpha0", "alpha1", "alpha2", "alpha3", "alphactl", "beta0", "beta1", "betactl" }.Select(Node));

    public void MakeNode(string name, int major, int minor)
    {
        using var mknod = Process.Start("mknod", ["-m", "666", $"{Folder}/{name}", "c", $"{major}", $"{minor}"]);
        mknod.WaitForExit();
        Assert.Equal(0, mknod.ExitCode);
    }

    /// <summary>On v1 where this machine has its controllers; on v2 in the hierarchy without controllers that a hybrid host has: device programs need none.</summary>
    public CgroupTree Tree(CgroupVersion version, IDeviceAllowances? devices = null, IGroupFiles? files = null, string? root = null)
    {
        root ??= $"{Path.GetFileName(Folder)}-{(int)version}";
        var probe = version == CgroupVersion.V1 ? new CgroupProbe(KernelFiles.Instance) : new CgroupProbe(KernelFiles.Instance, "/proc", TestTree.Unified);
        var layout = version == CgroupVersion.V1 ? probe.LookV1(root, "n1") : probe.LookV2(root, "n1");
        var tree = CgroupOpening.Open(layout, TestTree.HostMap(), 0, files ?? KernelFiles.Instance, TimeProvider.System, devices: devices ?? Devices);
        _trees.Add(tree);
        return tree;
    }

    public static Limits Grant(params uint[] indices) => new() { Gres = { Of("gpu", indices) }, GresRequested = $"gpu:{indices.Length}" };

    public static GresGrant[] Of(string name, params uint[] indices)
    {
        if (indices.Length == 0) return [];
        var grant = new GresGrant { Name = name, Count = (ulong)indices.Length };
        grant.Indices.AddRange(indices);
        return [grant];
    }

    /// <summary>What a process of this group gets for each of the attempts, by way of <paramref name="through"/> (a command that runs another).</summary>
    public async Task<string> ProbeAsync(StepGroup group, string attempts, string through = "")
    {
        using var payload = new Payload(group, $"{through} /usr/bin/python3 {Folder}/probe.py {attempts}");
        var line = payload.Line();
        Assert.Equal((line, 0), (line, await payload.ExitAsync()));
        return line;
    }

    public void Dispose()
    {
        foreach (var tree in _trees)
        {
            tree.RemoveStrays([]);
            tree.RemoveRoot();
            tree.Dispose();
        }
        Directory.Delete(Folder, recursive: true);
        foreach (var mount in Directory.EnumerateDirectories("/sys/fs/cgroup")) Assert.Empty(Directory.EnumerateDirectories(mount, Path.GetFileName(Folder) + "-*"));
    }
}
