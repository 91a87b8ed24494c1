using System.Globalization;
using Stint.Agent.Devices;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Gpus;

/// <summary>
/// Who has a job's devices open when the job's groups are gone: something that the job had others start (a container engine, a session). A filter
/// acts at open and cannot take a descriptor back, so the next job would share the device. Looked for before the device is given away again.
/// System daemons (uid below 1000, as nvidia-persistenced) hold devices for good reason; processes of a group of Stint's hold what they were granted.
/// </summary>
internal static class DeviceHolders
{
    private const uint FirstUserUid = 1000;

    /// <summary>One sentence with device, pid, command and user; null when nobody holds any of these units.</summary>
    public static string? Describe(LaunchSpec spec, IReadOnlyList<DeviceUnit> units)
    {
        var nodes = new Dictionary<(char, uint, uint?), (DeviceUnit Unit, string File)>();
        foreach (var unit in units) foreach (var file in unit.Files) if (DeviceNode.Look(file, out var rule) == 0) nodes[rule.Key] = (unit, file);
        if (nodes.Count == 0) return null;
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (!uint.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)) continue;
            if (Uid(process) is not { } uid || (uid < FirstUserUid && (uid != spec.Uid || uid == 0)) || IsStints(process)) continue;
            if (Held(process, nodes) is not { } held) continue;
            _ = KernelFiles.Instance.Read($"{process}/comm", out var command);
            return $"{held.Unit.Name} {held.Unit.Index} ({held.File}) is still open in process {pid} ({command.Trim()}) of uid {uid} after job {spec.Key.JobId} ended";
        }
        return null;
    }

    private static (DeviceUnit Unit, string File)? Held(string process, Dictionary<(char, uint, uint?), (DeviceUnit Unit, string File)> nodes)
    {
        try
        {
            foreach (var descriptor in Directory.EnumerateFileSystemEntries($"{process}/fd"))
            {
                // Only paths can be nodes: "socket:[1]" and its like are not.
                if (new FileInfo(descriptor).LinkTarget is not { } target || !target.StartsWith('/')) continue;
                if (DeviceNode.Look(descriptor, out var rule) == 0 && nodes.TryGetValue(rule.Key, out var held)) return held;
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException) { /* the process ended meanwhile: it holds nothing */ }
        return null;
    }

    private static uint? Uid(string process)
    {
        if (KernelFiles.Instance.Read($"{process}/status", out var status) != 0) return null;
        var at = status.IndexOf("\nUid:", StringComparison.Ordinal);
        if (at < 0) return null;
        var fields = status[(at + 5)..].Split(['\t', ' '], 2, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 0 && uint.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var uid) ? uid : null;
    }

    /// <summary>In a group …/u&lt;uid&gt;/j&lt;job&gt;/s&lt;step&gt;: it has a filter of its own.</summary>
    private static bool IsStints(string process)
    {
        if (KernelFiles.Instance.Read($"{process}/cgroup", out var groups) != 0) return true;
        foreach (var line in groups.Split('\n'))
        {
            if (line.Split('/') is [.., ['u', _, ..], ['j', _, ..], ['s', _, ..]]) return true;
        }
        return false;
    }
}
