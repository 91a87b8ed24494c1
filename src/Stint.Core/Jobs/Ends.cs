using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Resources;

namespace Stint.Core;

// A running job ends in two moves: JobEndRequested (its nodes are told), then JobEnded when the last of them has let go.
// Where nothing is left to wait for, the first move is skipped.
public sealed partial class Cluster
{
    /// <summary>How a run is to end.</summary>
    private readonly record struct Ending(EndKind Kind, uint ByUid = 0, int ExitCode = 0, int Signal = 0, string Cause = "",
        bool Requeue = false, bool Held = false, long GraceMs = 0);

    private Decision DecideCompleteInteractive(CompleteInteractiveJob command, Instant now)
    {
        if (!jobs.TryGetValue(command.JobId, out var job)) return UnknownJob(command.JobId);
        if (!MayChange(job, command.By)) return Denied(job, command.By, "end");
        if (job.Spec.IsBatch)
            return Decision.No(RefusalCodes.InvalidRequest, $"job {job.Id} is a batch job: it ends with its script", "Use scancel");
        if (job.IsOver) return AlreadyOver(job);
        if (job.State == JobState.Completing) return Decision.Nothing;
        var batch = new Batch(now);
        if (job.State == JobState.Pending)
            foreach (var member in HetGroup(job))
                batch.Add(new JobEnded { JobId = member.Id, Kind = EndKind.EndCancelled, ByUid = command.By.Uid,
                    Cause = "its client went away before it started" });
        else
            End(batch, job, InteractiveEnding(job, command));
        return batch.Decision();
    }

    /// <summary>As its client says, unless a step says that memory or time ended it.</summary>
    private static Ending InteractiveEnding(Job job, CompleteInteractiveJob command)
    {
        foreach (var step in job.Steps.Values)
            foreach (var report in step.ExitReports.Values)
                if (report.Kind == EndKind.EndOutOfMemory) return JobEnding(report) with { ByUid = command.By.Uid };
        return new Ending(command.ExitCode == 0 && command.Signal == 0 ? EndKind.EndCompleted : EndKind.EndFailed, command.By.Uid,
            command.ExitCode, command.Signal);
    }

    /// <summary>What a step's end means for the job, with the codes that Slurm's accounting shows.</summary>
    private static Ending JobEnding(StepExited report) => report.Kind switch
    {
        EndKind.EndOutOfMemory => new Ending(report.Kind, Signal: 125, Cause: report.Cause),
        EndKind.EndTimeout or EndKind.EndCancelled or EndKind.EndNodeFail or EndKind.EndPreempted or EndKind.EndDeadline =>
            new Ending(report.Kind, Cause: report.Cause),
        EndKind.EndLaunchFailed =>
            new Ending(EndKind.EndFailed, ExitCode: report.ExitCode == 0 && report.Signal == 0 ? 1 : report.ExitCode, Signal: report.Signal,
                Cause: report.Cause),
        EndKind.EndCompleted when report is { ExitCode: 0, Signal: 0 } => new Ending(EndKind.EndCompleted),
        _ => new Ending(EndKind.EndFailed, ExitCode: report.ExitCode, Signal: report.Signal, Cause: report.Cause),
    };

    /// <summary>Ends a running job. Nodes in <paramref name="gone"/> hold nothing of it any more, or can not answer.</summary>
    private static void End(Batch batch, Job job, Ending ending, params ReadOnlySpan<string> gone)
    {
        if (HoldersLeft(job, gone) == 0) { Finish(batch, job, ending); return; }
        batch.Add(new JobEndRequested
        {
            JobId = job.Id, Kind = ending.Kind, ByUid = ending.ByUid, ExitCode = ending.ExitCode, Signal = ending.Signal,
            Cause = ending.Cause, Requeue = ending.Requeue, RequeueHeld = ending.Requeue && ending.Held, GraceMs = ending.GraceMs,
        });
    }

    private static void Finish(Batch batch, Job job, Ending ending)
    {
        if (ending.Requeue) batch.Add(new JobRequeued { JobId = job.Id, Cause = ending.Cause, Held = job.Held || ending.Held });
        else batch.Add(new JobEnded { JobId = job.Id, Kind = ending.Kind, ByUid = ending.ByUid, ExitCode = ending.ExitCode,
            Signal = ending.Signal, Cause = ending.Cause });
    }

    private static void FinishWhenReleased(Batch batch, Job job, params ReadOnlySpan<string> gone)
    {
        if (HoldersLeft(job, gone) == 0)
            Finish(batch, job, new Ending(job.Kind, job.EndedBy, job.ExitCode, job.Signal, job.Cause, job.RequeuePending, job.RequeueHeld));
    }

    private static int HoldersLeft(Job job, ReadOnlySpan<string> gone)
    {
        var left = 0;
        foreach (var share in job.Shares)
            if (!job.Released.Contains(share.Node) && !gone.Contains(share.Node)) left++;
        return left;
    }

    private static NodeShare? ShareOn(Job job, string node)
    {
        foreach (var share in job.Shares)
            if (string.Equals(share.Node, node, StringComparison.Ordinal)) return share;
        return null;
    }

    private static bool Holds(Job job, string node) => job.IsActive && !job.Released.Contains(node) && ShareOn(job, node) is not null;

    private Decision DecideNodeReleased(ReportNodeReleased command, Instant now)
    {
        if (!jobs.TryGetValue(command.JobId, out var job) || job.State != JobState.Completing || job.Attempt != command.Attempt
            || !Holds(job, command.Node))
            return Decision.Nothing;
        var batch = new Batch(now);
        batch.Add(new NodeReleased { JobId = job.Id, Attempt = job.Attempt, Node = command.Node });
        FinishWhenReleased(batch, job, command.Node);
        return batch.Decision();
    }

    private void On(JobEndRequested record)
    {
        var job = JobOf(record.JobId);
        if (!job.IsActive) throw new InvalidOperationException($"job {job.Id} was told to end although it is {job.State}");
        job.State = JobState.Completing;
        job.Kind = record.Kind;
        job.ExitCode = record.ExitCode;
        job.Signal = record.Signal;
        job.EndedBy = record.ByUid;
        job.Cause = record.Cause;
        job.RequeuePending = record.Requeue;
        foreach (var share in job.Shares) Touch(NodeOf(share.Node));
        job.RequeueHeld = record.RequeueHeld;
        job.GraceMs = record.GraceMs;
        suspendedForOthers.Remove(job.Id);
    }

    private void On(NodeReleased record, Instant at) => ReleaseShare(JobOf(record.JobId), record.Node, at);

    private void ReleaseShare(Job job, string node, Instant at)
    {
        var share = ShareOn(job, node) ?? throw new InvalidOperationException($"node {node} let go of job {job.Id}, which it never held");
        if (!job.Released.Add(node)) return;
        var released = NodeOf(node);
        released.GiveBack(job.Id, at);
        Touch(released);
        NeedsSchedule = true;
    }

    private void On(JobEnded record, Instant at)
    {
        var job = JobOf(record.JobId);
        if (job.IsOver) throw new InvalidOperationException($"job {job.Id} ended twice");
        if (job.IsActive) LeaveActive(job, at);
        else
        {
            CountLeft(job, at, wasActive: false);
            LeavePending(job);
        }
        job.State = StateOf(record.Kind);
        job.Kind = record.Kind;
        job.ExitCode = record.ExitCode;
        job.Signal = record.Signal;
        job.EndedBy = record.ByUid;
        job.Cause = record.Cause;
        job.RequeuePending = false;
        job.Ended = at;
        endedJobs.Add((at.Milliseconds, job.Id));
        if (BookOf(job) is { } book)
        {
            book.Live--;
            if (record.Kind == EndKind.EndCompleted) book.FinishedOk++;
            else book.FinishedBad++;
        }
        else if (job.IsArray) arrays[job.Id].FinishedBad += job.PendingTaskCount;
        UnindexUnfinished(job);
        WakeDependents(job);
        NeedsSchedule = true;
    }

    /// <summary>Shares, live steps and counters of a run that is over, whatever comes next.</summary>
    private void LeaveActive(Job job, Instant at)
    {
        CountLeft(job, at, wasActive: true);
        LicenseStock.GiveBack(job.Licenses);
        NoteRunTime(job, at);
        foreach (var share in job.Shares) ReleaseShare(job, share.Node, at);
        foreach (var step in job.Steps.Values)
            if (!step.IsOver) step.Ended = at;
        activeJobs.Remove(job.Id);
        LeaveReservation(job, at);
        if (job.SuspendedAt.IsSet) EndSuspension(job);
        if (BookOf(job) is not { } book) return;
        book.Active--;
        WakeThrottled(job.ArrayJobId!.Value);
    }

    private static JobState StateOf(EndKind kind) => kind switch
    {
        EndKind.EndCompleted => JobState.Completed,
        EndKind.EndCancelled => JobState.Cancelled,
        EndKind.EndTimeout => JobState.Timeout,
        EndKind.EndNodeFail => JobState.NodeFail,
        EndKind.EndOutOfMemory => JobState.OutOfMemory,
        EndKind.EndPreempted => JobState.Preempted,
        EndKind.EndDeadline => JobState.Deadline,
        _ => JobState.Failed,
    };
}
