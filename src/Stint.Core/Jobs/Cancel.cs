using Stint.Core.Arrays;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

public sealed partial class Cluster
{
    private Decision DecideCancel(CancelJob command, Instant now)
    {
        if (!jobs.TryGetValue(command.JobId, out var job)) return UnknownJob(command.JobId);
        if (!MayChange(job, command.By)) return Denied(job, command.By, "cancel");
        var batch = new Batch(now);
        if (command.Tasks is { } tasks) return CancelTasks(batch, job, tasks, command.By);

        var found = false;
        foreach (var member in CancelledWith(job))
        {
            if (member.IsOver) continue;
            found = true;
            Cancel(batch, member, command.By);
        }
        return found ? batch.Decision() : AlreadyOver(job);
    }

    /// <summary>All of an array; all of a heterogeneous job, unless it runs and one component other than the leader is meant.</summary>
    private IEnumerable<Job> CancelledWith(Job job) =>
        IsHetLeader(job) || IsHetFollower(job) && job.State == JobState.Pending ? HetGroup(job) : JobsOf(job.Id);

    private Decision CancelTasks(Batch batch, Job array, IReadOnlyList<ArrayRange> ranges, Actor by)
    {
        if (array.Spec.Array.Count == 0) return Decision.No(RefusalCodes.InvalidJobId, $"job {array.Id} is not an array");
        if (Selection(array, ranges) is not { } selected)
            return Decision.No(RefusalCodes.InvalidJobId,
                $"the selected tasks of array {array.Id} are not ascending ranges of task numbers");
        var (found, over) = (false, false);
        if (arrays.TryGetValue(array.Id, out var book))
        {
            foreach (var (task, id) in book.TaskJobs)
            {
                if (!selected.Contains(task)) continue;
                if (jobs[id].IsOver) { over = true; continue; }
                found = true;
                Cancel(batch, jobs[id], by);
            }
            if (array.IsArray && array.State == JobState.Pending) found |= CancelUnstarted(batch, array, selected, by);
        }
        else if (array.ArrayTask is { } own && selected.Contains(own))
        {
            if (array.IsOver) over = true;
            else { found = true; Cancel(batch, array, by); }
        }
        return found ? batch.Decision()
            : over ? Decision.No(RefusalCodes.AlreadyDone, $"the selected tasks of array {array.Id} are over")
            : Decision.No(RefusalCodes.InvalidJobId, $"array {array.Id} has none of the selected tasks");
    }

    private static bool CancelUnstarted(Batch batch, Job array, TaskSet selection, Actor by)
    {
        var selected = new List<uint>();
        foreach (var task in array.Unstarted!.Tasks())
            if (selection.Contains(task)) selected.Add(task);
        if (selected.Count == 0) return false;
        if (selected.Count == array.PendingTaskCount)
            batch.Add(new JobEnded { JobId = array.Id, Kind = EndKind.EndCancelled, ByUid = by.Uid });
        else
            batch.Add(new ArrayTasksCancelled { ArrayJobId = array.Id, ByUid = by.Uid, Tasks = { TaskSet.Fold([.. selected]) } });
        return true;
    }

    private static void Cancel(Batch batch, Job job, Actor by)
    {
        if (job.State == JobState.Pending)
            batch.Add(new JobEnded { JobId = job.Id, Kind = EndKind.EndCancelled, ByUid = by.Uid });
        else if (job.State != JobState.Completing || job.RequeuePending)
            End(batch, job, new Ending(EndKind.EndCancelled, by.Uid));
    }

    /// <summary>The ranges as a set, cut off after the array's last task; null when they are none. The work is bounded by the array's
    /// size.</summary>
    private static TaskSet? Selection(Job array, IReadOnlyList<ArrayRange> ranges)
    {
        var last = array.Spec.Array.Max(static range => range.Last);
        var work = 0UL;
        var within = new List<ArrayRange>();
        foreach (var range in ranges)
        {
            if (range.Last < range.First) return null;
            if (range.First > last) continue;
            within.Add(new ArrayRange { First = range.First, Last = Math.Min(range.Last, last), Step = Math.Max(1, range.Step) });
            work += (within[^1].Last - range.First) / within[^1].Step + 1;
        }
        return ranges.Count == 0 || work > 4 * ((ulong)last + 1) ? null : new TaskSet(within);
    }

    private void On(ArrayTasksCancelled record, Instant at)
    {
        var array = JobOf(record.ArrayJobId);
        var before = array.PendingTaskCount;
        foreach (var range in record.Tasks)
            for (ulong task = range.First; task <= range.Last; task += Math.Max(1, range.Step))
                if (array.Unstarted!.Remove((uint)task)) arrays[array.Id].FinishedBad++;
        CountCancelled(array, before - array.PendingTaskCount);
        WakeDependents(array);
        Wake(array);
    }
}
