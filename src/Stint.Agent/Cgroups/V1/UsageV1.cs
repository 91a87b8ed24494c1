using Google.Protobuf;
using Stint.Agent.Hardware;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups.V1;

/// <summary>
/// Counters of a v1 group. oom_kill counts in the victim's own group only and failcnt can stay 0 (seen on Linux 6.18), so the level at
/// fault is the innermost one whose highest usage reached its limit; when none did, the machine itself ran out.
/// </summary>
internal sealed class UsageV1(Counters counters)
{
    /// <summary>The kernel charges in batches of up to 64 pages: a limit that was hit can be missed by that much (MEMCG_CHARGE_BATCH).</summary>
    private static readonly ulong Slack = 64UL * (ulong)Environment.SystemPageSize;
    private const ulong Unlimited = 1UL << 60;

    public Measured Measure(GroupPath path)
    {
        var below = counters.Below("memory", path.Step);
        var measured = new Measured
        {
            PeakMemoryBytes = counters.Number("memory", path.Step, "memory.max_usage_in_bytes") ?? 0,
            MemoryLimitBytes = Limit(path.Step) ?? Limit(path.Job) ?? 0,
            CpuUserUs = (counters.Number("cpuacct", path.Step, "cpuacct.usage_user") ?? 0) / 1000,
            CpuSystemUs = (counters.Number("cpuacct", path.Step, "cpuacct.usage_sys") ?? 0) / 1000,
            OomKills = counters.Keyed("memory", path.Step, "memory.oom_control", "oom_kill"),
        };
        foreach (var group in below) measured.OomKills += counters.Keyed("memory", group, "memory.oom_control", "oom_kill");
        PidsUsage.Measure(counters, path, measured);
        if (measured.OomKills > 0) Attribute(measured, path, below);
        return measured;
    }

    private void Attribute(Measured measured, GroupPath path, IReadOnlyList<string> below)
    {
        measured.OomLevel = "node";
        foreach (var (level, group) in (IEnumerable<(string, string)>)[.. below.Select(static g => ("step", g)), ("step", path.Step), ("job", path.Job), ("user", path.User)])
        {
            if (Limit(group) is not { } limit) continue;
            var peak = counters.Number("memory", group, "memory.max_usage_in_bytes") ?? 0;
            if (peak + Math.Min(Slack, limit / 16) < limit) continue;
            (measured.OomLevel, measured.OomGroup) = (level, group);
            (measured.MemoryLimitBytes, measured.PeakMemoryBytes) = (limit, peak);
            return;
        }
    }

    public Limits Limits(string group, CpuMap map)
    {
        var memory = Limit(group) ?? 0;
        return new Limits
        {
            MemoryBytes = memory,
            SwapBytes = (counters.Number("memory", group, "memory.memsw.limit_in_bytes") ?? memory) is var both && both < Unlimited ? both - memory : 0,
            PidsMax = counters.Number("pids", group, "pids.max") ?? 0,
            Cpus = ByteString.CopyFrom(map.Bitmap(counters.Cpus(group, "cpuset.cpus"))),
        };
    }

    private ulong? Limit(string group) => counters.Number("memory", group, "memory.limit_in_bytes") is { } limit && limit < Unlimited ? limit : null;
}
