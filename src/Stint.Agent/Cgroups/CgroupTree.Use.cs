using System.Globalization;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

internal sealed partial class CgroupTree
{
    public StepUsage? Use(StepKey key, uint uid)
    {
        var path = PathOf(key, uid);
        if (!Exists(path.Step)) return null;
        var measured = _version.Measure(path);
        var pids = _processes.Of(_removal.Subtree(path.Step));
        var used = new StepUsage
        {
            Key = key, AtMs = _time.GetUtcNow().ToUnixTimeMilliseconds(), MemoryBytes = MemoryNow(path), PeakMemoryBytes = measured.PeakMemoryBytes,
            MemoryLimitBytes = measured.MemoryLimitBytes, CpuUserUs = measured.CpuUserUs, CpuSystemUs = measured.CpuSystemUs, Processes = (uint)pids.Count,
            PidsPeak = measured.PidsPeak, PidsLimitHits = measured.PidsLimitHits, OomKills = measured.OomKills,
        };
        foreach (var pid in pids) AddProcess(used, pid);
        if (_layout.Version == CgroupVersion.V2)
            foreach (var (scope, group) in new[] { ("job", path.Job), ("user", path.User) }) PressureFiles.AddGroup(used.Pressure, scope, $"{_layout.Hierarchies[0].Mount}/{group}", _files);
        return used;
    }

    private ulong MemoryNow(GroupPath path) =>
        _layout.File("memory", path.Step, _layout.Version == CgroupVersion.V1 ? "memory.usage_in_bytes" : "memory.current") is { } file && _files.Read(file, out var text) == 0
        && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : 0;

    private void AddProcess(StepUsage used, int pid)
    {
        if (_files.Read($"/proc/{pid}/status", out var status) != 0) return;
        var (rss, size) = (Field(status, "VmHWM:") << 10, Field(status, "VmPeak:") << 10);
        if (rss > used.MaxRssBytes) (used.MaxRssBytes, used.MaxRssPid, used.MaxRssCommand) = (rss, (uint)pid, Text(status, "Name:"));
        used.VirtualBytes = Math.Max(used.VirtualBytes, size);
        if (_files.Read($"/proc/{pid}/io", out var io) != 0) return;
        used.ReadBytes += Field(io, "read_bytes:");
        used.WriteBytes += Field(io, "write_bytes:");
    }

    private static ulong Field(string text, string name) =>
        ulong.TryParse(Text(text, name).Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static string Text(string text, string name)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
            if (line.StartsWith(name, StringComparison.Ordinal)) return line[name.Length..].Trim().ToString();
        return "";
    }
}
