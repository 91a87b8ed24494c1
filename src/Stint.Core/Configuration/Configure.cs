using Google.Protobuf;
using Stint.Core.Journal;
using Stint.Core.Nodes;

namespace Stint.Core;

public sealed partial class Cluster
{
    private Decision DecideConfigure(Configure command, Instant now)
    {
        var config = command.Config.Clone();
        NumberTiers(config, now);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var defaults = 0;
        foreach (var partition in config.Partitions)
        {
            if (partition.Name.Length == 0 || !names.Add(partition.Name))
                return Decision.No(RefusalCodes.InvalidPartition, $"partition name \"{partition.Name}\" is empty or used twice");
            if (partition.Nodes != "ALL" && NodeNames.Expand(partition.Nodes) is null)
                return Decision.No(RefusalCodes.InvalidNodeName,
                    $"partition {partition.Name}: \"{partition.Nodes}\" is not a list of nodes", "Write names such as n[1-8],gpu1, or ALL");
            if (partition.IsDefault && ++defaults > 1)
                return Decision.No(RefusalCodes.InvalidPartition, $"partition {partition.Name} is the second default partition",
                    "Keep one");
        }
        if (CheckNodeLines(config) is { } refusal) return new Decision([], refusal, 0);
        if (IsSame(config, Config)) return Decision.Nothing;
        var batch = new Batch(now);
        batch.Add(config);
        return batch.Decision();
    }

    /// <summary>By their bytes: the messages' own comparison takes a limit of 0 for none.</summary>
    private static bool IsSame(IMessage one, IMessage other) => one.ToByteArray().AsSpan().SequenceEqual(other.ToByteArray());

    private void On(ClusterConfigured record)
    {
        Config = record;
        RebuildPartitions();
    }
}
