using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Partitions;
using Stint.Core.Reservations;
using Stint.Core.Scheduling;

namespace Stint.Core;

// Who may use a reservation, and which one a job uses. The lists of users (or groups), accounts and QOS must all let the job in
// (scontrol(1): "a job must match both").
public sealed partial class Cluster
{
    private static bool MayUse(ReservationSpec reservation, JobSpec job) =>
        Admits(reservation.Users, reservation.UsersDenied, job.User)
        && Admits(reservation.Accounts, reservation.AccountsDenied, job.Account)
        && (reservation.Qos.Count == 0 || reservation.Qos.Contains(job.Qos))
        && (reservation.Groups.Count == 0 || reservation.Groups.Contains(job.Group) || reservation.Groups.Any(job.Groups.Contains));

    private static bool Admits(IReadOnlyCollection<string> names, bool denied, string name) =>
        names.Count == 0 || names.Contains(name, StringComparer.Ordinal) != denied;

    private Refusal? CheckReservation(JobSpec spec, Instant now)
    {
        if (spec.Reservation.Length == 0)
            return FindPartition(spec.Partition) is { Spec.RequiresReservation: true }
                ? No(RefusalCodes.ReservationAccess, $"partition {spec.Partition} takes only jobs of a reservation",
                    "Name one with --reservation")
                : null;
        foreach (var name in spec.Reservation.Split(','))
        {
            if (!reservations.TryGetValue(name, out var reservation) || reservation.IsOverAt(now))
                return No(RefusalCodes.ReservationInvalid, $"Requested reservation is invalid: {Short(name)}",
                    "scontrol show reservation lists those that there are");
            if (!MayUse(reservation.Spec, spec))
                return No(RefusalCodes.ReservationAccess, $"Access denied to requested reservation: {name}",
                    $"It is for {WhoMay(reservation.Spec)}");
        }
        return null;
    }

    private static string WhoMay(ReservationSpec spec)
    {
        var parts = new List<string>();
        if (spec.Users.Count > 0) parts.Add($"{(spec.UsersDenied ? "all users but" : "users")} {string.Join(", ", spec.Users)}");
        if (spec.Groups.Count > 0) parts.Add($"groups {string.Join(", ", spec.Groups)}");
        if (spec.Accounts.Count > 0)
            parts.Add($"{(spec.AccountsDenied ? "all accounts but" : "accounts")} {string.Join(", ", spec.Accounts)}");
        if (spec.Qos.Count > 0) parts.Add($"QOS {string.Join(", ", spec.Qos)}");
        return string.Join(" and ", parts);
    }

    /// <summary>The reservation that a job which names some would run in now: the first of them that lets it start; null: none does.</summary>
    private Reservation? NamedReservation(Job job, Instant now)
    {
        if (job.Spec.Reservation.Length == 0) return null;
        foreach (var name in job.Spec.Reservation.Split(','))
            if (reservations.TryGetValue(name, out var reservation) && MayUse(reservation.Spec, job.Spec)
                && !reservation.IsOverAt(now) && (reservation.Has(ReservationFlags.Flex) || reservation.IsActiveAt(now)))
                return reservation;
        return null;
    }

    /// <summary>A magnetic reservation that takes the job although it did not ask. It does not shorten the job's time as one that was
    /// asked for does: the job must be able to end in it.</summary>
    private static bool Attracts(Reservation reservation, Job job, Instant now, long forMs)
    {
        if (!reservation.Has(ReservationFlags.Magnetic) || job.Spec.Reservation.Length > 0 || !MayUse(reservation.Spec, job.Spec)) return false;
        return reservation.Has(ReservationFlags.Flex) ? !reservation.IsOverAt(now)
            : reservation.IsActiveAt(now) && forMs <= reservation.EndAt(now).Milliseconds - now.Milliseconds;
    }

    private Verdict? ReservationObstacle(Job job, Partition partition, Instant now)
    {
        if (!job.Asked.NamesReservation || NamedReservation(job, now) is not null) return null;
        var wake = Instant.Never;
        string? denied = null;
        foreach (var name in job.Spec.Reservation.Split(','))
        {
            if (!reservations.TryGetValue(name, out var reservation) || reservation.IsOverAt(now)) continue;
            if (!MayUse(reservation.Spec, job.Spec)) { denied = name; continue; }
            var start = reservation.StartAt(now);
            if (reservation.Has(ReservationFlags.TimeFloat)) start = Instant.Never;      // it never comes
            else if (!wake.IsSet || start < wake) wake = start;
        }
        if (wake.IsSet) return new Verdict(job, PendingReason.Reservation, $"reservation {job.Spec.Reservation} has not started", Wake: wake);
        return denied is null
            ? new Verdict(job, PendingReason.ReservationDeleted, $"reservation {job.Spec.Reservation} is not there any more")
            : new Verdict(job, PendingReason.ReservationInvalid, $"reservation {denied} does not let user {job.Spec.User} in any more");
    }

    /// <summary>The reservation that a start uses: the named one, or the magnetic one whose resources are among its shares.</summary>
    private string ReservationOf(Job job, IReadOnlyList<NodeShare> shares, Instant now)
    {
        if (reservations.Count == 0) return "";
        if (job.Spec.Reservation.Length > 0) return NamedReservation(job, now)?.Name ?? "";
        var forMs = RunTimeMs(job.Spec);
        foreach (var share in shares)
            foreach (var reservation in ReservationsOfNode(share.Node))
                if (Attracts(reservation, job, now, forMs) && UsesHeld(reservation, share)) return reservation.Name;
        return "";
    }

    /// <summary>The time limit as a span; unlimited is <see cref="long.MaxValue"/>.</summary>
    private static long RunTimeMs(JobSpec spec) => spec.TimeLimitMs > 0 ? spec.TimeLimitMs : long.MaxValue;
}
