using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Steps;

/// <summary>What a step may take of one of its job's nodes: all that the job has there, or what other steps leave.</summary>
internal sealed class StepRoom
{
    /// <summary>Of the job.</summary>
    public required NodeShare Share { get; init; }
    /// <summary>Null: the node is not known any more; its cores are then taken for single threads of one socket.</summary>
    public required NodeKind? Kind { get; init; }
    public required CpuSet Cpus { get; init; }
    public required ulong MemoryBytes { get; init; }
    public required IReadOnlyList<GresShare> Gres { get; init; }

    public CpuSet JobCpus => CpuSet.FromBytes(Share.Cpus);
    public int Threads => Kind?.Threads ?? 1;

    public static StepRoom All(Job job, NodeShare share, NodeKind? kind) =>
        new() { Share = share, Kind = kind, Cpus = CpuSet.FromBytes(share.Cpus), MemoryBytes = share.MemoryBytes, Gres = share.Gres };

    /// <summary>Less what the running steps have that do not overlap. The batch step has nothing of its own.</summary>
    public StepRoom Without(Job job)
    {
        var (cpus, memory) = (Cpus, MemoryBytes);
        var gres = new StepGres(Gres);
        foreach (var step in job.Steps.Values)
        {
            if (step.Id == StepIds.Batch || step.IsOver || step.Spec.Overlap || step.ExitReports.ContainsKey(Share.Node)) continue;
            foreach (var taken in step.Shares)
            {
                if (!string.Equals(taken.Node, Share.Node, StringComparison.Ordinal)) continue;
                cpus = cpus.Except(CpuSet.FromBytes(taken.Cpus));
                if (step.Spec.HasMemoryPerNodeBytes || step.Spec.HasMemoryPerCpuBytes) memory -= Math.Min(memory, taken.MemoryBytes);
                gres.Remove(taken.Gres);
            }
        }
        return new StepRoom { Share = Share, Kind = Kind, Cpus = cpus, MemoryBytes = memory, Gres = gres.Left };
    }

    public int SocketOf(int core) => Kind is null ? 0 : Math.Min(core / Kind.CoresPerSocket, Kind.Sockets - 1);
}
