using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>pids.max, the same on v1 and v2. Counts threads, not processes.</summary>
internal sealed class PidsLimit(CgroupLayout layout, LimitFile limit)
{
    public void Write(string group, Limits limits, Receipt receipt)
    {
        if (limits.PidsMax == 0)
        {
            receipt.Rows.Add(ReceiptRows.NotEnforced("pids", limits.PidsRequested, "unlimited", "no limit was asked for"));
            return;
        }
        var value = limits.PidsMax.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (Missing.IsTolerated(layout, "pids", limits.PidsRequested, value, receipt)) return;
        var file = layout.File("pids", group, "pids.max") ?? throw Missing.Controller(layout, "pids");
        receipt.Rows.Add(limit.Enforce("pids", limits.PidsRequested, value, file, value));
    }
}

/// <summary>pids.peak and pids.events, the same on v1 and v2.</summary>
internal static class PidsUsage
{
    public static void Measure(Counters counters, GroupPath path, Measured measured)
    {
        // A fork that is refused further up is counted in the step's peak all the same (kernel/cgroup/pids.c): it did not happen.
        var limit = counters.Number("pids", path.Job, "pids.max") ?? ulong.MaxValue;
        measured.PidsPeak = Math.Min(counters.Number("pids", path.Step, "pids.peak") ?? 0, limit);
        // Linux 6.1 counts a refused fork on the forking child's group, later ones on the group whose limit it was: read both.
        measured.PidsLimitHits = Math.Max(counters.Keyed("pids", path.Step, "pids.events", "max"), counters.Keyed("pids", path.Job, "pids.events", "max"));
    }
}

/// <summary>A limit that has no controller here is not left out: the step does not start, unless an operator said that best effort will do.</summary>
internal static class Missing
{
    /// <summary>True: the controller is not there and that was said to be all right; the receipt says so.</summary>
    public static bool IsTolerated(CgroupLayout layout, string resource, string requested, string allocated, Receipt receipt)
    {
        if (!layout.BestEffort.Contains(resource) || layout.Has(resource)) return false;
        receipt.Rows.Add(ReceiptRows.NotEnforced(resource, requested, allocated, $"best effort: {layout.Why(resource)}"));
        return true;
    }

    public static CgroupException Controller(CgroupLayout layout, string resource) =>
        new($"cannot limit {resource} on this node: {layout.Why(resource)}", resource, Kernel.Errno.NoDevice);
}
