using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

public sealed partial class Cluster
{
    private Decision DecideHold(HoldJob command, Instant now)
    {
        if (!jobs.TryGetValue(command.JobId, out var job)) return UnknownJob(command.JobId);
        if (!MayChange(job, command.By)) return Denied(job, command.By, "hold");
        if (job.IsOver) return AlreadyOver(job);
        if (job.State != JobState.Pending)
            return Decision.No(RefusalCodes.JobNotPending, $"job {job.Id} is {job.State}: only a pending job can be held",
                "To stop it and start it later, use scontrol requeuehold");
        var byAdmin = ActsAsAdmin(command.By, job);
        if (job.Held && (job.HeldByAdmin || !byAdmin)) return Decision.Nothing;
        var batch = new Batch(now);
        batch.Add(new JobHeld { JobId = job.Id, ByUid = command.By.Uid, ByAdmin = byAdmin });
        return batch.Decision();
    }

    private Decision DecideRelease(ReleaseJob command, Instant now)
    {
        if (!jobs.TryGetValue(command.JobId, out var job)) return UnknownJob(command.JobId);
        if (!MayChange(job, command.By)) return Denied(job, command.By, "release");
        if (job.IsOver) return AlreadyOver(job);
        if (!job.Held) return Decision.Nothing;
        if (job.HeldByAdmin && !command.By.IsOperator)
            return Decision.No(RefusalCodes.AccessDenied, $"job {job.Id} was held by an administrator; its owner can not release it",
                "Ask an administrator");
        var batch = new Batch(now);
        batch.Add(new JobReleased { JobId = job.Id, ByUid = command.By.Uid });
        return batch.Decision();
    }

    /// <summary>An operator's hold on somebody else's job is one that its owner can not lift.</summary>
    private static bool ActsAsAdmin(Actor by, Job job) => by.IsOperator && by.Uid != job.Spec.Uid;

    private static Decision AlreadyOver(Job job) => Decision.No(RefusalCodes.AlreadyDone, $"job {job.Id} is over: {job.State}");

    private void On(JobHeld record)
    {
        var job = JobOf(record.JobId);
        job.Held = true;
        job.HeldByAdmin = record.ByAdmin;
        if (job.State != JobState.Pending) return;
        job.Eligible = Instant.Never;
        Park(job, new Parking(HoldReason(job), ""));
    }

    private void On(JobReleased record, Instant at)
    {
        var job = JobOf(record.JobId);
        job.Held = job.HeldByAdmin = false;
        if (job.State != JobState.Pending) return;
        job.Kind = EndKind.EndUnknown;
        SetEligible(job, at);
        Wake(job);
    }

    private static PendingReason HoldReason(Job job) =>
        job.HeldByAdmin ? PendingReason.JobHeldAdmin
        : job.Kind == EndKind.EndLaunchFailed ? PendingReason.JobLaunchFailure
        : PendingReason.JobHeldUser;
}
