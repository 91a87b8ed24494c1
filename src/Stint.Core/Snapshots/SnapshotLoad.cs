using Stint.Core.Arrays;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Scheduling;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <exception cref="InvalidOperationException">The snapshot is of a newer format, or contradicts itself.</exception>
    public static Cluster FromSnapshot(Snapshot snapshot, IScheduler? scheduler = null)
    {
        if (snapshot.Format > SnapshotFormat)
            throw new InvalidOperationException($"the snapshot has format {snapshot.Format}; this version reads up to {SnapshotFormat}");
        var cluster = new Cluster(scheduler) { Config = snapshot.Config ?? new ClusterConfigured(), NextJobId = snapshot.NextJobId };
        foreach (var image in snapshot.Nodes) cluster.Load(image);
        cluster.RebuildPartitions();
        foreach (var reservation in snapshot.Reservations) cluster.Load(reservation);
        cluster.LoadAccounts(snapshot);
        cluster.jobs.EnsureCapacity(snapshot.Jobs.Count);
        foreach (var spec in snapshot.Specs) cluster.specs.Adopt(spec);
        foreach (var image in snapshot.Jobs) cluster.Load(image, SpecOf(image, snapshot));
        foreach (var job in cluster.jobs.Values) cluster.Index(job);
        foreach (var job in cluster.jobs.Values.Skip(cluster.jobs.Count - Scheduling.Placing.DemandSample.Length)) cluster.NoteDemand(job);
        foreach (var token in snapshot.Tokens) cluster.tokens[token.Hash] = token;
        foreach (var use in snapshot.UsedTokens) cluster.tokenUses[use.Hash] = use.Node;
        foreach (var certificate in snapshot.Certificates) cluster.certificates[certificate.Node] = certificate.Thumbprint;
        return cluster;
    }

    private void Load(NodeImage image) => nodes.Add(image.Registration.Name, new Node(image.Registration, KindOf(image.Registration))
    {
        Availability = image.Availability, Drain = image.Drain, DownByAdmin = image.DownByAdmin,
        Reason = image.Reason, ReasonUid = image.ReasonUid, ReasonAt = new Instant(image.ReasonAtMs),
        Changed = new Instant(image.ChangedMs), LastBusy = new Instant(image.LastBusyMs), Fail = image.Fail, Future = image.Future,
    });

    /// <exception cref="InvalidOperationException">The number is of no request.</exception>
    private static JobSpec? SpecOf(JobImage image, Snapshot snapshot) => image.SpecNumber == 0 ? image.Spec
        : image.SpecNumber <= snapshot.Specs.Count ? snapshot.Specs[(int)image.SpecNumber - 1]
        : throw new InvalidOperationException($"job {image.JobId} has request {image.SpecNumber}; the snapshot has {snapshot.Specs.Count}");

    private void Load(JobImage image, JobSpec? spec)
    {
        // Sorted by id, and an array's id is smaller than its tasks': its spec is there already.
        spec ??= JobOf(image.ArrayJobId).Spec;
        var job = new Job(image.JobId, specs.Take(spec))
        {
            TokenHash = image.ClientTokenHash != 0 ? image.ClientTokenHash : SpecTable.HashOf(spec.Uid, spec.ClientToken),
            State = (JobState)image.State,
            Submitted = new Instant(image.SubmitMs), Eligible = new Instant(image.EligibleMs), 
            Started = new Instant(image.StartMs), Ended = new Instant(image.EndMs),
            Attempt = image.Attempt, EndLimit = new Instant(image.EndLimitMs), NotBefore = new Instant(image.NotBeforeMs),
            Kind = image.Kind, ExitCode = image.ExitCode, Signal = image.Signal, EndedBy = image.ByUid, Cause = image.Cause,
            Held = image.Held, HeldByAdmin = image.HeldByAdmin, NextStepId = image.NextStepId, RequeuePending = image.RequeuePending,
            Order = image.Order, Partition = image.Partition, Reservation = image.Reservation, Licenses = image.Licenses,
            SuspendedMs = image.SuspendedMs, SuspendedAt = new Instant(image.SuspendedAtMs), SuspendedFor = image.SuspendedFor,
            KeepsResources = image.KeepsResources, RunLimitMs = image.RunLimitMs, GraceMs = image.GraceMs, RequeueHeld = image.RequeueHeld,
            Shares = image.Shares,
        };
        if (image.HasArrayJobId) job.ArrayJobId = image.ArrayJobId;
        if (image.HasArrayTask) job.ArrayTask = image.ArrayTask;
        job.Released.UnionWith(image.ReleasedNodes);
        if (job.IsArray) job.Unstarted = new TaskSet(image.PendingTasks);
        foreach (var step in image.Steps) job.Steps.Add(step.StepId, Load(step));
        jobs.Add(job.Id, job);
        if (job.Spec.Array.Count > 0 && (job.ArrayJobId ?? job.Id) == job.Id)
            arrays.Add(job.Id, new ArrayBook { FinishedOk = (int)image.ArrayFinishedOk, FinishedBad = (int)image.ArrayFinishedBad });
    }

    private static Step Load(StepImage image)
    {
        var step = new Step(image.StepId, image.Spec ?? BatchStep)
        {
            Shares = image.Shares,
            Created = new Instant(image.CreateMs), Started = new Instant(image.StartMs), Ended = new Instant(image.EndMs),
        };
        foreach (var report in image.Started) step.StartReports.Add(report.Node, report);
        foreach (var report in image.Exited) step.ExitReports.Add(report.Node, report);
        return step;
    }

    /// <summary>Enters a loaded job in every index that is not in the snapshot.</summary>
    private void Index(Job job)
    {
        if (job.TokenHash != 0) clientTokens[job.TokenHash] = job.Id;
        if (BookOf(job) is { } book)
        {
            book.TaskJobs.Add(job.ArrayTask!.Value, job.Id);
            if (!job.IsOver) book.Live++;
            if (job.IsActive) book.Active++;
        }
        if (job.IsOver) { endedJobs.Add((job.Ended.Milliseconds, job.Id)); return; }
        IndexUnfinished(job);
        CountSubmitted(job);
        if (job.State == JobState.Pending) { BecomePending(job); return; }
        CountStarted(job, Instant.Never);
        activeJobs.Add(job.Id);
        LicenseStock.Take(job.Licenses);
        EnterReservation(job);
        if (job is { State: JobState.Suspended, SuspendedFor: not 0 }) suspendedForOthers.Add(job.Id);
        foreach (var share in job.Shares)
            if (!job.Released.Contains(share.Node)) NodeOf(share.Node).Take(job.Id, HeldShare(job, share), Holder.Of(job.Spec));
    }
}
