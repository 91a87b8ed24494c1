using System.Globalization;
using Stint.Agent.Cgroups;
using Stint.Agent.Kernel;

namespace Stint.Agent.Gpus;

/// <summary>Small files of /sys and /proc, below a root that tests put in the place of /.</summary>
internal sealed class SysFiles(string root)
{
    public string Root => root;

    /// <summary>Trimmed; empty when it cannot be read.</summary>
    public string Text(string path) => KernelFiles.Instance.Read(root + path, out var text) == 0 ? text.Trim() : "";

    public uint? Number(string path) => uint.TryParse(Text(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Names in a folder, in the order of the numbers in them.</summary>
    public IReadOnlyList<string> Names(string folder)
    {
        if (!Directory.Exists(root + folder)) return [];
        var names = Directory.EnumerateFileSystemEntries(root + folder).Select(Path.GetFileName).OfType<string>();
        return [.. names.Order(Comparer<string>.Create(Stint.Protocol.Slurm.Hostlist.Compare))];
    }

    /// <summary>The last part of what a symbolic link points to; empty when it is none.</summary>
    public string LinkName(string path)
    {
        try { return Path.GetFileName(new FileInfo(root + path).LinkTarget ?? ""); }
        catch (IOException) { return ""; }
    }

    /// <summary>NUMA node of a PCI device; -1 in /sys means that the platform does not say.</summary>
    public uint Numa(string device) => Number($"{device}/numa_node") ?? 0;

    /// <summary>Null when /sys does not say, or says all.</summary>
    public IReadOnlyList<int>? NearCpus(string device)
    {
        try { return Text($"{device}/local_cpulist") is { Length: > 0 } list ? CpuList.Parse(list) : null; }
        catch (FormatException) { return null; }
    }

    /// <summary>Major number of a driver, from /proc/devices; null when it is not loaded.</summary>
    public uint? Major(string driver)
    {
        foreach (var line in Text("/proc/devices").Split('\n'))
        {
            if (line.Trim().Split(' ', 2) is [var number, var name] && name == driver && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var major)) return major;
        }
        return null;
    }
}
