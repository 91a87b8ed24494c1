namespace Stint.Core.Scheduling.Priorities;

/// <summary>The job size factor of Slurm's multifactor priority (priority_multifactor.html, "Job size factor").</summary>
internal static class SizeFactor
{
    /// <param name="timeLimitMs">0: unlimited.</param>
    public static double Of(long nodes, long cpus, long timeLimitMs, long clusterNodes, long clusterCpus, bool favorSmall, bool relativeToTime)
    {
        if (clusterNodes <= 0 || clusterCpus <= 0) return 0;
        double factor;
        if (relativeToTime)
        {
            // CPUs of the job, at least its nodes' average, per minute of its time limit.
            var size = Math.Max((double)nodes * clusterCpus / clusterNodes, cpus);
            var minutes = timeLimitMs > 0 ? Math.Max(1, timeLimitMs / 60_000) : 365L * 24 * 60;
            factor = size / minutes / clusterCpus;
            if (favorSmall) factor = 1 - factor;
        }
        else
        {
            factor = ((double)nodes / clusterNodes + (double)cpus / clusterCpus) / 2;
            if (favorSmall) factor = 1 - factor;
        }
        return Math.Clamp(factor, 0, 1);
    }
}
