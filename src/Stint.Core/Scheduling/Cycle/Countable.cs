using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Cycle;

/// <summary>Nodes, shares and requests as countable amounts: the only arithmetic that the timelines do.</summary>
internal static class Countable
{
    /// <summary>An empty node.</summary>
    public static ResourceAmount Total(Node node) =>
        new() { Cores = (int)node.Hardware.Cpus / node.ThreadsPerCore, MemoryBytes = (long)node.Hardware.MemoryBytes };

    public static ResourceAmount Free(Node node) =>
        new() { Cores = node.FreeCpus.WholeCores(node.ThreadsPerCore), MemoryBytes = (long)node.MemoryFreeBytes };

    public static ResourceAmount Of(Node node, NodeShare share) => new()
    {
        Cores = (CpuSet.FromBytes(share.Cpus).Count + node.ThreadsPerCore - 1) / node.ThreadsPerCore,
        MemoryBytes = (long)share.MemoryBytes,
    };

    public static ResourceAmount Of(Node node, NodeBalance balance) =>
        new() { Cores = balance.Cpus.WholeCores(node.ThreadsPerCore), MemoryBytes = (long)balance.MemoryBytes };

    /// <summary>Tasks of a request for which an amount of a node is enough; 0: the node cannot be part of it.</summary>
    public static int TasksIn(Request request, NodeTimeline line, in ResourceAmount free)
    {
        if (request.Exclusive && !free.Covers(line.Total)) return 0;
        if (request.WholeMemory && free.MemoryBytes < line.Total.MemoryBytes) return 0;
        if (request.MemoryPerNode is { } perNode && (long)perNode > free.MemoryBytes) return 0;
        var threads = line.Node.ThreadsPerCore;
        var cpus = (long)Math.Max(0, free.Cores) * threads;
        if (request.MemoryPerCpu is > 0 and var perCpu)
        {
            var affordable = Math.Max(0, free.MemoryBytes) / (long)perCpu / threads * threads;
            if (request.Exclusive && affordable < cpus) return 0;
            cpus = Math.Min(cpus, affordable);
        }
        var tasks = cpus / request.CpusPerTask;
        return (int)(request.TasksPerNode > 0 ? Math.Min(tasks, request.TasksPerNode) : Math.Min(tasks, int.MaxValue));
    }

    /// <summary>What so many tasks of a request take of a node.</summary>
    public static ResourceAmount Need(Request request, NodeTimeline line, int tasks)
    {
        var threads = line.Node.ThreadsPerCore;
        var cores = request.Exclusive ? line.Total.Cores : (int)(((long)tasks * request.CpusPerTask + threads - 1) / threads);
        var memory = request.WholeMemory ? line.Total.MemoryBytes
            : request.MemoryPerCpu is > 0 and var perCpu ? (long)perCpu * cores * threads
            : (long)request.MemoryPerNode!.Value;
        return new ResourceAmount { Cores = cores, MemoryBytes = memory };
    }

    /// <summary>A node's balance cut down to an amount: which cores and bytes they are does not matter.</summary>
    public static NodeBalance Limit(Node node, NodeBalance balance, in ResourceAmount amount, in ResourceAmount total)
    {
        var cores = balance.Cpus.WholeCores(node.ThreadsPerCore);
        var cpus = cores > amount.Cores ? balance.Cpus.LowestCores(Math.Max(0, amount.Cores), node.ThreadsPerCore) : balance.Cpus;
        return new NodeBalance(cpus, Math.Min(balance.MemoryBytes, (ulong)Math.Max(0, amount.MemoryBytes)),
            balance.IsIdle && amount.Covers(total));
    }
}
