using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;
using Stint.Core.Scheduling;

namespace Stint.Core.Tests.Resources;

/// <summary>The rules again, written as slowly and plainly as can be: what production code is compared with.</summary>
internal static class NaiveRoom
{
    public static int TasksOn(JobSpec spec, Node node, NodeBalance balance)
    {
        var tasks = 0;
        while (tasks < 200 && Fits(spec, node, balance, tasks + 1, spec.Gres.Any(g => g.Per == GresPer.PerJob) ? 1 : 0)) tasks++;
        return tasks;
    }

    public static int JobGresOn(JobSpec spec, Node node, NodeBalance balance)
    {
        var most = (int)spec.Gres.First(g => g.Per == GresPer.PerJob).Count;
        while (most > 0 && !Fits(spec, node, balance, 1, most)) most--;
        return most;
    }

    private static bool Fits(JobSpec spec, Node node, NodeBalance balance, int tasks, int jobGres)
    {
        var hardware = node.Hardware;
        var threads = (int)hardware.ThreadsPerCore;
        var used = spec.OneThreadPerTask ? 1 : spec.ThreadsPerCore == 0 ? threads : (int)spec.ThreadsPerCore;
        if (used > threads) return false;
        var exclusive = spec.Exclusive || spec.CoreSpec > 0;
        if (exclusive && !balance.IsIdle || balance.Users.Alone || balance.Users.Whole || balance.Users.Closed) return false;
        if (spec.Constraint.Length > 0 && !FeatureConstraint.Parse(spec.Constraint, out _)!.Allows(node.Kind.Features)) return false;
        if (spec.TasksPerNode > 0 && tasks > spec.TasksPerNode) return false;
        var free = Enumerable.Range(0, (int)hardware.Cpus / threads).Count(core => Enumerable.Range(0, threads).All(t => balance.Cpus.Contains(core * threads + t)));
        var keptAlready = (int)(hardware.Cpus / threads) - node.Kind.AllCpus.Count / threads;
        if (spec.HasCoreSpec) free -= Math.Max(0, (int)spec.CoreSpec - keptAlready);
        var gpus = 0;
        foreach (var gres in spec.Gres)
        {
            var wanted = gres.Per switch { GresPer.PerTask => (int)gres.Count * tasks, GresPer.PerJob => jobGres, _ => (int)gres.Count };
            if (Available(node, balance, gres) < wanted) return false;
            if (gres.Name == "gpu") gpus += wanted;
        }
        var perTask = Math.Max(1, (int)spec.CpusPerTask);
        var cpus = Math.Max(Math.Max(tasks * perTask, gpus * (int)spec.CpusPerGpu), (int)spec.CpusPerNodeMin);
        var cores = (cpus + used - 1) / used;
        var perCore = spec.TasksPerCore > 0 ? (int)spec.TasksPerCore : spec.OneThreadPerTask ? 1 : 0;
        if (spec.OneThreadPerTask && perTask > 1) perCore = 0;
        if (perCore > 0) cores = Math.Max(cores, (tasks + perCore - 1) / perCore);
        if (cores > free || free <= 0) return false;
        var given = exclusive ? free : cores;
        ulong memory = spec.HasMemoryPerNodeBytes && spec.MemoryPerNodeBytes > 0 ? spec.MemoryPerNodeBytes
            : spec.HasMemoryPerCpuBytes ? spec.MemoryPerCpuBytes * (ulong)(given * used)
            : spec.HasMemoryPerGpuBytes ? spec.MemoryPerGpuBytes * (ulong)gpus : node.Kind.MemoryBytes;
        return memory <= balance.MemoryBytes && spec.DiskBytes <= balance.DiskBytes;
    }

    private static int Available(Node node, NodeBalance balance, GresRequest gres)
    {
        var (sum, most) = (0, 0);
        foreach (var pool in node.Kind.Pools)
        {
            if (pool.Name != gres.Name || gres.Type.Length > 0 && gres.Type != pool.Type) continue;
            for (var i = 0; i < pool.Cells; i++)
            {
                var here = pool.Form switch
                {
                    PoolForm.Count => balance.Gres.Cells[pool.FirstCell],
                    PoolForm.Units => node.Kind.Gres.IsUsable(balance.Gres.Cells, pool, i) ? 1 : 0,
                    _ => node.Kind.Gres.UsableParts(balance.Gres.Cells, pool, i),
                };
                (sum, most) = (sum + here, Math.Max(most, here));
            }
        }
        return gres.Name == "shard" ? most : sum;
    }

    /// <summary>Tries every set of nodes.</summary>
    public static bool FitsSomewhere(JobSpec spec, Request request, IReadOnlyList<Node> nodes, Func<Node, NodeBalance?> on)
    {
        var perJob = spec.Gres.FirstOrDefault(g => g.Per == GresPer.PerJob);
        for (var set = 1; set < 1 << nodes.Count; set++)
        {
            var chosen = nodes.Where((_, i) => (set >> i & 1) != 0).ToList();
            if (chosen.Count < request.NodesMin || request.NodesMax > 0 && chosen.Count > request.NodesMax) continue;
            if (!request.TasksFollowNodes && chosen.Count > request.Tasks || perJob is not null && chosen.Count > (int)perJob.Count) continue;
            var rooms = chosen.ConvertAll(node => TasksOn(spec, node, on(node)!.Value));
            var tasks = request.TasksFollowNodes ? Math.Max(request.Tasks, chosen.Count * Math.Max(1, request.TasksPerNode)) : request.Tasks;
            if (rooms.Contains(0) || rooms.Sum() < tasks) continue;
            if (perJob is null || chosen.Sum(node => JobGresOn(spec, node, on(node)!.Value)) >= (int)perJob.Count) return true;
        }
        return false;
    }
}
