using System.Globalization;
using Stint.Agent.Kernel;

namespace Stint.Agent.Cgroups;

/// <summary>Numbers out of kernel files. A counter that cannot be read is 0: measuring never fails a step that ran.</summary>
internal sealed class Counters(CgroupLayout layout, IGroupFiles files)
{
    /// <summary>A file that holds one number; null when it is missing or says "max".</summary>
    public ulong? Number(string controller, string group, string file) =>
        layout.File(controller, group, file) is { } path && files.Read(path, out var text) == 0
        && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Groups that a step with the rights to (root's, a container engine's) made below this one, at any depth; they may be gone by now.</summary>
    public IReadOnlyList<string> Below(string controller, string group)
    {
        if (layout.Of(controller) is not { } hierarchy) return [];
        List<string>? found = null;
        for (var at = -1; at < (found?.Count ?? 0); at++)
        {
            var parent = at < 0 ? group : found![at];
            foreach (var child in files.Children($"{hierarchy.Mount}/{parent}")) (found ??= []).Add($"{parent}/{child}");
        }
        return found ?? [];
    }

    public int[] Cpus(string group, string file) =>
        layout.File("cpuset", group, file) is { } path && files.Read(path, out var text) == 0 ? CpuList.Parse(text) : [];

    /// <summary>A line "key number" of a flat keyed file.</summary>
    public ulong Keyed(string controller, string group, string file, string key)
    {
        if (layout.File(controller, group, file) is not { } path || files.Read(path, out var text) != 0) return 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.Length > key.Length && line[key.Length] == ' ' && line.StartsWith(key, StringComparison.Ordinal)
                && ulong.TryParse(line[(key.Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return number;
        }
        return 0;
    }
}
