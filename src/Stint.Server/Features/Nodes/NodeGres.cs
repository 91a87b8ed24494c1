using Stint.Core;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;
using Stint.Server.Features.Jobs;

namespace Stint.Server.Features.Nodes;

/// <summary>The generic resources of a node: what it has, and what jobs hold of it, as Slurm prints both.</summary>
internal static class NodeGres
{
    public static NodeView Add(NodeView view, Cluster cluster, Node node)
    {
        if (node.Kind.Pools.Length == 0) return view;
        var held = Held(cluster, node);
        var (has, used) = (new List<string>(), new List<string>());
        var total = new SortedDictionary<string, ulong>(StringComparer.Ordinal);
        var taken = new SortedDictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var pool in node.Kind.Pools)
        {
            has.Add(new GresTerm(pool.Name, pool.Type, (ulong)pool.Total).ToString());
            var (indices, count) = held.GetValueOrDefault((pool.Name, pool.Type), ([], 0UL));
            var units = indices.Count > 0 ? (ulong)indices.Count : count;
            used.Add(new GresTerm(pool.Name, pool.Type, units) + (pool.Units.Length > 0 ? $"(IDX:{(indices.Count > 0 ? ResourceViews.Ranges(indices) : "N/A")})" : ""));
            Count(total, pool.Name, pool.Type, (ulong)pool.Total);
            if (units > 0) Count(taken, pool.Name, pool.Type, units);
        }
        return view with
        {
            Gres = string.Join(',', has), GresUsed = string.Join(',', used), GresTotal = [.. total.Select(t => new TresCount(t.Key, t.Value))],
            GresAllocated = [.. taken.Select(t => new TresCount(t.Key, t.Value))],
        };
    }

    private static Dictionary<(string, string), (List<int> Indices, ulong Count)> Held(Cluster cluster, Node node)
    {
        var held = new Dictionary<(string, string), (List<int>, ulong)>();
        foreach (var id in node.Jobs)
        {
            if (cluster.FindJob(id) is not { } job) continue;
            foreach (var share in job.Shares)
                if (share.Node == node.Name)
                    foreach (var gres in share.Gres) Add(held, gres);
        }
        return held;
    }

    private static void Add(Dictionary<(string, string), (List<int> Indices, ulong Count)> held, GresShare gres)
    {
        var (indices, count) = held.GetValueOrDefault((gres.Name, gres.Type), ([], 0UL));
        foreach (var index in gres.Indices) indices.Add((int)index);
        held[(gres.Name, gres.Type)] = (indices, count + gres.Count);
    }

    public static void Count(SortedDictionary<string, ulong> counts, string name, string type, ulong units)
    {
        counts[$"gres/{name}"] = counts.GetValueOrDefault($"gres/{name}") + units;
        if (type.Length > 0) counts[$"gres/{name}:{type}"] = counts.GetValueOrDefault($"gres/{name}:{type}") + units;
    }
}
