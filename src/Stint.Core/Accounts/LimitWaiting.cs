using Stint.Core.Accounts;
using Stint.Core.Jobs;
using Stint.Core.Scheduling;

namespace Stint.Core;

// Jobs that a limit keeps away wait outside of the queues, by class. A release of what a class waits for wakes its first jobs; each
// that starts wakes those behind it. So a release costs as many jobs as it may start, not as many as wait.
public sealed partial class Cluster
{
    private const int WokenAtOnce = 4;
    private static readonly HashSet<PendingReason> LimitReasonSet = FindLimitReasons();
    private readonly Dictionary<object, HashSet<JobClass>> limitedBy = [];

    private static bool IsLimitReason(PendingReason reason) => LimitReasonSet.Contains(reason);

    private void ParkForLimit(Verdict verdict)
    {
        var (job, @class) = (verdict.Job, verdict.Job.Class!);
        @class.Limited.Add(job);
        if (verdict.Wake.IsSet) @class.LimitedUntil = verdict.Wake;
        if (@class.WaitsOn is { } holder) Register(@class, holder);
        // With several partitions the limit of any of them may be the one that gives way.
        if (@class.Key.Partition.Contains(',', StringComparison.Ordinal))
            foreach (var meter in @class.Waiters!.Meters) Register(@class, meter);
    }

    private void Register(JobClass @class, object holder)
    {
        if (!limitedBy.TryGetValue(holder, out var waiting)) limitedBy.Add(holder, waiting = []);
        if (waiting.Add(@class)) @class.RegisteredOn.Add(holder);
    }

    private void UnparkForLimit(Job job)
    {
        if (job.Class is not { } @class || !@class.Limited.Remove(job)) return;
        if (@class.Limited.Count > 0)
        {
            // The clock was set for the job that goes: it is the next one's now.
            if (@class.LimitedUntil.IsSet) timedWakes.Add((@class.LimitedUntil.Milliseconds, @class.Limited.Min!.Id));
            return;
        }
        foreach (var holder in @class.RegisteredOn)
            if (limitedBy.TryGetValue(holder, out var waiting) && waiting.Remove(@class) && waiting.Count == 0) limitedBy.Remove(holder);
        @class.RegisteredOn.Clear();
        @class.LimitedUntil = Instant.Never;
    }

    /// <summary>A job of a class went out of the way of those that wait behind it.</summary>
    private void WakeNextLimited(Job job)
    {
        if (job.Class is { Limited.Count: > 0 } @class) WakeFirst(@class);
    }

    private void WakeLimitedBy(Holders holders)
    {
        if (limitedBy.Count == 0) return;
        foreach (var meter in holders.Meters) WakeWaitingOn(meter);
        if (holders.TierUser is { } user) WakeWaitingOn(user.Running);
    }

    private void WakeWaitingOn(object holder)
    {
        if (!limitedBy.TryGetValue(holder, out var waiting)) return;
        foreach (var @class in waiting.ToArray()) WakeFirst(@class);
    }

    private void WakeFirst(JobClass @class)
    {
        for (var woken = 0; woken < WokenAtOnce && @class.Limited.Count > 0; woken++) Wake(@class.Limited.Min!);
    }

    private void WakeAllLimited()
    {
        var all = new List<Job>();
        foreach (var @class in jobClasses.Values) all.AddRange(@class.Limited);
        foreach (var job in all) Wake(job);
    }

    private static HashSet<PendingReason> FindLimitReasons()
    {
        var reasons = new HashSet<PendingReason>
        {
            PendingReason.QOSUsageThreshold, PendingReason.QOSGrpJobsLimit, PendingReason.QOSGrpWallLimit, PendingReason.MaxJobsPerAccount,
            PendingReason.QOSMaxJobsPerUserLimit, PendingReason.QOSMaxWallDurationPerJobLimit, PendingReason.AssocGrpJobsLimit,
            PendingReason.AssocGrpWallLimit, PendingReason.AssocMaxJobsLimit, PendingReason.AssocMaxWallDurationPerJobLimit,
            PendingReason.AssociationJobLimit, PendingReason.AssociationResourceLimit, PendingReason.AccountNotAllowed,
            PendingReason.QOSNotAllowed, PendingReason.InvalidAccount, PendingReason.InvalidQOS, PendingReason.MaxMemPerLimit,
            PendingReason.PartitionInactive,
        };
        foreach (var family in Enum.GetValues<LimitFamily>())
            foreach (var kind in Enum.GetValues<TresKind>()) reasons.Add(LimitReasons.Of(family, kind));
        return reasons;
    }
}
