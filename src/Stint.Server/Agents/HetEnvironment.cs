using System.Globalization;
using Stint.Core;
using Stint.Core.Jobs;

namespace Stint.Server.Agents;

/// <summary>What the leader of a heterogeneous job is told of each component: <c>SLURM_JOB_NODELIST_HET_GROUP_1</c> and the like (sbatch(1)).</summary>
internal static class HetEnvironment
{
    private static readonly HashSet<string> Once = ["SLURM_CLUSTER_NAME", "SLURM_JOB_UID", "SLURM_JOB_GID", "SLURM_JOB_USER", "SLURM_SUBMIT_DIR", "SLURM_SUBMIT_HOST", "SLURM_PRIO_PROCESS",
        "SLURM_HET_JOB_ID", "SLURM_HET_OFFSET", "SLURM_HET_SIZE", "SLURM_RESTART_COUNT"];

    public static IEnumerable<KeyValuePair<string, string>> Of(Cluster cluster, Job leader)
    {
        if (leader.Spec.HetJobId == 0 || leader.Spec.HetJobId != leader.Id) yield break;
        foreach (var member in cluster.HetGroup(leader))
        {
            if (member.Shares.Count == 0) continue;
            var suffix = "_HET_GROUP_" + member.Spec.HetOffset.ToString(CultureInfo.InvariantCulture);
            foreach (var (name, value) in JobEnvironment.OfJob(member, cluster.Config.Name))
                if (!Once.Contains(name)) yield return new(name + suffix, value);
        }
    }
}
