using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Reservations;
using Stint.Core.Resources;
using Stint.Core.Scheduling;

namespace Stint.Core;

// A suspended job stops and lends its CPUs to others; memory, devices and licences stay its own (scontrol(1), suspend).
// Invariant: CPUs of a job that was suspended for another go only to those that may preempt it, so that it comes back when they are done.
public sealed partial class Cluster
{
    private readonly SortedSet<uint> suspendedForOthers = [];

    /// <summary>Jobs that gave way to others and resume by themselves.</summary>
    public IReadOnlyCollection<uint> SuspendedForOthers => suspendedForOthers;

    private Decision DecideSuspend(SuspendJob command, Instant now)
    {
        if (!jobs.TryGetValue(command.JobId, out var job)) return UnknownJob(command.JobId);
        if (!command.By.IsOperator) return Denied(job, command.By, "suspend");
        var batch = new Batch(now);
        var suspended = false;
        foreach (var member in GroupOf(job))
        {
            if (member.State == JobState.Running)
                batch.Add(new JobSuspended { JobId = member.Id, ByUid = command.By.Uid, Cause = $"suspended by uid {command.By.Uid}" });
            suspended |= member.State == JobState.Suspended;
        }
        if (batch.Records.Count > 0) return batch.Decision();
        if (suspended)
            return Decision.No(RefusalCodes.JobSuspended, $"Job is current suspended, requested operation disabled: {job.Id}", "Use scontrol resume");
        return job.State == JobState.Pending
            ? Decision.No(RefusalCodes.JobPending, $"job {job.Id} is pending: there is nothing to suspend", "Use scontrol hold")
            : job.IsOver ? AlreadyOver(job)
            : Decision.No(RefusalCodes.JobNotRunning, $"job {job.Id} is {job.State}: it can not be suspended");
    }

    private Decision DecideResume(ResumeJob command, Instant now)
    {
        if (!jobs.TryGetValue(command.JobId, out var job)) return UnknownJob(command.JobId);
        if (!command.By.IsOperator) return Denied(job, command.By, "resume");
        var batch = new Batch(now);
        foreach (var member in GroupOf(job))
        {
            if (member.State != JobState.Suspended) continue;
            if (TakenCpusOf(member, new FreeResources()) is { } taken)
                return Decision.No(RefusalCodes.NodesBusy, $"job {member.Id} can not go on: others use CPUs {taken}",
                    "Suspend or end those first");
            batch.Add(new JobResumed { JobId = member.Id, ByUid = command.By.Uid });
        }
        if (batch.Records.Count > 0) return batch.Decision();
        return job.IsOver ? AlreadyOver(job) : Decision.No(RefusalCodes.JobNotSuspended, $"Job is not suspended: {job.Id}");
    }

    /// <summary>The job and, of an array or a heterogeneous job's leader, all that belong to it.</summary>
    private IEnumerable<Job> GroupOf(Job job) => IsHetLeader(job) ? HetGroup(job) : JobsOf(job.Id);

    /// <summary>Which of its CPUs others have now; null: none, it can go on.</summary>
    private string? TakenCpusOf(Job job, FreeResources free)
    {
        if (!job.YieldsCpus) return null;
        foreach (var share in job.Shares)
        {
            if (job.Released.Contains(share.Node)) continue;
            var missing = CpuSet.FromBytes(share.Cpus).Except(free.On(NodeOf(share.Node)).Cpus);
            if (!missing.IsEmpty) return $"{missing} of {share.Node}";
        }
        return null;
    }

    /// <summary>Jobs that gave way and whose CPUs are free again go on. Called at the end of a scheduling pass: who may preempt them had
    /// its chance, nobody else could take the CPUs.</summary>
    /// <param name="free">What the pass's own starts leave.</param>
    private void PlanResumes(Batch batch, FreeResources free)
    {
        foreach (var id in suspendedForOthers)
        {
            var job = jobs[id];
            if (job.State != JobState.Suspended || IsEndingIn(batch, id) || TakenCpusOf(job, free) is not null) continue;
            // The job that it made room for still waits, for more than this: it would have to give way again.
            if (jobs.TryGetValue(job.SuspendedFor, out var other) && other.State == JobState.Pending && !parked.Contains(other.Id)) continue;
            batch.Add(new JobResumed { JobId = id });
        }
    }

    private static bool IsEndingIn(Batch batch, uint jobId)
    {
        foreach (var record in batch.Records)
            if (record.JobEndRequested?.JobId == jobId || record.JobEnded?.JobId == jobId || record.JobRequeued?.JobId == jobId
                || record.JobSuspended?.JobId == jobId) return true;
        return false;
    }

    /// <summary>Free CPUs less those that belong to suspended jobs which this one may not preempt.</summary>
    private NodeBalance LessResumable(Job job, Nodes.Node node, NodeBalance free)
    {
        foreach (var id in node.Jobs)
            if (suspendedForOthers.Contains(id) && jobs[id] is var victim && !OutranksAnywhere(job, victim)
                && ShareOn(victim, node.Name) is { } share)
                free = free with { Cpus = free.Cpus.Except(CpuSet.FromBytes(share.Cpus)) };
        return free;
    }

    private void On(JobSuspended record, Instant at)
    {
        var job = JobOf(record.JobId);
        if (job.State != JobState.Running) throw new InvalidOperationException($"job {job.Id} was suspended although it is {job.State}");
        job.State = JobState.Suspended;
        job.SuspendedAt = at;
        job.SuspendedFor = record.ForJob;
        job.KeepsResources = record.KeepsResources;
        job.Cause = record.Cause;
        if (record.ForJob != 0) suspendedForOthers.Add(job.Id);
        if (!job.YieldsCpus) return;
        foreach (var share in job.Shares)
            if (!job.Released.Contains(share.Node)) Exchange(job, share.Node, HeldShare(job, share));
        NeedsSchedule = true;
    }

    private void On(JobResumed record, Instant at)
    {
        var job = JobOf(record.JobId);
        if (job.State != JobState.Suspended) throw new InvalidOperationException($"job {job.Id} was resumed although it is {job.State}");
        if (TakenCpusOf(job, new FreeResources()) is { } taken)
            throw new InvalidOperationException($"job {job.Id} was resumed although others use CPUs {taken}");
        if (job.YieldsCpus)
            foreach (var share in job.Shares)
                if (!job.Released.Contains(share.Node)) Exchange(job, share.Node, share);
        job.State = JobState.Running;
        job.SuspendedMs += at.Milliseconds - job.SuspendedAt.Milliseconds;
        job.Cause = "";
        EndSuspension(job);
        job.EndLimit = EndLimitOf(job, at);
    }

    private void Exchange(Job job, string name, NodeShare share)
    {
        var node = NodeOf(name);
        node.Exchange(job.Id, share);
        Touch(node);
    }

    private void EndSuspension(Job job)
    {
        job.SuspendedAt = Instant.Never;
        job.SuspendedFor = 0;
        job.KeepsResources = false;
        suspendedForOthers.Remove(job.Id);
    }

    /// <summary>What a node gives back when the job leaves it: of a job that lent its CPUs, all but these.</summary>
    private static NodeShare HeldShare(Job job, NodeShare share)
    {
        if (!job.YieldsCpus) return share;
        var held = share.Clone();
        held.Cpus = Google.Protobuf.ByteString.Empty;
        return held;
    }
}
