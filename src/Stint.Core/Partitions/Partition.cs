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

    /// <summary>Pending jobs that nothing but resources keeps from starting, as far as known: smallest <see cref="Job.Order"/>
    /// first.</summary>
    internal SortedSet<Job> Queue { get; } = new(FifoOrder.Instance);
    /// <summary>The job that waits for resources and so blocks those behind it; 0: none.</summary>
    internal uint BlockedHead { get; set; }

    /// <summary>Jobs that came while no head was blocked and so have no reason yet.</summary>
    internal List<Job> Unmarked { get; } = [];

    public ulong TotalMemoryBytes { get { ulong sum = 0; foreach (var node in Nodes) sum += node.Hardware.MemoryBytes; return sum; } }
    public long TotalCpus { get { long sum = 0; foreach (var node in Nodes) sum += node.Hardware.Cpus; return sum; } }
}

internal sealed class FifoOrder : IComparer<Job>
{
    public static readonly FifoOrder Instance = new();
    public int Compare(Job? x, Job? y)
    {
        var byOrder = x!.Order.CompareTo(y!.Order);
        return byOrder != 0 ? byOrder : x.Id.CompareTo(y.Id);
    }
}
