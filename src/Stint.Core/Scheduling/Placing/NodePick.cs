using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Placing;

/// <summary>What exactly a job gets of one node: which GPUs, which cores, how much memory and disk.</summary>
internal static class NodePick
{
    /// <summary>Counting alone does not tell whether it fits: where things lie on the node matters.</summary>
    public static bool IsLocal(Request request)
    {
        if (request.TasksPerSocket > 0 || request.EnforceBinding && request.Gres.Length > 0 || request.Gres.Length > 1) return true;
        foreach (ref readonly var demand in request.Gres.AsSpan())
            if (demand.Per == GresPer.PerSocket) return true;
        return false;
    }

    public static bool Fits(Request request, Node node, in NodeBalance balance, int tasks, int jobGres) =>
        DevicePick.Make(request, node, balance, tasks, jobGres) is { } devices && !CorePick.Make(request, node, balance, tasks, devices).IsEmpty;

    /// <summary>Null when it does not fit.</summary>
    public static NodeShare? Share(Request request, Node node, in NodeBalance balance, int tasks, int jobGres)
    {
        if (request.Ranges is not null) return RangePick.Find(request, node, balance);
        if (DevicePick.Make(request, node, balance, tasks, jobGres) is not { } devices) return null;
        var cpus = CorePick.Make(request, node, balance, tasks, devices);
        if (cpus.IsEmpty) return null;
        var share = new NodeShare
        {
            Node = node.Name, Cpus = cpus.ToBytes(), MemoryBytes = Memory(request, node.Kind, cpus, devices), Tasks = (uint)tasks, DiskBytes = request.DiskBytes,
        };
        devices.WriteTo(share, node.Kind);
        return share.MemoryBytes > balance.MemoryBytes ? null : share;
    }

    private static ulong Memory(Request request, NodeKind kind, CpuSet cpus, DevicePick devices)
    {
        if (request.WholeMemory) return kind.MemoryBytes;
        if (request.MemoryPerCpu is > 0 and var perCpu) return perCpu * (ulong)(cpus.Count / kind.Threads * Room.ThreadsUsed(request, kind));
        if (request.MemoryPerGpu is > 0 and var perGpu) return Math.Max(request.MemoryPerNode ?? 0, perGpu * (ulong)devices.Gpus);
        return request.MemoryPerNode!.Value;
    }
}
