using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Sinfo;

/// <summary>Nodes gathered into the lines that will be printed.</summary>
internal static class NodeGroups
{
    /// <param name="fields">Those of the format: nodes share a line when they look the same in all of them.</param>
    public static List<NodeGroup> Of(PartitionList partitions, NodeList nodes, NodeSelector selector, IReadOnlyCollection<NodeField> fields, bool exact, bool byNode, TimeZoneInfo zone)
    {
        bool byPartition = fields.Any(field => field.SeparatesPartitions);
        var groups = new Dictionary<string, (PartitionView Partition, int Order, List<NodeView> Nodes)>(StringComparer.Ordinal);
        var order = new List<string>();
        for (int p = 0; p < partitions.Partitions.Length; p++)
        {
            var partition = partitions.Partitions[p];
            if (!selector.Matches(partition)) continue;
            bool any = false;
            foreach (var node in nodes.Nodes)
            {
                if (!node.Partitions.Contains(partition.Name) || !selector.Matches(node)) continue;
                any = true;
                string key = string.Join('\u001f', fields.Select(field => field.Key?.Invoke(node) ?? (exact ? field.ExactKey?.Invoke(node) : null) ?? ""));
                key = (byPartition ? partition.Name : "") + '\u001e' + (byNode ? node.Name : "") + '\u001e' + key;
                if (!groups.TryGetValue(key, out var group))
                {
                    groups[key] = group = (partition, p, []);
                    order.Add(key);
                }
                if (!group.Nodes.Contains(node)) group.Nodes.Add(node);
            }
            if (any || byNode || !byPartition) continue;
            groups["\u001d" + partition.Name] = (partition, p, []);
            order.Add("\u001d" + partition.Name);
        }
        return order.ConvertAll(key => new NodeGroup(groups[key].Partition, groups[key].Order, [.. groups[key].Nodes.OrderBy(node => node.Name, Comparer<string>.Create(Hostlist.Compare))], zone));
    }
}
