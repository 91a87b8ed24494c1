using Google.Protobuf;
using Stint.Agent.Cgroups;
using Stint.Agent.Devices;
using Stint.Agent.Hardware;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Cgroups;

/// <summary>A tree on this machine's real kernel, below a root of its own that is gone afterwards. Needs root and cgroup v1.</summary>
internal sealed class TestTree : IDisposable
{
    private static int s_count;

    public TestTree(IGroupFiles? files = null, CpuMap? map = null, ulong machineMemoryBytes = 0, IDeviceAllowances? devices = null)
    {
        Files = files ?? KernelFiles.Instance;
        Root = $"stint-test-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        Map = map ?? new CpuMap(CpuList.Parse(System.IO.File.ReadAllText("/sys/fs/cgroup/cpuset/cpuset.cpus").Trim()), 2);
        Layout = new CgroupProbe(KernelFiles.Instance).LookV1(Root, "n1");
        Tree = CgroupOpening.Open(Layout, Map, machineMemoryBytes, Files, TimeProvider.System, devices: devices);
    }

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
