using System.Globalization;
using Stint.Agent.Kernel;

namespace Stint.Agent.Hardware;

/// <summary>MemTotal, or less when the agent itself is in a group with a lower limit (a container). Sizes in bytes.</summary>
internal static class MemorySize
{
    public static ulong Read(string root = "")
    {
        var total = Field(root, "MemTotal:");
        return Math.Min(total, OwnLimit(root) ?? total);
    }

    /// <summary>MemAvailable: what could be given to processes without swapping.</summary>
    public static ulong Free(string root = "") => Field(root, "MemAvailable:");

    private static ulong Field(string root, string name)
    {
        if (KernelFiles.Instance.Read($"{root}/proc/meminfo", out var text) != 0) return 0;
        foreach (var line in text.Split('\n'))
        {
            if (!line.StartsWith(name, StringComparison.Ordinal)) continue;
            var number = line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
            return ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes) ? kibibytes * 1024 : 0;
        }
        return 0;
    }

    private static ulong? OwnLimit(string root)
    {
        if (KernelFiles.Instance.Read($"{root}/proc/self/cgroup", out var text) != 0) return null;
        foreach (var line in text.Split('\n'))
        {
            var parts = line.Split(':', 3);
            if (parts.Length < 3) continue;
            var file = parts[1].Length == 0 ? $"{root}/sys/fs/cgroup{parts[2]}/memory.max"
                : parts[1].Split(',').Contains("memory") ? $"{root}/sys/fs/cgroup/memory{parts[2]}/memory.limit_in_bytes" : null;
            if (file is null || KernelFiles.Instance.Read(file, out var limit) != 0) continue;
            if (ulong.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)) return bytes;
        }
        return null;
    }
}
