using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

// scontrol update job. What needs a pending job, and what only an operator may, is scontrol(1)'s; the changed spec passes the same checks
// as a submission.
public sealed partial class Cluster
{
    private Decision DecideUpdateJob(UpdateJob command, Instant now)
    {
        if (!jobs.TryGetValue(command.JobId, out var job)) return UnknownJob(command.JobId);
        if (!MayChange(job, command.By)) return Decision.No(RefusalCodes.AccessDenied, $"Invalid user id for job {job.Id}: it belongs to uid {job.Spec.Uid}, not {command.By.Uid}");
        var batch = new Batch(now);
        if (TargetsOf(batch, job, command.Tasks, out var targets) is { } none) return none;
        Refusal? first = null;
        var changed = false;
        foreach (var target in targets)
        {
            if (target.Job.IsOver) { first ??= AlreadyOver(target.Job).Refusal; continue; }
            if (target.Job.State != JobState.Pending && NeedsPending(command.Change) is { } what)
            {
                first ??= No(RefusalCodes.JobNotPending, $"Job is no longer pending execution: {what} of job {target.Job.Id} can not be changed while it is {target.Job.State}");
                continue;
            }
            if (Update(batch, target, command, now) is { } refusal) return new Decision([], refusal, 0);
            changed = true;
        }
        return changed || first is null ? batch.Decision() : new Decision([], first, 0);
    }

    /// <summary>A job as a command means it: its record, and the id under which it will be known once the batch is applied.</summary>
    private readonly record struct Target(Job Job, uint Id);

    /// <summary>The first thing of a change that only a pending job takes; null: there is none.</summary>
    private static string? NeedsPending(JobChange c)
    {
        foreach (var (what, asked) in (ReadOnlySpan<(string, bool)>)[
            ("the partition", c.Partition is not null), ("the account", c.Account is not null), ("the QOS", c.Qos is not null),
            ("the minimum time", c.TimeMinMs is not null), ("the dependencies", c.Dependencies is not null), ("the features", c.Constraint is not null || c.Prefer is not null),
            ("the node count", c.NodesMin is not null || c.NodesMax is not null), ("the task count", c.Tasks is not null || c.TasksPerNode is not null),
            ("the CPUs per task", c.CpusPerTask is not null), ("the memory", c.MemoryPerNodeBytes is not null || c.MemoryPerCpuBytes is not null),
            ("the node list", c.NodeList is not null || c.ExcludeList is not null), ("the generic resources", c.Gres is not null), ("the licences", c.Licenses is not null),
            ("the reservation", c.Reservation is not null), ("the begin time", c.BeginMs is not null), ("the deadline", c.DeadlineMs is not null),
            ("the sharing of nodes", c.Exclusive is not null || c.Contiguous is not null), ("an output file", c.StdOut is not null || c.StdErr is not null || c.StdIn is not null),
            ("the working directory", c.WorkDir is not null)])
            if (asked) return what;
        return null;
    }

    private Refusal? Update(Batch batch, Target target, UpdateJob command, Instant now)
    {
        var (job, change, by) = (target.Job, command.Change, command.By);
        if (CheckRights(job, change, by, now) is { } denied) return denied;
        var spec = job.Spec.Clone();
        if (ChangeTime(spec, job, change, now) is { } refusal) return refusal;
        Assign(spec, change);
        if (change.Priority is { } priority && ChangePriority(batch, target, spec, priority, by) is { } no) return no;
        if (SpecEquality.Instance.Equals(spec, job.Spec)) return null;
        if (job.State == JobState.Pending && NeedsPending(change) is not null)
        {
            if (change.Dependencies is not null && FindCycle(target.Id, job, spec) is { } circle)
                return No(RefusalCodes.CircularDependency, $"Circular job dependency: {circle}");
            var unlimited = spec.TimeLimitMs == 0;
            if (unlimited) spec.TimeLimitMs = -1;            // a request's 0 means the partition's default
            var (prepared, wrong) = Prepare(spec, target.Id, now, change is { Partition: null, Account: null, Qos: null }, change is { Partition: null, Account: null, Reservation: null });
            if (wrong is not null) return wrong;
            spec = prepared;
        }
        else if ((CheckText(spec) ?? CheckShape(spec)) is { } bad) return bad;
        batch.Add(new JobUpdated { JobId = target.Id, Spec = spec, ByUid = by.Uid, ByAdmin = by.IsOperator });
        return null;
    }

    private Refusal? CheckRights(Job job, JobChange change, Actor by, Instant now)
    {
        if (by.IsOperator) return null;
        var what = change.Nice < 0 ? "set a negative nice value"
            : change.DeadlineMs is not null ? "change a deadline"
            : change.Contiguous is not null ? "change the need for contiguous nodes"
            : change.AdminComment is not null ? "set an administrator's comment"
            : change.SiteFactor is not null ? "set a site factor"
            : RaisesLimit(job, change) ? "raise a time limit"
            : change.Priority is > 0 and var wanted && wanted > CurrentPriority(job, now) ? "raise a priority"
            : change.Priority is > 0 && job.HeldByAdmin ? "release a job that an administrator holds"
            : null;
        return what is null ? null : No(RefusalCodes.AccessDenied, $"Access/permission denied for job {job.Id}: only an administrator may {what}");
    }

    private double CurrentPriority(Job job, Instant now) =>
        job.Spec.HasPriority ? job.Spec.Priority : PartitionOfRun(job) is { } partition ? PriorityOf(job, partition, now) : 0;

    /// <summary>0, unlimited, is more than anything.</summary>
    private static bool RaisesLimit(Job job, JobChange change)
    {
        var (limit, now) = (change.TimeLimitMs ?? job.Spec.TimeLimitMs, job.Spec.TimeLimitMs);
        return now > 0 && (limit == 0 || limit + (change.TimeLimitAddMs ?? 0) > now);
    }

    private static Refusal? ChangeTime(JobSpec spec, Job job, JobChange change, Instant now)
    {
        var limit = change.TimeLimitMs ?? spec.TimeLimitMs;
        if (change.TimeLimitAddMs is { } more)
        {
            if (limit == 0) return No(RefusalCodes.InvalidTimeLimit, $"job {job.Id} has no time limit: nothing can be added to it");
            limit += more;
            if (limit <= 0) return No(RefusalCodes.InvalidTimeLimit, $"the time limit of job {job.Id} would be {limit / 60_000} minutes");
        }
        if (limit is < 0 or > SpanMsMax) return No(RefusalCodes.InvalidTimeLimit, $"a time limit of {limit} ms is negative or too long");
        spec.TimeLimitMs = limit;
        if (change.TimeMinMs is { } least) spec.TimeMinMs = least;
        if (spec.TimeMinMs < 0 || spec.TimeMinMs > 0 && limit > 0 && spec.TimeMinMs > limit)
            return No(RefusalCodes.InvalidTimeLimit, $"the minimum time, {Minutes(spec.TimeMinMs)}, is more than the time limit, {Minutes(limit)}");
        if (change.DeadlineMs is { } deadline)
        {
            if (deadline != 0 && deadline <= now.Milliseconds) return No(RefusalCodes.InvalidDeadline, "Invalid deadline time: it lies in the past");
            spec.DeadlineMs = deadline;
        }
        if (change.BeginMs is { } begin) spec.BeginMs = begin;
        return null;
    }

    /// <summary>All that is one value for another.</summary>
    private static void Assign(JobSpec spec, JobChange c)
    {
        spec.Name = c.Name ?? spec.Name;
        spec.Partition = c.Partition ?? spec.Partition;
        spec.Account = c.Account ?? spec.Account;
        spec.Qos = c.Qos ?? spec.Qos;
        spec.Nice = c.Nice ?? spec.Nice;
        spec.Constraint = c.Constraint ?? spec.Constraint;
        spec.Prefer = c.Prefer ?? spec.Prefer;
        AssignCounts(spec, c);
        spec.NodeList = c.NodeList ?? spec.NodeList;
        spec.ExcludeList = c.ExcludeList ?? spec.ExcludeList;
        spec.Licenses = c.Licenses ?? spec.Licenses;
        spec.Reservation = c.Reservation ?? spec.Reservation;
        spec.Comment = c.Comment ?? spec.Comment;
        spec.AdminComment = c.AdminComment ?? spec.AdminComment;
        spec.Requeue = c.Requeue ?? spec.Requeue;
        spec.Contiguous = c.Contiguous ?? spec.Contiguous;
        spec.ArrayThrottle = c.ArrayThrottle ?? spec.ArrayThrottle;
        spec.WorkDir = c.WorkDir ?? spec.WorkDir;
        (spec.StdOut, spec.StdErr, spec.StdIn) = (c.StdOut ?? spec.StdOut, c.StdErr ?? spec.StdErr, c.StdIn ?? spec.StdIn);
        (spec.MailType, spec.MailUser) = (c.MailType ?? spec.MailType, c.MailUser ?? spec.MailUser);
        spec.Wckey = c.Wckey ?? spec.Wckey;
        spec.SiteFactor = c.SiteFactor ?? spec.SiteFactor;
        if (c.Exclusive is { } exclusive)
        {
            spec.Exclusive = exclusive;
            spec.Sharing = exclusive ? NodeSharing.SharingNone : NodeSharing.SharingDefault;
        }
        if (c.Gres is { } gres) { spec.Gres.Clear(); spec.Gres.AddRange(gres); }
        if (c.Dependencies is not { } dependencies) return;
        spec.Dependencies.Clear();
        spec.Dependencies.AddRange(dependencies.Select(static dependency => dependency.Clone()));
        spec.DependencyAny = c.DependencyAny;
    }

    private static void AssignCounts(JobSpec spec, JobChange c)
    {
        if (c.NodesMin is not null || c.NodesMax is not null)
        {
            var derived = spec.Tasks == spec.NodesMin * Math.Max(1, spec.TasksPerNode);
            spec.NodesMin = Math.Max(1, c.NodesMin ?? spec.NodesMin);
            if (c.NodesMax is { } max) spec.NodesMax = max;
            else if (spec.NodesMax > 0 && spec.NodesMax < spec.NodesMin) spec.NodesMax = spec.NodesMin;
            if (derived && c.Tasks is null) spec.Tasks = spec.NodesMin * Math.Max(1, spec.TasksPerNode);
        }
        spec.Tasks = c.Tasks ?? spec.Tasks;
        spec.TasksPerNode = c.TasksPerNode ?? spec.TasksPerNode;
        spec.CpusPerTask = c.CpusPerTask ?? spec.CpusPerTask;
        if (c.MemoryPerNodeBytes is { } perNode) { spec.ClearMemoryPerCpuBytes(); spec.MemoryPerNodeBytes = perNode; }
        if (c.MemoryPerCpuBytes is { } perCpu) { spec.ClearMemoryPerNodeBytes(); spec.MemoryPerCpuBytes = perCpu; }
    }

    /// <summary>0 holds; anything else releases, and is the priority from here on until the job is held and released.</summary>
    private static Refusal? ChangePriority(Batch batch, Target target, JobSpec spec, uint priority, Actor by)
    {
        var job = target.Job;
        if (priority == 0)
        {
            if (job.State == JobState.Pending && !job.Held)
                batch.Add(new JobHeld { JobId = target.Id, ByUid = by.Uid, ByAdmin = ActsAsAdmin(by, job) });
            return null;
        }
        spec.Priority = priority;
        spec.Nice = 0;
        if (job.Held) batch.Add(new JobReleased { JobId = target.Id, ByUid = by.Uid });
        return null;
    }

    private void On(JobUpdated record, Instant at)
    {
        var job = JobOf(record.JobId);
        if (job.IsOver) throw new InvalidOperationException($"job {job.Id} was changed although it is over");
        var throttleChanged = job.Spec.ArrayThrottle != record.Spec.ArrayThrottle;
        if (job.State == JobState.Pending)
        {
            LeavePending(job);
            Rename(job, record.Spec);
            Respec(job, record.Spec);
            if (record.HasOrder && record.Order != job.Order)
            {
                queue.Purge();
                job.Order = record.Order;
            }
            job.NotBefore = new Instant(record.Spec.BeginMs);
            SetEligible(job, at);
            BecomePending(job);
        }
        else
        {
            var limit = job.Spec.TimeLimitMs;
            Rename(job, record.Spec);
            Respec(job, record.Spec);
            if (limit != record.Spec.TimeLimitMs) job.RunLimitMs = 0;
            if (job.State is JobState.Running or JobState.Suspended && limit != record.Spec.TimeLimitMs) job.EndLimit = EndLimitOf(job, at);
        }
        if (throttleChanged) WakeThrottled(job.ArrayJobId ?? job.Id);
        NeedsSchedule = true;
    }

    private void Respec(Job job, JobSpec spec)
    {
        var former = job.Asked;
        job.Respec(specs.Take(spec));
        specs.GiveBack(former);
        // Where it runs, its end may be another one now.
        foreach (var share in job.Shares) Touch(NodeOf(share.Node));
    }

    private void Rename(Job job, JobSpec spec)
    {
        if (unfinishedByName is null && spec.Dependencies.Any(static dependency => dependency.Kind == "singleton")) IndexNames();
        if (unfinishedByName is null || job.Spec.Name == spec.Name) return;
        var (former, key) = ((job.Spec.Uid, job.Spec.Name), (spec.Uid, spec.Name));
        var same = unfinishedByName[former];
        same.Remove(job.Id);
        if (same.Count == 0) unfinishedByName.Remove(former);
        if (!unfinishedByName.TryGetValue(key, out var others)) unfinishedByName.Add(key, others = []);
        others.Add(job.Id);
        WakeSingletons(former);
    }
}
