using Stint.Core.Journal;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>A circle of jobs that would wait for each other if this job had that spec: its ids in order; null: there is none. Only an
    /// update can make one: at submission all others are older.</summary>
    private string? FindCycle(uint jobId, JobSpec spec)
    {
        var path = new List<uint> { jobId };
        return Reaches(spec, jobId, path, []) ? string.Join(" → ", path) : null;
    }

    private bool Reaches(JobSpec spec, uint goal, List<uint> path, HashSet<uint> seen)
    {
        foreach (var dependency in spec.Dependencies)
        {
            if (dependency.Kind == "singleton") continue;
            path.Add(dependency.JobId);
            if (dependency.JobId == goal) return true;
            if (seen.Count < DependenciesMax && seen.Add(dependency.JobId) && jobs.TryGetValue(dependency.JobId, out var target) && !target.IsOver
                && Reaches(target.Spec, goal, path, seen)) return true;
            path.RemoveAt(path.Count - 1);
        }
        return false;
    }
}
