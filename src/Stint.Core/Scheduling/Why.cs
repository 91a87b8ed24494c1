using Stint.Core.Jobs;
using Stint.Core.Nodes;
using Stint.Core.Partitions;
using Stint.Core.Resources;
using Stint.Core.Scheduling;

namespace Stint.Core;

/// <summary>Why a pending job does not run.</summary>
/// <param name="Detail">The reason with its numbers, one sentence; may be empty.</param>
/// <param name="Behind">The job that is first in its partition and waits for resources; 0: it is not behind one.</param>
/// <param name="Planned">When and where it, or the job that it is behind, is planned to start.</param>
public readonly record struct Waiting(PendingReason Reason, string Detail, uint Behind = 0, PlannedStart? Planned = null);

// Reasons are found when somebody asks: of a million waiting jobs, few are ever asked about.
public sealed partial class Cluster
{
    /// <summary>Why a pending job does not run, as the last pass found it; <see cref="PendingReason.None"/> when it was not looked at yet
    /// or is not pending.</summary>
    public Waiting ReasonOf(Job job)
    {
        if (job.State != JobState.Pending) return new Waiting(PendingReason.None, "");
        var behind = job.Reason == PendingReason.Priority ? BlockerOf(job) : 0;
        return new Waiting(job.Reason, job.ReasonDetail, behind, PlannedStart(behind == 0 ? job.Id : behind));
    }

    private static uint BlockerOf(Job job)
    {
        foreach (var contender in job.Class?.Contenders ?? [])
            if (contender.Partition.BlockedHead != 0) return contender.Partition.BlockedHead;
        return 0;
    }

    /// <summary>Which resource is short, and on how many nodes.</summary>
    private static string NotFree(Job job, Partition partition)
    {
        long cpus = 0;
        ulong most = 0;
        var usable = 0;
        foreach (var node in partition.Nodes)
        {
            if (!node.TakesJobs) continue;
            usable++;
            cpus += node.FreeCpus.Count;
            most = Math.Max(most, node.MemoryFreeBytes);
        }
        return $"needs {job.Request}; free in partition {partition.Name}: {cpus} CPUs and at most {new ByteSize(most)} of memory on one of {usable} nodes";
    }

    private static string NotAvailable(Job job, Partition partition)
    {
        var names = new List<string>();
        foreach (var node in partition.Nodes)
            if (!node.TakesJobs && names.Count < 8) names.Add(node.Name);
        return $"needs {job.Request}; that takes nodes that are down, drained or not responding: {string.Join(',', names)}";
    }

    private static string NeverHere(Job job, Partition partition) =>
        $"needs {job.Request}; partition {partition.Name} has {partition.TotalCpus} CPUs and {new ByteSize(partition.TotalMemoryBytes)} of memory on {partition.Nodes.Count} nodes";
}
