using Stint.Core.Arrays;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

// Single tasks of an array: a task that something is said of alone leaves the array's record and is a job of its own from there on.
public sealed partial class Cluster
{
    /// <summary>The jobs that a command names; unstarted tasks among them are split off in the batch, unless they are all that is
    /// left.</summary>
    private Decision? TargetsOf(Batch batch, Job job, IReadOnlyList<ArrayRange>? tasks, out List<Target> targets)
    {
        targets = [];
        if (tasks is null)
        {
            foreach (var member in HetOrArray(job)) targets.Add(new Target(member, member.Id));
            return null;
        }
        if (job.Spec.Array.Count == 0) return Decision.No(RefusalCodes.InvalidJobId, $"job {job.Id} is not an array");
        if (Selection(job, tasks) is not { } selected)
            return Decision.No(RefusalCodes.InvalidJobId, $"the selected tasks of array {job.Id} are not ascending ranges of task numbers");
        if (arrays.TryGetValue(job.Id, out var book))
        {
            foreach (var (task, id) in book.TaskJobs)
                if (selected.Contains(task)) targets.Add(new Target(jobs[id], id));
            if (job.IsArray && job.State == JobState.Pending) SplitTasks(batch, job, selected, targets);
        }
        else if (job.ArrayTask is { } own && selected.Contains(own)) targets.Add(new Target(job, job.Id));
        return targets.Count > 0 ? null : Decision.No(RefusalCodes.InvalidJobId, $"array {job.Id} has none of the selected tasks");
    }

    private IEnumerable<Job> HetOrArray(Job job) => job.Spec.HetJobId != 0 ? HetGroup(job) : JobsOf(job.Id);

    private void SplitTasks(Batch batch, Job array, TaskSet selection, List<Target> targets)
    {
        var selected = array.Unstarted!.Tasks().Where(selection.Contains).ToList();
        if (selected.Count == 0) return;
        if (selected.Count == array.PendingTaskCount) { targets.Add(new Target(array, array.Id)); return; }
        var record = new ArrayTasksSplit { ArrayJobId = array.Id };
        for (var i = 0; i < selected.Count; i++)
        {
            record.Tasks.Add(selected[i]);
            record.JobIds.Add(NextJobId + (uint)i);
            targets.Add(new Target(array, NextJobId + (uint)i));
        }
        batch.Add(record);
    }

    private void On(ArrayTasksSplit record)
    {
        var array = JobOf(record.ArrayJobId);
        for (var i = 0; i < record.Tasks.Count; i++)
        {
            var job = TakeTask(array, record.Tasks[i], record.JobIds[i]);
            (job.Held, job.HeldByAdmin, job.Policy) = (array.Held, array.HeldByAdmin, array.Policy);
            BecomePending(job);
        }
        Wake(array);
    }
}
