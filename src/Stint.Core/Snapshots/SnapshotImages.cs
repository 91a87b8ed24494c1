using Stint.Core.Arrays;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>Snapshots of a newer format are refused.</summary>
    public const uint SnapshotFormat = 1;

    /// <summary>All state that the journal's records up to <paramref name="lastSequence"/> add up to; sorted, so that equal states have
    /// equal bytes.</summary>
    /// <param name="only">Of these jobs only; null: of all.</param>
    public Snapshot ToSnapshot(long lastSequence, IReadOnlySet<uint>? only = null)
    {
        var snapshot = new Snapshot { LastSequence = lastSequence, Format = SnapshotFormat, Config = Config, NextJobId = NextJobId };
        var numbers = new Dictionary<JobSpec, uint>(ReferenceEqualityComparer.Instance);
        foreach (var job in jobs.Values.OrderBy(static job => job.Id))
        {
            if (only is not null && !only.Contains(job.Id)) continue;
            var image = Image(job);
            if (!SharesSpec(job)) image.SpecNumber = NumberOf(job.Spec, numbers, snapshot);
            snapshot.Jobs.Add(image);
        }
        foreach (var node in nodes.Values.OrderBy(static node => node.Name, StringComparer.Ordinal)) snapshot.Nodes.Add(Image(node));
        foreach (var reservation in reservations.Values)
        {
            var image = reservation.Spec.Clone();
            image.IdleSinceMs = reservation.IdleSince.Milliseconds;
            snapshot.Reservations.Add(image);
        }
        snapshot.Tokens.AddRange(tokens.Values);
        foreach (var (hash, node) in tokenUses) snapshot.UsedTokens.Add(new TokenUsed { Hash = hash, Node = node });
        foreach (var (node, thumbprint) in certificates)
            snapshot.Certificates.Add(new NodeCertified { Node = node, Thumbprint = thumbprint });
        SaveAccounts(snapshot);
        return snapshot;
    }

    /// <summary>Equal requests are written once, in the order of the first job that has them.</summary>
    private static uint NumberOf(JobSpec spec, Dictionary<JobSpec, uint> numbers, Snapshot snapshot)
    {
        if (numbers.TryGetValue(spec, out var number)) return number;
        snapshot.Specs.Add(spec);
        return numbers[spec] = (uint)snapshot.Specs.Count;
    }

    private JobImage Image(Job job)
    {
        var image = new JobImage
        {
            JobId = job.Id, State = (uint)job.State,
            SubmitMs = job.Submitted.Milliseconds, EligibleMs = job.Eligible.Milliseconds,
            StartMs = job.Started.Milliseconds, EndMs = job.Ended.Milliseconds,
            Attempt = job.Attempt, EndLimitMs = job.EndLimit.Milliseconds, NotBeforeMs = job.NotBefore.Milliseconds,
            Kind = job.Kind, ExitCode = job.ExitCode, Signal = job.Signal, ByUid = job.EndedBy, Cause = job.Cause,
            Held = job.Held, HeldByAdmin = job.HeldByAdmin, NextStepId = job.NextStepId, RequeuePending = job.RequeuePending,
            Order = job.Order, ClientTokenHash = job.TokenHash, Partition = job.Partition, Reservation = job.Reservation, Licenses = job.IsActive ? job.Licenses : "",
            SuspendedMs = job.SuspendedMs, SuspendedAtMs = job.SuspendedAt.Milliseconds, SuspendedFor = job.SuspendedFor,
            KeepsResources = job.KeepsResources, RunLimitMs = job.RunLimitMs, GraceMs = job.GraceMs, RequeueHeld = job.RequeueHeld,
        };
        if (job.ArrayJobId is { } array) image.ArrayJobId = array;
        if (job.ArrayTask is { } task) image.ArrayTask = task;
        image.Shares.AddRange(job.Shares);
        image.ReleasedNodes.AddRange(job.Released);
        image.PendingTasks.AddRange(job.PendingTasks);
        foreach (var step in job.Steps.Values) image.Steps.Add(Image(step));
        if (arrays.TryGetValue(job.Id, out var book))
            (image.ArrayFinishedOk, image.ArrayFinishedBad) = ((uint)book.FinishedOk, (uint)book.FinishedBad);
        return image;
    }

    private bool SharesSpec(Job job) =>
        job.ArrayJobId is { } id && id != job.Id && jobs.TryGetValue(id, out var array) && ReferenceEquals(array.Spec, job.Spec);

    private static StepImage Image(Step step)
    {
        var image = new StepImage
        {
            StepId = step.Id, CreateMs = step.Created.Milliseconds, StartMs = step.Started.Milliseconds, EndMs = step.Ended.Milliseconds,
        };
        if (step.Id != StepIds.Batch) image.Spec = step.Spec;
        image.Shares.AddRange(step.Shares);
        image.Started.AddRange(step.StartReports.Values);
        image.Exited.AddRange(step.ExitReports.Values);
        return image;
    }

    private static NodeImage Image(Node node) => new()
    {
        Registration = node.Registration, Availability = node.Availability, Drain = node.Drain, DownByAdmin = node.DownByAdmin,
        Reason = node.Reason, ReasonUid = node.ReasonUid, ReasonAtMs = node.ReasonAt.Milliseconds,
        ChangedMs = node.Changed.Milliseconds, LastBusyMs = node.LastBusy.Milliseconds, Fail = node.Fail, Future = node.Future,
    };
}
