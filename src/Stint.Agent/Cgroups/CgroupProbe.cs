using System.Runtime.InteropServices;
using System.Text;
using Stint.Agent.Cgroups.V2;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>
/// Finds out which cgroup version holds which controller on this machine. Looks only, but for a controller that must be handed
/// down from the top to be seen; <see cref="CgroupTree.Open"/> makes the groups.
/// v2 is recognised by the magic of the file system at /sys/fs/cgroup; on a hybrid host, where /sys/fs/cgroup/unified is v2 without
/// controllers, the controllers are where /proc/self/mountinfo says they are: v1.
/// </summary>
internal sealed class CgroupProbe(IGroupFiles files, string procDirectory = "/proc", string cgroupDirectory = "/sys/fs/cgroup")
{
    private const long Cgroup2Magic = 0x63677270;             // linux/magic.h: CGROUP2_SUPER_MAGIC
    private static readonly string[] UsedV1 = ["memory", "cpuset", "pids", "freezer", "cpuacct", "devices", "cpu"];
    private const string HugePageSizes = "/sys/kernel/mm/hugepages";
    private static readonly string[] UsedV2 = ["memory", "cpuset", "pids", "cpu"];

    /// <summary>What each job may read and write; without any, no step is in a group of that controller, which would only cost.</summary>
    public IReadOnlyList<DiskRate> DiskRates { get; init; } = [];

    /// <summary>What each job may hold of RDMA devices; as with disks.</summary>
    public IReadOnlyList<RdmaDevice> Rdma { get; init; } = [];

    /// <summary>The controllers of this machine are on cgroup v2.</summary>
    public bool IsV2 => Magic(cgroupDirectory) == Cgroup2Magic;

    /// <param name="root">A name ("stint"), or on v2 the absolute path of a group that was delegated to this agent.</param>
    /// <param name="node">Name of this node.</param>
    public CgroupLayout Look(string root, string node) => IsV2 ? LookV2(root, node) : LookV1(root, node);

    internal CgroupLayout LookV1(string root, string node)
    {
        if (root.Contains('/', StringComparison.Ordinal)) throw new ArgumentException($"--cgroup-root {root}: on cgroup v1 this is a name, not a path");
        var mounts = V1Mounts();
        // Where there is a pool of huge pages, each step is in a group of that controller too; elsewhere that would only cost.
        string[] used = files.Children(HugePageSizes).Any(size => files.Read($"{HugePageSizes}/{size}/nr_hugepages", out var pages) == 0 && pages != "0") ? [.. UsedV1, "hugetlb"] : UsedV1;
        // Last: a task that failed half way through joining is in another group of its step for certain.
        used = [.. used, .. OnOrder(CgroupVersion.V1).Select(static one => one.Controller)];
        var byMount = used.Where(mounts.ContainsKey).GroupBy(c => mounts[c]).Select(g => new Hierarchy(g.Key, [.. g])).ToList();
        Capability Of(string resource, string controller) => new()
        {
            Resource = resource, Available = mounts.ContainsKey(controller),
            Detail = mounts.TryGetValue(controller, out var mount) ? $"cgroup v1 {controller} at {mount}" : WhyNoController(controller),
        };
        var swap = mounts.TryGetValue("memory", out var memory) && files.Exists($"{memory}/memory.memsw.limit_in_bytes");
        return new CgroupLayout(CgroupVersion.V1, root, node, byMount,
        [
            Of("cpu", "cpuset"), Of("memory", "memory"),
            new Capability { Resource = "swap", Available = swap, Detail = swap ? $"{memory}/memory.memsw.limit_in_bytes" : "no swap accounting: memory.memsw.limit_in_bytes does not exist" },
            Of("pids", "pids"), Of("kill", "freezer"), Of("usage", "cpuacct"), Of(DeviceRows.Resource, "devices"),
            new Capability { Resource = "oom_group", Available = false, Detail = "cgroup v1 has no memory.oom.group" },
            .. OnOrder(CgroupVersion.V1).Select(one => Of(one.Resource, one.Controller)), .. Everywhere(),
        ]) { DiskRates = DiskRates, Rdma = Rdma, RdmaUnlimited = RdmaUnlimited() };
    }

    internal CgroupLayout LookV2(string root, string node)
    {
        var (parent, name) = V2Parent(root);
        // systemd hands this controller down to nobody.
        if (Rdma.Count > 0 && files.Exists($"{parent}/cgroup.type")) SubtreeControl.FromTheTop(Path.GetDirectoryName(parent)!, RdmaLimit.Resource, files);
        _ = files.Read($"{parent}/cgroup.controllers", out var text);
        var have = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Capability Of(string resource, string controller) => new()
        {
            Resource = resource, Available = have.Contains(controller),
            Detail = have.Contains(controller) ? $"cgroup v2 {controller} below {parent}" : $"controller {controller} is not in {parent}/cgroup.controllers ('{text}')",
        };
        var kill = files.Exists($"{parent}/cgroup.kill") || Environment.OSVersion.Version >= new Version(5, 14);
        return new CgroupLayout(CgroupVersion.V2, name, node, [new Hierarchy(parent, [.. UsedV2.Concat(OnOrder(CgroupVersion.V2).Select(static one => one.Controller)).Where(have.Contains)])],
        [
            Of("cpu", "cpuset"), Of("memory", "memory"), Of("swap", "memory"), Of("pids", "pids"),
            new Capability { Resource = "kill", Available = true, Detail = kill ? "cgroup.kill" : "SIGKILL in a loop: cgroup.kill needs Linux 5.14" },
            Of("usage", "cpu"), Of("oom_group", "memory"),
            new Capability { Resource = DeviceRows.Resource, Available = true, Detail = "BPF_CGROUP_DEVICE programs, queried back" },
            .. OnOrder(CgroupVersion.V2).Select(one => Of(one.Resource, one.Controller)), .. Everywhere(),
        ]) { DiskRates = DiskRates, Rdma = Rdma, RdmaUnlimited = RdmaUnlimited() };
    }

    /// <summary>Where groups may be made: the delegated path as given, else below this process's own group (cgroup-v2.rst, "Delegation").</summary>
    private (string Parent, string Name) V2Parent(string root)
    {
        if (root.StartsWith('/'))
        {
            var path = root.StartsWith(cgroupDirectory, StringComparison.Ordinal) ? root : cgroupDirectory + root;
            return (Path.GetDirectoryName(path)!, Path.GetFileName(path));
        }
        _ = files.Read($"{procDirectory}/self/cgroup", out var own);
        var group = own.Split('\n').FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?[3..].TrimEnd('/') ?? "";
        // Started by an agent that had moved there, or by what that one moved along with itself.
        if (group.EndsWith($"/{V2.AgentGroup.Leaf}", StringComparison.Ordinal)) group = group[..^(V2.AgentGroup.Leaf.Length + 1)];
        return (cgroupDirectory + group, root);
    }

    /// <summary>Controller → mount point, from proc_pid_mountinfo(5): the super options of a cgroup mount name its controllers.</summary>
    private Dictionary<string, string> V1Mounts()
    {
        var mounts = new Dictionary<string, string>(StringComparer.Ordinal);
        _ = files.Read($"{procDirectory}/self/mountinfo", out var text);
        foreach (var line in text.Split('\n'))
        {
            var halves = line.Split(" - ", 2);
            if (halves.Length < 2) continue;
            var right = halves[1].Split(' ');
            var left = halves[0].Split(' ');
            if (right.Length < 3 || left.Length < 5 || right[0] != "cgroup") continue;
            foreach (var option in right[2].Split(',')) mounts.TryAdd(option, left[4]);
        }
        return mounts;
    }

    /// <summary>/proc/cgroups: name, hierarchy, number of groups, enabled.</summary>
    private string WhyNoController(string controller)
    {
        _ = files.Read($"{procDirectory}/cgroups", out var text);
        var line = text.Split('\n').FirstOrDefault(l => l.StartsWith(controller + "\t", StringComparison.Ordinal))?.Split('\t');
        if (line is not { Length: >= 4 }) return $"this kernel has no controller {controller}";
        return line[3] == "0" ? $"controller {controller} is disabled (cgroup_disable= on the kernel's command line)" : $"controller {controller} is not mounted";
    }

    /// <summary>What only an option of the agent asks for.</summary>
    private IEnumerable<(string Resource, string Controller)> OnOrder(CgroupVersion version)
    {
        if (DiskRates.Count > 0) yield return (DiskRateLimit.Resource, DiskRateLimit.Controller(version));
        if (Rdma.Count > 0) yield return (RdmaLimit.Resource, RdmaLimit.Resource);
    }

    private List<string> RdmaUnlimited() => [.. files.Children(RdmaDevice.Folder).Where(name => !Rdma.Any(device => device.Device == name)).Order(StringComparer.Ordinal)];

    private IEnumerable<Capability> Everywhere()
    {
        var pressure = files.Exists($"{procDirectory}/pressure/memory");
        yield return new Capability { Resource = "psi", Available = pressure, Detail = pressure ? "/proc/pressure" : "no /proc/pressure: the kernel needs CONFIG_PSI and psi=1" };
        foreach (var (resource, why) in ReceiptRows.NotLimited.Where(r => r.Resource != "gpu")) yield return new Capability { Resource = resource, Available = false, Detail = why };
    }

    private static unsafe long Magic(string path)
    {
        var bytes = Encoding.UTF8.GetBytes(path + "\0");
        var status = stackalloc byte[256];
        fixed (byte* at = bytes) return Native.FileSystemStatus(at, status) == 0 ? Marshal.ReadInt64((nint)status) : 0;
    }
}
