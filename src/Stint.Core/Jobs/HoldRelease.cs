using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

public sealed partial class Cluster
{
    private Decision DecideHold(HoldJob command, Instant now)
    {
        if (!jobs.TryGetValue(command.JobId, out var job)) return UnknownJob(command.JobId);
        if (!MayChange(job, command.By)) return Denied(job, command.By, "hold");
        var byAdmin = ActsAsAdmin(command.By, job) && !command.AsUser;
        var batch = new Batch(now);
        if (TargetsOf(batch, job, command.Tasks, out var targets) is { } none) return none;
        var pending = false;
        foreach (var (member, id) in targets)
        {
            if (member.State != JobState.Pending) continue;
            pending = true;
            if (!member.Held || byAdmin && !member.HeldByAdmin) batch.Add(new JobHeld { JobId = id, ByUid = command.By.Uid, ByAdmin = byAdmin });
        }
        if (pending) return batch.Decision();
        return targets[0].Job.IsOver ? AlreadyOver(targets[0].Job)
            : Decision.No(RefusalCodes.JobNotPending, $"job {targets[0].Id} is {targets[0].Job.State}: only a pending job can be held",
                "To stop it and start it later, use scontrol requeuehold");
    }

    private Decision DecideRelease(ReleaseJob command, Instant now)
    {
        if (!jobs.TryGetValue(command.JobId, out var job)) return UnknownJob(command.JobId);
        if (!MayChange(job, command.By)) return Denied(job, command.By, "release");
        var batch = new Batch(now);
        if (TargetsOf(batch, job, command.Tasks, out var targets) is { } none) return none;
        if (targets.TrueForAll(static target => target.Job.IsOver)) return AlreadyOver(targets[0].Job);
        foreach (var (member, id) in targets)
        {
            if (!member.Held || member.IsOver) continue;
            if (member.HeldByAdmin && !command.By.IsOperator)
                return Decision.No(RefusalCodes.AccessDenied, $"job {id} was held by an administrator; its owner can not release it",
                    "Ask an administrator");
            if (Unburdened(member) is { } spec) batch.Add(new JobUpdated { JobId = id, Spec = spec, ByUid = command.By.Uid, ByAdmin = command.By.IsOperator });
            batch.Add(new JobReleased { JobId = id, ByUid = command.By.Uid });
        }
        return batch.Records.Exists(static record => record.JobReleased is not null) ? batch.Decision() : Decision.Nothing;
    }

    /// <summary>A release gives the priority back to the scheduler, and drops reservations that are not there any more; null: nothing of
    /// that.</summary>
    private JobSpec? Unburdened(Job job)
    {
        var gone = LostItsReservation(job);
        if (job.State != JobState.Pending || !gone && !job.Spec.HasPriority) return null;
        var spec = job.Spec.Clone();
        spec.ClearPriority();
        if (gone) spec.Reservation = "";
        return spec;
    }

    private bool LostItsReservation(Job job) =>
        job.Spec.Reservation.Length > 0 && !Array.Exists(job.Spec.Reservation.Split(','), reservations.ContainsKey);

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

    private PendingReason HoldReason(Job job) =>
        LostItsReservation(job) ? PendingReason.ReservationDeleted
        : job.HeldByAdmin ? PendingReason.JobHeldAdmin
        : job.Kind == EndKind.EndLaunchFailed ? PendingReason.JobLaunchFailure
        : PendingReason.JobHeldUser;
}
