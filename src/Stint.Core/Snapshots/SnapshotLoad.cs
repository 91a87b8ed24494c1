using Google.Protobuf;
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
        var cluster = Begin(snapshot, snapshot.Jobs.Count, scheduler, out var asked);
        foreach (var image in snapshot.Jobs) cluster.Load(image, asked);
        return cluster.Complete(snapshot);
    }

    /// <summary>The same from its bytes, one job after the other: the images of a million jobs are never there all at once.</summary>
    /// <exception cref="InvalidOperationException">As above.</exception>
    /// <exception cref="Google.Protobuf.InvalidProtocolBufferException">The bytes are no snapshot.</exception>
    public static Cluster FromSnapshot(ReadOnlySpan<byte> body, out long lastSequence)
    {
        var (rest, jobs) = SnapshotBytes.Split(body);
        var snapshot = Snapshot.Parser.ParseFrom(rest);
        lastSequence = snapshot.LastSequence;
        var cluster = Begin(snapshot, jobs, null, out var asked);
        var image = new JobImage();
        foreach (var bytes in new SnapshotBytes(body))
        {
            if (!image.TryReset()) image = new JobImage();
            image.MergeFrom(bytes);
            cluster.Load(image, asked);
        }
        return cluster.Complete(snapshot);
    }

    private static Cluster Begin(Snapshot snapshot, int jobs, IScheduler? scheduler, out SharedSpec[] asked)
    {
        if (snapshot.Format > SnapshotFormat)
            throw new InvalidOperationException($"the snapshot has format {snapshot.Format}; this version reads up to {SnapshotFormat}");
        var cluster = new Cluster(scheduler) { Config = snapshot.Config ?? new ClusterConfigured(), NextJobId = snapshot.NextJobId };
        foreach (var image in snapshot.Nodes) cluster.Load(image);
        cluster.RebuildPartitions();
        foreach (var reservation in snapshot.Reservations) cluster.Load(reservation);
        cluster.LoadAccounts(snapshot);
        cluster.jobs.EnsureCapacity(jobs);
        asked = new SharedSpec[snapshot.Specs.Count];
        for (var i = 0; i < asked.Length; i++) asked[i] = cluster.specs.Adopt(snapshot.Specs[i]);
        return cluster;
    }

    private Cluster Complete(Snapshot snapshot)
    {
        foreach (var job in indexedLater ?? []) Index(job);
        indexedLater = null;
        foreach (var job in jobs.Values.Skip(jobs.Count - Scheduling.Placing.DemandSample.Length)) NoteDemand(job);
        foreach (var token in snapshot.Tokens) tokens[token.Hash] = token;
        foreach (var use in snapshot.UsedTokens) tokenUses[use.Hash] = use.Node;
        foreach (var certificate in snapshot.Certificates) certificates[certificate.Node] = certificate.Thumbprint;
        return this;
    }

    /// <summary>While a snapshot is loaded: jobs whose indexes need all others to be there.</summary>
    private List<Job>? indexedLater;

    private void Load(NodeImage image) => nodes.Add(image.Registration.Name, new Node(image.Registration, KindOf(image.Registration))
    {
        Availability = image.Availability, Drain = image.Drain, DownByAdmin = image.DownByAdmin,
        Reason = image.Reason, ReasonUid = image.ReasonUid, ReasonAt = new Instant(image.ReasonAtMs),
        Changed = new Instant(image.ChangedMs), LastBusy = new Instant(image.LastBusyMs), Fail = image.Fail, Future = image.Future,
    });

    /// <summary>Sorted by id, and an array's id is smaller than its tasks': its request is there already.</summary>
    /// <exception cref="InvalidOperationException">The number is of no request.</exception>
    private SharedSpec SpecOf(JobImage image, SharedSpec[] asked) =>
        image.SpecNumber > asked.Length ? throw new InvalidOperationException($"job {image.JobId} has request {image.SpecNumber}; the snapshot has {asked.Length}")
        : image.SpecNumber > 0 ? specs.Take(asked[image.SpecNumber - 1])
        : image.Spec is not null ? specs.Take(image.Spec)
        : specs.Take(JobOf(image.ArrayJobId).Asked);

    private void Load(JobImage image, SharedSpec[] asked)
    {
        var job = new Job(image.JobId, SpecOf(image, asked))
        {
            TokenHash = image.ClientTokenHash != 0 ? image.ClientTokenHash : image.Spec is null ? 0 : SpecTable.HashOf(image.Spec.Uid, image.Spec.ClientToken),
            State = (JobState)image.State,
            Submitted = new Instant(image.SubmitMs), Eligible = new Instant(image.EligibleMs), 
            Started = new Instant(image.StartMs), Ended = new Instant(image.EndMs),
            Attempt = image.Attempt, EndLimit = new Instant(image.EndLimitMs), NotBefore = new Instant(image.NotBeforeMs),
            Kind = image.Kind, ExitCode = image.ExitCode, Signal = image.Signal, EndedBy = image.ByUid, Cause = image.Cause,
            Held = image.Held, HeldByAdmin = image.HeldByAdmin, NextStepId = image.NextStepId, RequeuePending = image.RequeuePending,
            Order = image.Order, Partition = image.Partition, Reservation = image.Reservation, Licenses = image.Licenses,
            SuspendedMs = image.SuspendedMs, SuspendedAt = new Instant(image.SuspendedAtMs), SuspendedFor = image.SuspendedFor,
            KeepsResources = image.KeepsResources, RunLimitMs = image.RunLimitMs, GraceMs = image.GraceMs, RequeueHeld = image.RequeueHeld,
        };
        // An empty list stays the image's, which may be read into again.
        if (image.Shares.Count > 0) job.Shares = image.Shares;
        if (image.HasArrayJobId) job.ArrayJobId = image.ArrayJobId;
        if (image.HasArrayTask) job.ArrayTask = image.ArrayTask;
        if (image.ReleasedNodes.Count > 0) job.Released.UnionWith(image.ReleasedNodes);
        if (job.IsArray) job.Unstarted = new TaskSet(image.PendingTasks);
        foreach (var step in image.Steps) job.Steps.Add(step.StepId, Load(step));
        jobs.Add(job.Id, job);
        if (job.Spec.Array.Count > 0 && (job.ArrayJobId ?? job.Id) == job.Id)
            arrays.Add(job.Id, new ArrayBook { FinishedOk = (int)image.ArrayFinishedOk, FinishedBad = (int)image.ArrayFinishedBad });
        indexedLater ??= [];
        if (job.State == JobState.Pending && job.Spec.Dependencies.Count == 0 && job.ArrayTask is null) Index(job);
        else indexedLater.Add(job);
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
        if (job.TokenHash != 0)
        {
            if (clientTokens.Count == 0) clientTokens.EnsureCapacity(jobs.EnsureCapacity(0));
            clientTokens[job.TokenHash] = job.Id;
        }
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
