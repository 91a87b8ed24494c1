using Stint.Core.Journal;
using Stint.Core.Partitions;
using Stint.Core.Resources;
using Stint.Core.Scheduling;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>
    /// Refused is what no node could ever give to one task: more CPUs, memory or devices than any registered node of the partition has.
    /// A request that only needs more nodes than there are waits as PartitionConfig, as in Slurm: nodes can join.
    /// </summary>
    private Refusal? CheckFits(JobSpec spec)
    {
        var request = Request.Of(spec);
        Refusal? refusal = null;
        foreach (var name in spec.Partition.Split(','))
        {
            if (FindPartition(name) is not { } partition) continue;
            if (partition.Nodes.Count == 0) return null;
            foreach (var node in partition.Nodes)
                if (Placement.TasksOn(request, node, FreeResources.Total(node)) > 0) return null;
            refusal ??= NeverFits(request, partition);
        }
        return refusal;
    }

    private static Refusal NeverFits(Request request, Partition partition)
    {
        uint cpus = 0;
        ulong memory = 0;
        foreach (var node in partition.Nodes)
        {
            cpus = Math.Max(cpus, node.Hardware.Cpus);
            memory = Math.Max(memory, node.Kind.MemoryBytes);
        }
        var needed = request.MemoryPerNode is > 0 and var perNode ? perNode : (request.MemoryPerCpu ?? 0) * (ulong)request.CpusPerTask;
        if (request.Ranges is null && cpus < request.CpusPerTask)
            return No(RefusalCodes.NodeConfigUnavailable,
                $"no node of partition {partition.Name} can take one task of {request.CpusPerTask} CPUs; the largest has {cpus}", "Ask for fewer with --cpus-per-task");
        if (request.Ranges is null && needed > memory)
            return No(RefusalCodes.NodeConfigUnavailable,
                $"memory specification can not be satisfied: {new ByteSize(needed)} on one node; the largest node of partition {partition.Name} has {new ByteSize(memory)}", "Ask for less with --mem or --mem-per-cpu");
        return No(RefusalCodes.NodeConfigUnavailable,
            $"no node of partition {partition.Name} can take one task of it: {Shortage.Of(request, partition.Nodes, static node => FreeResources.Total(node)).Sentence}");
    }
}
