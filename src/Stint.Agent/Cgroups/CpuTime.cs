using System.Globalization;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>
/// CPU time of a job or step within its cpus: a quota for requests of fractions (cpu.max, cpu.cfs_quota_us) and a weight (cpu.weight, cpu.shares)
/// where they are configured. Neither is written otherwise: each level of the cpu controller costs at every context switch.
/// </summary>
internal sealed class CpuTime(CgroupLayout layout, LimitFile limit, IGroupFiles files)
{
    private const ulong PeriodUs = 100_000;
    private const uint WeightMax = 10_000;
    private bool IsV1 => layout.Version == CgroupVersion.V1;

    /// <summary>Throws <see cref="CgroupException"/>.</summary>
    public void Write(string group, Limits limits, Receipt receipt)
    {
        if (limits is { CpuMilli: 0, CpuWeight: 0 }) return;
        if (!IsV1) HandDown(group);
        if (limits.CpuMilli > 0) Quota(group, limits, receipt);
        if (limits.CpuWeight > 0) Weight(group, limits, receipt);
    }

    private void Quota(string group, Limits limits, Receipt receipt)
    {
        var quota = Number(Math.Max(1_000, limits.CpuMilli * PeriodUs / 1000));
        var allocated = (limits.CpuMilli / 1000.0).ToString("0.###", CultureInfo.InvariantCulture);
        if (Missing.IsTolerated(layout, "cpu", limits.CpuMilliRequested, allocated, receipt)) return;
        if (IsV1) limit.Write(File(group, "cpu.cfs_period_us"), Number(PeriodUs));
        var (file, value) = IsV1 ? (File(group, "cpu.cfs_quota_us"), quota) : (File(group, "cpu.max"), $"{quota} {Number(PeriodUs)}");
        receipt.Rows.Add(limit.Enforce("cpu quota", limits.CpuMilliRequested, allocated, file, value));
    }

    private void Weight(string group, Limits limits, Receipt receipt)
    {
        var weight = Math.Clamp(limits.CpuWeight, 1, WeightMax);
        // Shares and weights have one scale: 1024 is 100 (cgroup-v2.rst, "Weights").
        var (file, value) = IsV1 ? (File(group, "cpu.shares"), Number(Math.Max(2, weight * 1024 / 100))) : (File(group, "cpu.weight"), Number(weight));
        receipt.Rows.Add(limit.Enforce("cpu weight", "", Number(weight), file, value));
    }

    private string File(string group, string name) =>
        layout.File("cpu", group, name) is { } file && files.Exists(file) ? file
            : throw new CgroupException($"cannot limit cpu time on this node: {layout.File("cpu", group, name) ?? "controller cpu is not there"}: {Errno.Describe(Errno.NoEntry)}", group, Errno.NoEntry);

    /// <summary>From the root of the tree to the level above the group.</summary>
    private void HandDown(string group)
    {
        var mount = layout.Hierarchies[0].Mount;
        if (files.Exists($"{mount}/{group}/cpu.max")) return;
        var level = mount;
        foreach (var next in group.Split('/'))
        {
            var file = $"{level}/cgroup.subtree_control";
            var errno = files.Write(file, "+cpu");
            if (errno != 0) throw new CgroupException($"cannot write +cpu to {file}: {Errno.Describe(errno)}", file, errno);
            level = $"{level}/{next}";
        }
    }

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
