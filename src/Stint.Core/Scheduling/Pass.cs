using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Partitions;
using Stint.Core.Scheduling;

namespace Stint.Core;

// One scheduling pass: ask the policy for a plan, check every start of it again, write the records.
public sealed partial class Cluster
{
    /// <summary>Starts of one pass. More are left to the next one, so that the inbox is served in between.</summary>
    private const int StartsMax = 1_000;

    private readonly Dictionary<uint, int> plannedPerArray = [];
    private Instant passAt;

    private Decision DecideSchedule(Instant now)
    {
        WakeDue(now);
        plannedPerArray.Clear();
        passAt = now;
        BeginLimitPass(now);
        var view = new SchedulingView(now, WithOrphans(), nodes, nodesVersion, StartsMax, Obstacle, StartableTasks, NoteStart,
            (job, node, free) => ReservedFor(job, node, free, now, RunTimeMs(job.Spec)));
        var plan = scheduler.Plan(view);
        var batch = new Batch(now);
        Accept(plan, batch);
        DropIncompleteGroups(batch);
        foreach (var verdict in plan.Verdicts) Accept(verdict, batch);
        // What is left of an array with aftercorr is judged when its starts have been applied.
        NeedsSchedule = plan.IsCut || plan.Starts.Exists(static start => start.Job.IsArray && HasCorresponding(start.Job));
        PlanPreemptions(batch, plan.Verdicts, now);
        return batch.Decision();
    }

    /// <summary>The configured partitions, and the queues of those that were taken out: their jobs are told why they wait.</summary>
    private IReadOnlyList<Partition> WithOrphans() => partitions.Count == partitionsByName.Count
        ? partitions
        : [.. partitions, .. partitionsByName.Values.Where(static partition => !partition.IsConfigured && partition.Queue.Count > 0)];

    /// <summary>The plan is advice: a start that the state does not allow is dropped; the job stays in the queue for the next
    /// pass.</summary>
    private void Accept(Plan plan, Batch batch)
    {
        var free = new FreeResources();
        var nextId = NextJobId;
        plannedPerArray.Clear();
        BeginLimitPass(batch.Now);
        var tasksOf = new Dictionary<uint, (IEnumerator<uint> Free, int Left)>();
        foreach (var start in plan.Starts)
        {
            if (start.Job.State != JobState.Pending || start.Job.Held || ThrottleOf(start.Job) is not null
                || LimitObstacle(start.Job, QueueFor(start.Job.Spec.Partition), batch.Now) is not null || !IsUnreserved(start, free)
                || !IsFree(free, start)) continue;
            NoteStart(start.Job);
            var record = new JobAllocated { JobId = start.Job.Id, Attempt = start.Job.Attempt, Shares = { start.Shares } };
            CompleteStart(record, start.Job, batch.Now);
            if (start.Job.IsArray && !SplitTask(start.Job, record, tasksOf, ref nextId)) continue;
            batch.Add(record);
        }
    }

    /// <summary>The task becomes a job of its own with a fresh id; the last one takes the array's.</summary>
    private bool SplitTask(Job array, JobAllocated record, Dictionary<uint, (IEnumerator<uint> Free, int Left)> tasksOf, ref uint nextId)
    {
        if (!tasksOf.TryGetValue(array.Id, out var tasks)) tasks = (FreeTasks(array).GetEnumerator(), array.PendingTaskCount);
        if (!tasks.Free.MoveNext()) return false;
        tasks.Left--;
        tasksOf[array.Id] = tasks;
        record.ArrayJobId = array.Id;
        record.ArrayTask = tasks.Free.Current;
        record.JobId = tasks.Left == 0 ? array.Id : nextId++;
        return true;
    }

    private bool IsFree(FreeResources free, Start start)
    {
        foreach (var share in start.Shares)
            if (!nodes.TryGetValue(share.Node, out var node) || !node.TakesJobs || !free.TryTake(node, share, Holder.Of(start.Job.Spec))) return false;
        return start.Shares.Count > 0;
    }

    private void Accept(Verdict verdict, Batch batch)
    {
        var job = verdict.Job;
        if (verdict.Reason == PendingReason.DependencyNeverSatisfied && job.Spec.KillOnInvalidDependency)
        {
            batch.Add(new JobEnded { JobId = job.Id, Kind = EndKind.EndCancelled, Cause = "its dependency can never be satisfied" });
            return;
        }
        if (!verdict.Blocks) { Park(verdict); return; }
        var partition = QueueFor(job.Spec.Partition);
        if (partition.BlockedHead != job.Id) MarkWaiting(partition, job);
        job.Reason = verdict.Reason;
        job.ReasonDetail = verdict.Detail;
    }

    /// <summary>A new head of the queue: who is behind it waits for its turn.</summary>
    private void MarkWaiting(Partition partition, Job head)
    {
        if (jobs.TryGetValue(partition.BlockedHead, out var former) && partition.Queue.Contains(former))
            former.Reason = PendingReason.Priority;
        partition.BlockedHead = head.Id;
        foreach (var job in partition.Unmarked)
            if (job.Reason == PendingReason.None && partition.Queue.Contains(job)) job.Reason = PendingReason.Priority;
        partition.Unmarked.Clear();
    }

    private int StartableTasks(Job job)
    {
        var arrayId = job.ArrayJobId ?? job.Id;
        var wanted = job.IsArray ? HasCorresponding(job) ? FreeTasks(job).Count() : job.PendingTaskCount : 1;
        var throttle = (int)Math.Min(job.Spec.ArrayThrottle, int.MaxValue);
        if (throttle == 0 || !arrays.TryGetValue(arrayId, out var book)) return wanted;
        return Math.Clamp(throttle - book.Active - plannedPerArray.GetValueOrDefault(arrayId), 0, wanted);
    }

    /// <summary>Counts a planned start for the throttle of its array.</summary>
    private void NoteStart(Job job)
    {
        NoteLimitUse(job, QueueFor(job.Spec.Partition));
        if (job.Spec.ArrayThrottle == 0) return;
        var arrayId = job.ArrayJobId ?? job.Id;
        plannedPerArray[arrayId] = plannedPerArray.GetValueOrDefault(arrayId) + 1;
    }

    private static bool HasCorresponding(Job job)
    {
        foreach (var dependency in job.Spec.Dependencies)
            if (dependency.Kind == "aftercorr") return true;
        return false;
    }

    /// <summary>What keeps a job from starting, whatever is free. In the order in which Slurm names reasons.</summary>
    private Verdict? Obstacle(Job job, Partition partition)
    {
        if (job.Held) return new Verdict(job, HoldReason(job), "");
        if (job.NotBefore > passAt) return new Verdict(job, PendingReason.BeginTime, "its begin time has not come", Wake: job.NotBefore);
        switch (DependenciesOf(job, passAt, out var wake))
        {
            case DependencyState.NotYet: return new Verdict(job, PendingReason.Dependency, "waits for other jobs", Wake: wake);
            case DependencyState.Never: return new Verdict(job, PendingReason.DependencyNeverSatisfied,
                "a job it depends on ended otherwise than it asks for");
        }
        if (!partition.IsConfigured)
            return new Verdict(job, PendingReason.PartitionConfig, $"partition {partition.Name} is not in the configuration any more");
        return ThrottleOf(job) ?? ReservationObstacle(job, partition, passAt) ?? LimitObstacle(job, partition, passAt);
    }

    private Verdict? ThrottleOf(Job job)
    {
        var arrayId = job.ArrayJobId ?? job.Id;
        if (job.Spec.ArrayThrottle == 0 || !arrays.TryGetValue(arrayId, out var book)) return null;
        var running = book.Active + plannedPerArray.GetValueOrDefault(arrayId);
        return running < job.Spec.ArrayThrottle ? null
            : new Verdict(job, PendingReason.JobArrayTaskLimit, $"{running} of its tasks run; its limit is {job.Spec.ArrayThrottle} at a time");
    }

    private static string Minutes(long ms) =>
        ms % 60_000 != 0 ? $"{ms / 1000} seconds" : ms == 60_000 ? "1 minute" : $"{ms / 60_000} minutes";
}
