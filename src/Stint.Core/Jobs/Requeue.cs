using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>Starts that may fail on the node's side before the job is held.</summary>
    private const uint LaunchAttemptsMax = 3;
    private static readonly TimeSpan LaunchRetryDelay = TimeSpan.FromSeconds(30);

    private Decision DecideRequeue(RequeueJob command, Instant now)
    {
        if (!jobs.TryGetValue(command.JobId, out var job)) return UnknownJob(command.JobId);
        if (!MayChange(job, command.By)) return Denied(job, command.By, "requeue");
        if (!job.Spec.IsBatch) return Decision.No(RefusalCodes.Disabled, $"job {job.Id} is not a batch job: it can not be requeued");
        if (!job.Spec.Requeue)
            return Decision.No(RefusalCodes.Disabled, $"job {job.Id} was submitted with --no-requeue", "Submit it again instead");
        var batch = new Batch(now);
        if (TargetsOf(new Batch(now), job, command.Tasks, out var targets) is { } none) return none;
        foreach (var (member, _) in targets)
            if (member.State != JobState.Pending && !(member.IsOver && member.IsArray)) Requeue(batch, member, command);
        if (batch.Records.Count > 0) return batch.Decision();
        return job.State == JobState.Pending ? Decision.No(RefusalCodes.JobPending, $"job {job.Id} is pending already")
            : job.IsOver ? AlreadyOver(job)
            : Decision.Nothing;
    }

    private static void Requeue(Batch batch, Job job, RequeueJob command)
    {
        if (command.Hold && !job.Held)
            batch.Add(new JobHeld { JobId = job.Id, ByUid = command.By.Uid, ByAdmin = ActsAsAdmin(command.By, job) });
        if (job.IsOver)
            batch.Add(new JobRequeued { JobId = job.Id, Cause = $"requeued by uid {command.By.Uid}", Held = command.Hold || job.Held });
        else if (!job.RequeuePending)
            // A suspended job comes back held (scontrol(1), suspend).
            End(batch, job, new Ending(EndKind.EndCancelled, command.By.Uid, Cause: $"requeued by uid {command.By.Uid}", Requeue: true,
                Held: job.State == JobState.Suspended));
    }

    /// <summary>A run that the node could not even start: again after a while, and held when that goes on.</summary>
    private static JobRequeued AfterFailedLaunch(Job job, string cause, Instant now)
    {
        var held = job.Attempt + 1 >= LaunchAttemptsMax;
        var begin = held ? Instant.Never : now + LaunchRetryDelay * (job.Attempt + 1);
        return new JobRequeued { JobId = job.Id, Cause = cause, Held = held, BeginMs = begin.Milliseconds };
    }

    private void On(JobRequeued record, Instant at)
    {
        var job = JobOf(record.JobId);
        if (job.State == JobState.Pending) throw new InvalidOperationException($"job {job.Id} was requeued although it is pending");
        var book = BookOf(job);
        if (job.IsActive) LeaveActive(job, at);
        else
        {
            endedJobs.Remove((job.Ended.Milliseconds, job.Id));
            IndexUnfinished(job);
            if (book is not null)
            {
                book.Live++;
                if (job.State == JobState.Completed) book.FinishedOk--;
                else book.FinishedBad--;
            }
        }
        Reset(job);
        job.Attempt++;
        job.Cause = record.Cause;
        job.Held |= record.Held;
        if (record.Held && record.BeginMs == 0 && record.Cause.StartsWith(LaunchFailedCause, StringComparison.Ordinal))
            job.Kind = EndKind.EndLaunchFailed;
        job.NotBefore = new Instant(Math.Max(job.Spec.BeginMs, record.BeginMs));
        SetEligible(job, at);
        CountSubmitted(job);
        BecomePending(job);
        WakeDependents(job);
        NeedsSchedule = true;
    }

    private const string LaunchFailedCause = "the node could not start it: ";

    private static void Reset(Job job)
    {
        job.Shares = [];
        job.Released.Clear();
        job.Steps.Clear();
        job.NextStepId = 0;
        job.Started = job.Ended = job.EndLimit = Instant.Never;
        job.Kind = EndKind.EndUnknown;
        job.ExitCode = job.Signal = 0;
        job.EndedBy = 0;
        job.RequeuePending = job.RequeueHeld = false;
        job.RunLimitMs = job.SuspendedMs = job.GraceMs = 0;
        job.Reservation = job.Licenses = "";
    }
}
