using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Server.Features.Partitions;

/// <summary>GET /api/v1/partitions</summary>
internal static class List
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine) =>
        routes.MapGet($"{Endpoints.Root}/partitions", context => HandleAsync(context, engine)).Describe("listPartitions", "All partitions").Gives<PartitionList>();

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine)
    {
        var (ok, partitions) = await context.AskOrRefuseAsync(engine, batch =>
        {
            var views = new List<PartitionView>();
            foreach (var partition in batch.Cluster.Config.Partitions) views.Add(View(batch.Cluster, partition));
            return new PartitionList(batch.Now.Milliseconds, [.. views]);
        });
        if (ok) await Reply.JsonAsync(context, partitions!, ApiJson.Default.PartitionList);
    }

    private static PartitionView View(Cluster cluster, PartitionSpec partition)
    {
        var names = new List<string>();
        uint cpus = 0;
        ulong memory = 0;
        var gres = new SortedDictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var node in cluster.Nodes.Values)
        {
            if (!Membership.Includes(partition, node.Name)) continue;
            names.Add(node.Name);
            cpus += node.Hardware.Cpus;
            memory += node.Hardware.MemoryBytes;
            foreach (var pool in node.Kind.Pools) Nodes.NodeGres.Count(gres, pool.Name, pool.Type, (ulong)pool.Total);
        }
        return PartitionRules.Add(new PartitionView
        {
            Name = partition.Name, IsDefault = partition.IsDefault, NodeList = Hostlist.FoldSorted(names),
            MaxTimeMs = partition.MaxTimeMs, DefaultTimeMs = partition.DefaultTimeMs, TotalCpus = cpus, TotalNodes = (uint)names.Count, TotalMemoryBytes = memory,
            GresTotal = [.. gres.Select(g => new TresCount(g.Key, g.Value))],
        }, partition, cluster.Config.Preempt);
    }
}
