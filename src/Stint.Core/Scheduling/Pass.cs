using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Partitions;
using Stint.Core.Scheduling;

namespace Stint.Core;

// One slice of scheduling: ask the policy for a plan, check every start of it again, write the records.
public sealed partial class Cluster
{
    /// <summary>Starts of one slice. More are left to the next one, so that the inbox is served in between.</summary>
    private const int StartsMax = 1_000;

    private readonly Dictionary<uint, int> plannedPerArray = [];
    private Instant passAt;

    /// <summary>When and where a pending job is planned to start; null: it has no planned start.</summary>
    public PlannedStart? PlannedStart(uint jobId) => scheduler.PlannedStartOf(jobId);

    /// <summary>A planned start waits for this node: Slurm's PLANNED.</summary>
    public bool IsPlanned(string node) => nodes.TryGetValue(node, out var found) && scheduler.IsPlanned(found);

    private Decision DecideSchedule(Schedule command, Instant now)
    {
        WakeDue(now);
        plannedPerArray.Clear();
        passLicenses = null;
        passAt = now;
        BeginLimitPass(now);
        queue.Reorder(Config.Priority is { Multifactor: true, WeightAge: > 0 });
        var plan = scheduler.Plan(new View(this, command.IsEnough));
        var batch = new Batch(now);
        Accept(plan, batch);
        DropIncompleteGroups(batch);
        foreach (var verdict in plan.Verdicts) Accept(verdict, batch);
        if (plan.Again.IsSet) timedWakes.Add((plan.Again.Milliseconds, 0));
        // What is left of an array with aftercorr is judged when its starts have been applied.
        var yields = FollowPreemptions(plan, batch);
        NeedsSchedule = plan.IsCut || yields || plan.Starts.Exists(static start => start.Job.IsArray && HasCorresponding(start.Job));
        return batch.Decision();
    }

    /// <summary>The plan is advice: a start that the state does not allow is dropped; the job stays in the queue for the next
    /// pass.</summary>
    private void Accept(Plan plan, Batch batch)
    {
        var free = new FreeResources();
        var nextId = NextJobId;
        plannedPerArray.Clear();
        passLicenses = null;
        BeginLimitPass(batch.Now);
        var tasksOf = new Dictionary<uint, (IEnumerator<uint> Free, int Left)>();
        foreach (var start in plan.Starts)
        {
            if (start.Job.State != JobState.Pending || start.Job.Held || ThrottleOf(start.Job) is not null
                || ChosenLicenses(start.Job) is not { } licenses || !IsUnreserved(start, free) || !IsFree(free, start))
            {
                TouchAll(start);
                continue;
            }
            var standing = start.Partition is { } chosen ? StandingWith(start.Job, chosen, start.Shares) : null;
            if (standing is not null && (LimitObstacle(start.Job, standing.Partition, batch.Now) ?? ObstacleOfShares(start.Job, standing, batch.Now)) is { } limit) { Drop(start, limit); continue; }
            NoteArrayStart(start.Job);
            NoteLicenseUse(licenses);
            if (standing is not null) NoteLimitUse(standing);
            var record = new JobAllocated { JobId = start.Job.Id, Attempt = start.Job.Attempt, Shares = { start.Shares }, Licenses = licenses };
            if (start.Partition is { } partition && partition.Name != start.Job.Spec.Partition) record.Partition = partition.Name;
            CompleteStart(record, start.Job, batch.Now, start.RunLimitMs);
            if (start.Job.IsArray && !SplitTask(start.Job, record, tasksOf, ref nextId)) continue;
            batch.Add(record);
        }
    }

    /// <summary>The policy counts on a start that is not to be: it has to look at the nodes again.</summary>
    private void TouchAll(Start start)
    {
        foreach (var share in start.Shares)
            if (nodes.TryGetValue(share.Node, out var node)) Touch(node);
    }

    /// <summary>What was chosen is more than a limit allows: nothing starts, and the nodes are looked at again.</summary>
    private void Drop(Start start, Verdict limit)
    {
        TouchAll(start);
        if (start.Job.Class is not { } group) return;
        foreach (var contender in group.Contenders)
            if (contender.Partition == start.Partition) group.Note(contender, limit);
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
        var holder = Holder.Of(start.Job.Spec);
        foreach (var share in start.Shares)
            if (!nodes.TryGetValue(share.Node, out var node) || !node.TakesJobs || !free.TryTake(node, share, holder)) return false;
        return start.Shares.Count > 0;
    }

    private void Accept(Verdict verdict, Batch batch)
    {
        var job = verdict.Job;
        if (verdict.Reason == PendingReason.DependencyNeverSatisfied && job.Spec.KillOnInvalidDependency)
            batch.Add(new JobEnded { JobId = job.Id, Kind = EndKind.EndCancelled, Cause = "its dependency can never be satisfied" });
        else if (job.State == JobState.Pending) Park(verdict);
    }

    /// <summary>Counts a planned start for the throttle of its array.</summary>
    private void NoteArrayStart(Job job)
    {
        if (job.Spec.ArrayThrottle == 0) return;
        var arrayId = job.ArrayJobId ?? job.Id;
        plannedPerArray[arrayId] = plannedPerArray.GetValueOrDefault(arrayId) + 1;
    }
}
