using Stint.Agent.Hardware;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>The cpu row of a receipt, with what declared hardware means for it.</summary>
internal static class CpuRows
{
    public static ReceiptRow Inherited(Limits limits, CpuChoice cpus, CpuMap map) => ReceiptRows.NotEnforced(
        "cpu", limits.CpusRequested, CpuList.Format(cpus.Ids), cpus.Ids.Count == 0 ? "no cpus were allocated to this step" : Beyond(cpus, map) + "; the step may run on all of them");

    /// <summary>A cpuset that holds fewer cpus than were allocated pins, but does not give what the receipt promises: not enforced.</summary>
    public static ReceiptRow Qualify(ReceiptRow row, CpuChoice cpus, CpuMap map)
    {
        if (cpus.Beyond.Count == 0) return row;
        row.Enforced = false;
        row.WhyNot = Beyond(cpus, map);
        return row;
    }

    private static string Beyond(CpuChoice cpus, CpuMap map) =>
        $"declared cpu{(cpus.Beyond.Count == 1 ? "" : "s")} {CpuList.Format(cpus.Beyond)}; the machine has {CpuList.Format([.. map.KernelCpus.Order()])}";
}
