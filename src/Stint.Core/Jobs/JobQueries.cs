using Stint.Core.Arrays;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

// Indexes over jobs, and pure questions about them. All of them are derived: Audit computes them again.
public sealed partial class Cluster
{
    private readonly SortedSet<uint> activeJobs = [];
    private readonly SortedSet<(long EndMs, uint Id)> endedJobs = [];
    private readonly Dictionary<uint, ArrayBook> arrays = [];
    private readonly SpecTable specs = new();
    /// <summary>By <see cref="SpecTable.HashOf"/>.</summary>
    private readonly Dictionary<ulong, uint> clientTokens = [];
    /// <summary>Who holds back a job that wants to be the only one of its name; made when the first such job comes.</summary>
    private Dictionary<(uint Uid, string Name), SortedSet<uint>>? unfinishedByName;
    private int unfinishedJobs;

    public Job? FindJob(uint id) => jobs.GetValueOrDefault(id);

    /// <summary>Jobs that hold resources, ascending.</summary>
    public IReadOnlyCollection<uint> ActiveJobs => activeJobs;

    /// <summary>The started task of an array as the job it became; null: not started, cancelled, forgotten, or no such task.</summary>
    public Job? FindTask(uint arrayJobId, uint task) =>
        arrays.TryGetValue(arrayJobId, out var book) && book.TaskJobs.TryGetValue(task, out var id) ? jobs.GetValueOrDefault(id) : null;

    /// <summary>All jobs that an array's id stands for, its own record first; or the one job of that id.</summary>
    public IEnumerable<Job> JobsOf(uint id)
    {
        if (!jobs.TryGetValue(id, out var job)) yield break;
        yield return job;
        if (!arrays.TryGetValue(id, out var book)) yield break;
        foreach (var taskJob in book.TaskJobs.Values)
            if (taskJob != id) yield return jobs[taskJob];
    }

    /// <summary>Payloads that may still be launched or shown; every other blob can go.</summary>
    public IReadOnlySet<string> PayloadHashes()
    {
        var hashes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var job in jobs.Values)
        {
            foreach (var step in job.Steps.Values) hashes.Add(step.Spec.PayloadHash);
        }
        foreach (var spec in specs.All) hashes.Add(spec.PayloadHash);
        hashes.Remove("");
        return hashes;
    }

    private void IndexUnfinished(Job job)
    {
        unfinishedJobs++;
        if (unfinishedByName is null && !IsSingleton(job)) return;
        // A job that comes back is still over here.
        Enlist(unfinishedByName ?? IndexNames(), job);
    }

    private Dictionary<(uint Uid, string Name), SortedSet<uint>> IndexNames()
    {
        unfinishedByName = [];
        foreach (var other in jobs.Values)
            if (!other.IsOver) Enlist(unfinishedByName, other);
        return unfinishedByName;
    }

    private static void Enlist(Dictionary<(uint Uid, string Name), SortedSet<uint>> index, Job job)
    {
        var key = (job.Spec.Uid, job.Spec.Name);
        if (!index.TryGetValue(key, out var same)) index.Add(key, same = []);
        same.Add(job.Id);
    }

    private void UnindexUnfinished(Job job)
    {
        unfinishedJobs--;
        if (unfinishedByName is null) return;
        var key = (job.Spec.Uid, job.Spec.Name);
        var same = unfinishedByName[key];
        same.Remove(job.Id);
        if (same.Count == 0) unfinishedByName.Remove(key);
        WakeSingletons(key);
    }

    private static Decision UnknownJob(uint id) =>
        Decision.No(RefusalCodes.InvalidJobId, $"job {id} is not known here", "List jobs with squeue, past ones with sacct");

    private static bool MayChange(Job job, Actor by) => by.IsOperator || by.Uid == job.Spec.Uid;

    private static Decision Denied(Job job, Actor by, string what) =>
        Decision.No(RefusalCodes.AccessDenied, $"uid {by.Uid} may not {what} job {job.Id}, which belongs to uid {job.Spec.Uid}");
}
