using Stint.Core.Journal;
using Stint.Protocol.Slurm;

namespace Stint.Server.Features.Partitions;

/// <summary>Which nodes a partition's hostlist means. Expanded once per text.</summary>
internal static class Membership
{
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, HashSet<string>> Known = new(StringComparer.Ordinal);

    public static bool Includes(PartitionSpec partition, string node) =>
        string.Equals(partition.Nodes, "ALL", StringComparison.OrdinalIgnoreCase) || Known.GetOrAdd(partition.Nodes, Expand).Contains(node);

    private static HashSet<string> Expand(string nodes) => Hostlist.TryExpand(nodes, out var hosts, out _) ? [.. hosts] : [];
}
