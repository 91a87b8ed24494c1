using Stint.Core;
using Stint.Core.Jobs;
using Stint.Protocol.Slurm;

namespace Stint.Server.Features.Jobs;

/// <summary>From <c>12</c>, <c>7_3</c>, <c>7_[1-5]</c> to the jobs of the state.</summary>
internal static class JobSelectors
{
    /// <summary>
    /// An array's id means its record and all its started tasks; a task selection means the started ones of these tasks, and the
    /// array's record as long as one of them has not started.
    /// </summary>
    public static IEnumerable<Job> Find(Cluster cluster, JobIdSpec id)
    {
        foreach (var job in cluster.JobsOf(id.JobId))
        {
            if (id.Tasks is null) yield return job;
            else if (job.ArrayTask is { } task ? Includes(id, task) : job.IsArray && HasPending(job, id)) yield return job;
        }
    }

    public static bool Includes(JobIdSpec id, uint task)
    {
        if (id.Tasks is null) return true;
        foreach (var range in id.Tasks)
            if (range.Contains(task)) return true;
        return false;
    }

    private static bool HasPending(Job array, JobIdSpec id)
    {
        foreach (var pending in array.PendingTasks)
            foreach (var asked in id.Tasks!)
                if (asked.First <= pending.Last && asked.Last >= pending.First) return true;
        return false;
    }
}
