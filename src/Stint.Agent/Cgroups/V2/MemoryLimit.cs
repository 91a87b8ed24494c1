using System.Globalization;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups.V2;

/// <summary>
/// memory.max and memory.swap.max. memory.oom.group stays 0: as with Slurm, only the process that the kernel picks dies, and a job that
/// handles the death of a child may go on; the kill is counted and reported either way.
/// </summary>
internal sealed class MemoryLimit(CgroupLayout layout, LimitFile limit, IGroupFiles files)
{
    public void Write(string group, Limits limits, Receipt receipt)
    {
        if (limits.MemoryBytes == 0)
        {
            receipt.Rows.Add(ReceiptRows.NotEnforced("memory", limits.MemoryRequested, "unlimited", "no limit was asked for"));
            return;
        }
        if (Missing.IsTolerated(layout, "memory", limits.MemoryRequested, ReceiptRows.Bytes(limits.MemoryBytes), receipt)) return;
        var file = layout.File("memory", group, "memory.max") ?? throw Missing.Controller(layout, "memory");
        var value = limits.MemoryBytes.ToString(CultureInfo.InvariantCulture);
        receipt.Rows.Add(limit.Enforce("memory", limits.MemoryRequested, ReceiptRows.Bytes(limits.MemoryBytes), file, value, LimitFile.SamePages));
        var swapFile = layout.File("memory", group, "memory.swap.max")!;
        var swap = ReceiptRows.Bytes(limits.SwapBytes);
        receipt.Rows.Add(files.Exists(swapFile)
            ? limit.Enforce("swap", swap, swap, swapFile, limits.SwapBytes.ToString(CultureInfo.InvariantCulture), LimitFile.SamePages)
            : ReceiptRows.NotEnforced("swap", swap, swap, "no swap accounting: memory.swap.max does not exist"));
    }
}
