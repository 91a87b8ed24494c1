using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Storage;

namespace Stint.Server.Features.Jobs;

/// <summary>What a job is charged for each second: its partition's weights over what it has, or its CPUs (slurm.conf(5), TRESBillingWeights).</summary>
internal static class Billings
{
    public static double Of(Cluster cluster, Job job) =>
        Of(cluster.Config.Partitions, job.Partition.Length > 0 ? job.Partition : job.Spec.Partition, job.Spec, job.Shares);

    public static double Of(IReadOnlyList<PartitionSpec> partitions, HistoryJob job) =>
        Of(partitions, job.Partition.Length > 0 ? job.Partition : job.Spec.Partition, job.Spec, job.Shares);

    private static double Of(IReadOnlyList<PartitionSpec> partitions, string name, JobSpec spec, IReadOnlyList<NodeShare> shares)
    {
        PartitionSpec? partition = null;
        for (var i = 0; i < partitions.Count; i++)
            if (partitions[i].Name == name) partition = partitions[i];
        if (partition is null || partition.BillingWeights.Count == 0) return 0;
        double sum = 0;
        foreach (var weight in partition.BillingWeights) sum += weight.Value * Amount(spec, shares, weight.Tres);
        return sum;
    }

    private static double Amount(JobSpec spec, IReadOnlyList<NodeShare> shares, string tres)
    {
        var given = shares.Count > 0;
        switch (tres)
        {
            case "cpu":
                var (cpus, _) = JobViews.Allocated(shares);
                return given ? cpus : Math.Max(1, spec.Tasks) * Math.Max(1, spec.CpusPerTask);
            case "mem":
                var (_, memory) = JobViews.Allocated(shares);
                return (given ? memory : JobViews.AskedMemory(spec)) / 1048576.0;
            case "node": return given ? shares.Count : Math.Max(1, spec.NodesMin);
            default:
                foreach (var count in given ? ResourceViews.Allocated(shares) : ResourceViews.Requested(spec))
                    if (count.Tres == tres) return count.Count;
                return 0;
        }
    }
}
