using System.Globalization;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups.V1;

/// <summary>
/// memory.limit_in_bytes and memory.memsw.limit_in_bytes (memory + swap). The kernel keeps limit ≤ memsw at all times and answers EINVAL
/// otherwise (memory.rst, section 5): a fresh group takes the limit first, a group that grows past its old memsw takes memsw first.
/// </summary>
internal sealed class MemoryLimit(CgroupLayout layout, LimitFile limit, IGroupFiles files, bool hasSwapAccounting)
{
    public void Write(string group, Limits limits, Receipt receipt)
    {
        if (limits.MemoryBytes == 0)
        {
            receipt.Rows.Add(ReceiptRows.NotEnforced("memory", limits.MemoryRequested, "unlimited", "no limit was asked for"));
            return;
        }
        if (Missing.IsTolerated(layout, "memory", limits.MemoryRequested, ReceiptRows.Bytes(limits.MemoryBytes), receipt)) return;
        var file = layout.File("memory", group, "memory.limit_in_bytes") ?? throw Missing.Controller(layout, "memory");
        var swapFile = layout.File("memory", group, "memory.memsw.limit_in_bytes")!;
        var value = limits.MemoryBytes.ToString(CultureInfo.InvariantCulture);
        var withSwap = (limits.MemoryBytes + limits.SwapBytes).ToString(CultureInfo.InvariantCulture);
        var grows = hasSwapAccounting && files.Read(swapFile, out var current) == 0 && ulong.TryParse(current, out var bytes) && bytes < limits.MemoryBytes;
        if (grows) limit.Write(swapFile, withSwap, LimitFile.SamePages);
        receipt.Rows.Add(limit.Enforce("memory", limits.MemoryRequested, ReceiptRows.Bytes(limits.MemoryBytes), file, value, LimitFile.SamePages));
        var swap = ReceiptRows.Bytes(limits.SwapBytes);
        receipt.Rows.Add(hasSwapAccounting
            ? limit.Enforce("swap", swap, swap, swapFile, withSwap, LimitFile.SamePages)
            : ReceiptRows.NotEnforced("swap", swap, swap, layout.Why("swap")));
    }
}
