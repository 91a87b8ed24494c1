using Google.Protobuf;
using Stint.Agent.Hardware;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups.V2;

/// <summary>
/// Counters of a v2 group. In memory.events.local (Linux 5.2) the group whose <c>oom</c> rose is at fault, the one whose <c>oom_kill</c> rose
/// lost a process; memory.events is hierarchical and would mislead. memory.peak is from Linux 5.19: before it, the usage now has to do.
/// </summary>
internal sealed class UsageV2(Counters counters)
{
    public Measured Measure(GroupPath path)
    {
        var measured = new Measured
        {
            PeakMemoryBytes = Peak(path.Step) ?? Peak(path.Job) ?? 0,
            MemoryLimitBytes = Limit(path.Step) ?? Limit(path.Job) ?? 0,
            CpuUserUs = counters.Keyed("cpu", path.Step, "cpu.stat", "user_usec"),
            CpuSystemUs = counters.Keyed("cpu", path.Step, "cpu.stat", "system_usec"),
            // Of the whole step: also of groups that it made below its own, and of those that it removed again.
            OomKills = counters.Keyed("memory", path.Step, "memory.events", "oom_kill"),
        };
        PidsUsage.Measure(counters, path, measured);
        if (measured.OomKills > 0) Attribute(measured, path);
        return measured;
    }

    private void Attribute(Measured measured, GroupPath path)
    {
        measured.OomLevel = "node";
        foreach (var (level, group) in (IEnumerable<(string, string)>)[.. counters.Below("memory", path.Step).Select(static g => ("step", g)), ("step", path.Step), ("job", path.Job), ("user", path.User)])
        {
            if (counters.Keyed("memory", group, "memory.events.local", "oom") == 0) continue;
            (measured.OomLevel, measured.OomGroup) = (level, group);
            measured.MemoryLimitBytes = Limit(group) ?? measured.MemoryLimitBytes;
            measured.PeakMemoryBytes = Peak(group) ?? measured.PeakMemoryBytes;
            return;
        }
    }

    private ulong? Peak(string group) => counters.Number("memory", group, "memory.peak") ?? counters.Number("memory", group, "memory.current");

    public Limits Limits(string group, CpuMap map) => new()
    {
        MemoryBytes = Limit(group) ?? 0,
        SwapBytes = counters.Number("memory", group, "memory.swap.max") ?? 0,
        PidsMax = counters.Number("pids", group, "pids.max") ?? 0,
        Cpus = ByteString.CopyFrom(map.Bitmap(counters.Cpus(group, "cpuset.cpus"))),
    };

    private ulong? Limit(string group) => counters.Number("memory", group, "memory.max");
}
