using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;

namespace Stint.Core.Partitions;

/// <summary>A view of nodes with limits, and the queue of the jobs that wait for them.</summary>
public sealed class Partition
{
    internal Partition(PartitionSpec spec) { Spec = spec; }

    public PartitionSpec Spec { get; internal set; }
    public string Name => Spec.Name;
    /// <summary>Its registered nodes in placement order: the list's own order, or by name when it says ALL.</summary>
    public IReadOnlyList<Node> Nodes { get; internal set; } = [];
    /// <summary>False for the queue of jobs whose partition was taken out of the configuration.</summary>
    public bool IsConfigured { get; internal set; } = true;

    /// <summary>The first job that waits for resources here; 0: none.</summary>
    internal uint BlockedHead { get; set; }
    /// <summary>When the plan came to that job: smaller goes first, whatever the partition.</summary>
    internal long HeadPlace { get; set; }
    /// <summary>The others that have nodes of it.</summary>
    internal IReadOnlyList<Partition> Overlapping { get; set; } = [];

    /// <summary>The first job that waits for resources here or, going before that, in a partition that has nodes of this one; 0: none.</summary>
    internal uint FirstBlocked
    {
        get
        {
            var (first, place) = (BlockedHead, BlockedHead == 0 ? long.MaxValue : HeadPlace);
            foreach (var other in Overlapping)
                if (other.BlockedHead != 0 && other.HeadPlace < place) (first, place) = (other.BlockedHead, other.HeadPlace);
            return first;
        }
    }

    /// <summary>What is missing for that job; made when somebody asks.</summary>
    internal Func<Job, Partition, string> Describe { get; init; } = static (_, _) => "";

    public ulong TotalMemoryBytes { get { ulong sum = 0; foreach (var node in Nodes) sum += node.Hardware.MemoryBytes; return sum; } }
    public long TotalCpus { get { long sum = 0; foreach (var node in Nodes) sum += node.Hardware.Cpus; return sum; } }
}
