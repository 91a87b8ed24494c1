using Google.Protobuf;
using Stint.Agent.Cgroups;
using Stint.Agent.Devices;
using Stint.Agent.Hardware;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Cgroups;

/// <summary>A tree on this machine's real kernel, below a root of its own that is gone afterwards. Needs root. The same tests
/// run on cgroup v1 and, in the guest of the vm tier, on v2.</summary>
internal sealed class TestTree : IDisposable
{
    private static int s_count;

    public TestTree(IGroupFiles? files = null, CpuMap? map = null, ulong machineMemoryBytes = 0, IDeviceAllowances? devices = null, IReadOnlyList<DiskRate>? diskRates = null, IReadOnlyList<RdmaDevice>? rdma = null)
    {
        Files = files ?? KernelFiles.Instance;
        Root = $"stint-test-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        Map = map ?? HostMap();
        Layout = new CgroupProbe(Files) { DiskRates = diskRates ?? [], Rdma = rdma ?? [] }.Look(Root, "n1");
        Tree = CgroupOpening.Open(Layout, Map, machineMemoryBytes, Files, TimeProvider.System, devices: devices);
    }

    /// <summary>This host has no v1 controllers.</summary>
    public static bool IsV2 { get; } = !Directory.Exists("/sys/fs/cgroup/memory");

    /// <summary>The v2 hierarchy, with controllers or without.</summary>
    public static string Unified => IsV2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified";

    /// <summary>What a limit's file is called on this kernel, from its name on v1.</summary>
    public static string Here(string name) => !IsV2 ? name : name switch { "memory.limit_in_bytes" => "memory.max", "memory.memsw.limit_in_bytes" => "memory.swap.max", _ => name };

    public static CpuMap HostMap() =>
        new(CpuList.Parse(System.IO.File.ReadAllText(IsV2 ? "/sys/fs/cgroup/cpuset.cpus.effective" : "/sys/fs/cgroup/cpuset/cpuset.cpus").Trim()), 2);

    public string Root { get; }
    public IGroupFiles Files { get; }
    public CpuMap Map { get; }
    public CgroupLayout Layout { get; }
    public CgroupTree Tree { get; }

    public const uint Uid = 4242;

    public static StepKey Key(uint job, uint step = 0) => new() { JobId = job, StepId = step, Attempt = 1 };

    public static Limits Limits(ulong memoryBytes = 64 << 20, ulong pids = 64, params int[] cpus)
    {
        var bitmap = new byte[16];
        foreach (var cpu in cpus.Length == 0 ? [0] : cpus) bitmap[cpu / 8] |= (byte)(1 << (cpu % 8));
        return new Limits
        {
            MemoryBytes = memoryBytes, MemoryRequested = "--mem=64M", PidsMax = pids, PidsRequested = "default",
            Cpus = ByteString.CopyFrom(bitmap), CpusRequested = "-c 1",
        };
    }

    public string File(string controller, StepGroup group, string file, bool job = true) =>
        Layout.File(controller, job ? Path.GetDirectoryName(group.Path)! : group.Path, file)!;

    public string Read(string file) => System.IO.File.ReadAllText(file).Trim();

    /// <summary>Every directory below this tree's root, in all hierarchies.</summary>
    public IReadOnlyList<string> Left() =>
        [.. Layout.Hierarchies.Select(h => $"{h.Mount}/{Root}").Where(Directory.Exists).SelectMany(d => Directory.EnumerateDirectories(d, "*", SearchOption.AllDirectories))];

    public void Dispose()
    {
        Tree.RemoveStrays([]);
        Tree.RemoveRoot();
        Tree.Dispose();
        Assert.DoesNotContain(Layout.Hierarchies, h => Directory.Exists($"{h.Mount}/{Root}"));
    }
}
