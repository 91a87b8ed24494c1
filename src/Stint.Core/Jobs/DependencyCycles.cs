using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>A circle of jobs that would wait for each other if this job had that spec: its ids in order; null: there is none. Only an
    /// update can make one: at submission all others are older. Who waits for an array waits for each of its tasks.</summary>
    private string? FindCycle(uint jobId, Job job, JobSpec spec)
    {
        var array = job.ArrayJobId ?? (job.Id != jobId ? job.Id : jobId);       // a task that is about to be split off has the array's record
        var path = new List<uint> { jobId };
        return Reaches(spec, jobId, array, job.ArrayTask, path, []) ? string.Join(" → ", path) : null;
    }

    private bool Reaches(JobSpec spec, uint goal, uint goalArray, uint? goalTask, List<uint> path, HashSet<uint> seen)
    {
        foreach (var dependency in spec.Dependencies)
        {
            if (dependency.Kind == "singleton") continue;
            path.Add(dependency.JobId);
            if (dependency.JobId == goal && !IsOtherTask(dependency, goalTask)) return true;
            if (dependency.JobId == goalArray && !IsOtherTask(dependency, goalTask)) return true;
            if (seen.Count < DependenciesMax && seen.Add(dependency.JobId))
                foreach (var member in JobsOf(dependency.JobId))
                    if (!member.IsOver && member.Id != goal && Reaches(member.Spec, goal, goalArray, goalTask, path, seen)) return true;
            path.RemoveAt(path.Count - 1);
        }
        return false;
    }

    private static bool IsOtherTask(Dependency dependency, uint? task) => dependency.HasArrayTask && dependency.ArrayTask != task;
}
