using System.Globalization;
using Stint.Agent.Cgroups;
using Stint.Agent.Kernel;

namespace Stint.Agent.Hardware;

/// <summary>One NUMA node of this machine: the kernel's cpus and how much memory there is.</summary>
internal sealed record NumaNode(int Id, IReadOnlyList<int> Cpus, ulong MemoryBytes);

/// <summary>The NUMA nodes of this machine, and which of them a job's memory may be held to.</summary>
internal sealed record NumaMap(IReadOnlyList<NumaNode> Nodes)
{
    public static readonly NumaMap One = new([]);

    public bool IsOne => Nodes.Count < 2;
    public IReadOnlyList<int> All => [.. Nodes.Select(n => n.Id)];

    public static NumaMap Read(string root = "")
    {
        var folder = $"{root}/sys/devices/system/node";
        if (!Directory.Exists(folder)) return One;
        var nodes = new List<NumaNode>();
        foreach (var path in Directory.EnumerateDirectories(folder, "node*"))
        {
            if (!int.TryParse(Path.GetFileName(path).AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            var bytes = Memory(path);
            // A node without memory is no place for any.
            if (bytes > 0) nodes.Add(new NumaNode(id, KernelFiles.Instance.Read($"{path}/cpulist", out var list) == 0 ? CpuList.Parse(list.Trim()) : [], bytes));
        }
        return new NumaMap([.. nodes.OrderBy(n => n.Id)]);
    }

    /// <summary>
    /// The nodes of these cpus, when the limit is no more than these cpus' part of the memory there: then jobs that are all held so can never be short of
    /// memory on a node while there is some elsewhere. Otherwise all nodes: the kernel prefers the near one by itself. Ascending.
    /// </summary>
    public IReadOnlyList<int> For(IReadOnlyCollection<int> kernelCpus, ulong limitBytes)
    {
        if (IsOne || kernelCpus.Count == 0 || limitBytes == 0) return All;
        var (near, part) = (new List<int>(), 0UL);
        foreach (var node in Nodes)
        {
            var mine = node.Cpus.Count(kernelCpus.Contains);
            if (mine == 0) continue;
            near.Add(node.Id);
            part += (ulong)((UInt128)node.MemoryBytes * (ulong)mine / (ulong)node.Cpus.Count);
        }
        return near.Count > 0 && limitBytes <= part ? near : All;
    }

    private static ulong Memory(string node)
    {
        if (KernelFiles.Instance.Read($"{node}/meminfo", out var text) != 0) return 0;
        var at = text.IndexOf("MemTotal:", StringComparison.Ordinal);
        if (at < 0) return 0;
        var words = text[(at + 9)..].Split([' ', '\n'], 2, StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 0 && ulong.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes) ? kibibytes * 1024 : 0;
    }
}
