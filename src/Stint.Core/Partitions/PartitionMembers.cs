using Stint.Core.Nodes;
using Stint.Core.Partitions;

namespace Stint.Core;

// Which nodes a partition has, and the queue a job waits in. Both are derived from the configuration and the registrations.
public sealed partial class Cluster
{
    private readonly List<Partition> partitions = [];
    private readonly Dictionary<string, Partition> partitionsByName = new(StringComparer.Ordinal);

    /// <summary>In the order of the configuration.</summary>
    public IReadOnlyList<Partition> Partitions => partitions;

    public Partition? FindPartition(string name) => partitionsByName.GetValueOrDefault(name) is { IsConfigured: true } found ? found : null;

    private Partition? DefaultPartition()
    {
        foreach (var partition in partitions)
            if (partition.Spec.IsDefault) return partition;
        return null;
    }

    /// <summary>The queue for that name, also when the partition is configured no more: its jobs wait until it is back.</summary>
    private Partition QueueFor(string name)
    {
        if (!partitionsByName.TryGetValue(name, out var partition))
        {
            partition = new Partition(new() { Name = name }) { IsConfigured = false, Describe = NotFree };
            partitionsByName.Add(name, partition);
        }
        return partition;
    }

    private void RebuildPartitions()
    {
        partitions.Clear();
        foreach (var partition in partitionsByName.Values) partition.IsConfigured = false;
        foreach (var spec in Config.Partitions)
        {
            var partition = QueueFor(spec.Name);
            partition.Spec = spec;
            partition.IsConfigured = true;
            partitions.Add(partition);
        }
        DescribeNodes();
        RebuildPartitionNodes();
    }

    private void RebuildPartitionNodes()
    {
        foreach (var partition in partitionsByName.Values) partition.Nodes = partition.IsConfigured ? NodesOf(partition.Spec.Nodes) : [];
        NodesChanged();
    }

    private List<Node> NodesOf(string list)
    {
        var members = new List<Node>();
        if (string.Equals(list, "ALL", StringComparison.OrdinalIgnoreCase))
        {
            members.AddRange(nodes.Values);
            members.Sort(static (a, b) => NodeNames.CompareNaturally(a.Name, b.Name));
            return members;
        }
        foreach (var name in NodeNames.Expand(list) ?? [])
            if (nodes.TryGetValue(name, out var node)) members.Add(node);
        return members;
    }
}
