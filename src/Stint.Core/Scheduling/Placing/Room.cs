using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Placing;

/// <summary>How much of a request fits on one node by counting alone: where on the node it lies is not looked at.</summary>
/// <param name="Tasks">Most tasks; 0: the node can not be part of it.</param>
/// <param name="JobGres">Most of what is counted over all nodes (GPUs of <c>--gpus</c>).</param>
internal readonly record struct Room(int Tasks, int JobGres)
{
    public static readonly Room None;

    /// <summary>Hardware threads of each core that the tasks use.</summary>
    public static int ThreadsUsed(Request request, NodeKind kind) =>
        request.ThreadsPerCore > 0 ? Math.Min(request.ThreadsPerCore, kind.Threads) : kind.Threads;

    /// <summary>Cores that stay with the system because the job asks so, beyond those that the node is configured to keep.</summary>
    public static int CoresKept(Request request, NodeKind kind)
    {
        var threads = request.ThreadSpec ?? 0;
        var asked = request.CoreSpec ?? (threads + kind.Threads - 1) / kind.Threads;
        return Math.Max(0, asked - (kind.Cores - kind.Total.Cores));
    }

    /// <summary>Cores that tasks and GPUs together need.</summary>
    public static int CoresFor(Request request, NodeKind kind, int tasks, int gpus)
    {
        var cpus = Math.Max(Math.Max((long)tasks * request.CpusPerTask, (long)gpus * request.CpusPerGpu), request.CpusPerNodeMin);
        var used = ThreadsUsed(request, kind);
        var cores = (cpus + used - 1) / used;
        if (request.TasksPerCore > 0) cores = Math.Max(cores, (tasks + request.TasksPerCore - 1) / request.TasksPerCore);
        return (int)Math.Min(cores, int.MaxValue);
    }

    /// <param name="cores">Free whole cores.</param>
    /// <param name="gres">What each pool can give.</param>
    public static Room Of(Request request, NodeKind kind, int cores, ulong memory, ulong disk, GresCounts gres)
    {
        if (request.DiskBytes > disk || request.MemoryPerNode > memory || request.WholeMemory && memory < kind.MemoryBytes) return None;
        var used = ThreadsUsed(request, kind);
        cores -= CoresKept(request, kind);
        if (request.MemoryPerCpu is > 0 and var perCpu)
        {
            var affordable = (int)Math.Min(memory / perCpu / (ulong)used, int.MaxValue);
            if (request.Exclusive && affordable < cores) return None;
            cores = Math.Min(cores, affordable);
        }
        long cpus = (long)cores * used;
        if (cores <= 0 || cpus < request.CpusPerNodeMin) return None;
        var cpusPerTask = (long)request.CpusPerTask;
        var (most, jobGres) = (cpus, 0L);
        if (request.Gres.Length > 0 && !Gpus(request, kind, cpus, memory, ref gres, ref cpusPerTask, ref most, ref jobGres)) return None;
        most = Math.Min(most, cpus / cpusPerTask);
        if (request.TasksPerCore > 0) most = Math.Min(most, (long)cores * request.TasksPerCore);
        if (request.TasksPerSocket > 0) most = Math.Min(most, (long)kind.Sockets * request.TasksPerSocket);
        if (request.TasksPerNode > 0) most = Math.Min(most, request.TasksPerNode);
        return most <= 0 ? None : new Room((int)Math.Min(most, int.MaxValue), (int)jobGres);
    }

    private static bool Gpus(Request request, NodeKind kind, long cpus, ulong memory, ref GresCounts gres, ref long cpusPerTask, ref long most, ref long jobGres)
    {
        long perNode = 0, perTask = 0;
        for (var i = 0; i < request.Gres.Length; i++)
        {
            ref readonly var demand = ref request.Gres[i];
            long there = Available(kind, in gres, in demand);
            switch (demand.Per)
            {
                case GresPer.PerNode or GresPer.PerSocket:
                    var count = demand.Per == GresPer.PerSocket ? (long)demand.Count * Math.Max(1, request.SocketsPerNode) : demand.Count;
                    if (there < count) return false;
                    if (demand.IsGpu) perNode += count;
                    Deduct(kind, ref gres, in demand, (int)count);
                    break;
                case GresPer.PerTask:
                    most = Math.Min(most, there / demand.Count);
                    if (demand.IsGpu) perTask += demand.Count;
                    break;
                default:
                    jobGres = Math.Min(there, demand.Count);
                    if (request.CpusPerGpu > 0 && demand.IsGpu) jobGres = Math.Min(jobGres, cpus / request.CpusPerGpu);
                    if (request.MemoryPerGpu is > 0 and var perJobGpu && demand.IsGpu) jobGres = Math.Min(jobGres, (long)(memory / perJobGpu));
                    if (jobGres <= 0) return false;
                    break;
            }
        }
        if (request.CpusPerGpu > 0)
        {
            if (perNode * request.CpusPerGpu > cpus) return false;
            cpusPerTask = Math.Max(cpusPerTask, perTask * request.CpusPerGpu);
        }
        if (request.MemoryPerGpu is > 0 and var perGpu)
        {
            if ((ulong)perNode * perGpu > memory) return false;
            if (perTask > 0) most = Math.Min(most, (long)((memory - (ulong)perNode * perGpu) / perGpu) / perTask);
        }
        if (request.TasksPerGpu > 0 && perTask == 0)
            most = Math.Min(most, (request.JobGres >= 0 ? jobGres : perNode) * request.TasksPerGpu);
        return most > 0;
    }

    private static int Available(NodeKind kind, in GresCounts gres, in GresDemand demand)
    {
        var sum = 0;
        foreach (var pool in kind.Pools)
        {
            if (!pool.Is(demand.Name, demand.Type)) continue;
            // Parts of one job lie on one GPU.
            if (pool.Form == PoolForm.Parts) sum = Math.Max(sum, Math.Min(gres[pool.Slot], pool.SizeOf(0)));
            else sum += gres[pool.Slot];
        }
        return sum;
    }

    private static void Deduct(NodeKind kind, ref GresCounts gres, in GresDemand demand, int count)
    {
        foreach (var pool in kind.Pools)
        {
            if (!pool.Is(demand.Name, demand.Type)) continue;
            var here = Math.Min(gres[pool.Slot], count);
            gres[pool.Slot] -= here;
            count -= here;
        }
    }
}
