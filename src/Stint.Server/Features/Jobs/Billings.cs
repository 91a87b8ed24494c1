using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Server.Features.Jobs;

/// <summary>What a job is charged for each second: its partition's weights over what it has, or its CPUs (slurm.conf(5), TRESBillingWeights).</summary>
internal static class Billings
{
    public static double Of(Cluster cluster, Job job)
    {
        var name = job.Partition.Length > 0 ? job.Partition : job.Spec.Partition;
        PartitionSpec? partition = null;
        foreach (var one in cluster.Config.Partitions)
            if (one.Name == name) partition = one;
        if (partition is null || partition.BillingWeights.Count == 0) return 0;
        double sum = 0;
        foreach (var weight in partition.BillingWeights) sum += weight.Value * Amount(job, weight.Tres);
        return sum;
    }

    private static double Amount(Job job, string tres)
    {
        var spec = job.Spec;
        var given = job.Shares.Count > 0;
        switch (tres)
        {
            case "cpu":
                var (cpus, _) = JobViews.Allocated(job.Shares);
                return given ? cpus : Math.Max(1, spec.Tasks) * Math.Max(1, spec.CpusPerTask);
            case "mem":
                var (_, memory) = JobViews.Allocated(job.Shares);
                return (given ? memory : JobViews.AskedMemory(spec)) / 1048576.0;
            case "node": return given ? job.Shares.Count : Math.Max(1, spec.NodesMin);
            default:
                foreach (var count in given ? ResourceViews.Allocated(job.Shares) : ResourceViews.Requested(spec))
                    if (count.Tres == tres) return count.Count;
                return 0;
        }
    }
}
