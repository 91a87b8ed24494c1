using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Partitions;
using Stint.Core.Reservations;
using Stint.Core.Resources;
using Stint.Core.Scheduling;

namespace Stint.Core;

// What reservations leave to a job. The rule: a job outside never gets what is reserved at any moment of the time it may run;
// a job inside gets only what is its reservation's, unless that says FLEX.
public sealed partial class Cluster
{
    private readonly SortedDictionary<string, Reservation> reservations = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Reservation>> reservationsByNode = new(StringComparer.Ordinal);
    private static readonly List<Reservation> NoReservations = [];

    /// <summary>By name; also those that are yet to come.</summary>
    public IReadOnlyDictionary<string, Reservation> Reservations => reservations;

    /// <summary>The reservations that hold something of a node at a moment (MAINT among them is what shows the node as such).</summary>
    public IEnumerable<Reservation> ReservationsOn(string node, Instant at) =>
        ReservationsOfNode(node).Where(reservation => reservation.IsActiveAt(at));

    private List<Reservation> ReservationsOfNode(string node) =>
        reservationsByNode.Count > 0 && reservationsByNode.TryGetValue(node, out var found) ? found : NoReservations;

    private void RebuildReservationIndex()
    {
        reservationsByNode.Clear();
        foreach (var reservation in reservations.Values)
            foreach (var node in reservation.Holds.Keys)
            {
                if (!reservationsByNode.TryGetValue(node, out var list)) reservationsByNode.Add(node, list = []);
                list.Add(reservation);
            }
    }

    /// <summary>What reservations (and jobs that were suspended for others) leave to this job of what is free on a node from now on for a
    /// time; null: nothing at all. For a job of a reservation: what is the reservation's.</summary>
    /// <param name="forMs">How long it may run; <see cref="long.MaxValue"/>: unlimited.</param>
    /// <param name="ignored">As if these were not there, apart from the job's own.</param>
    private NodeBalance? ReservedFor(Job job, Node node, NodeBalance free, Instant now, long forMs, HashSet<Reservation>? ignored = null)
    {
        if (suspendedForOthers.Count > 0) free = LessResumable(job, node, free);
        if (reservations.Count == 0) return free;
        var own = NamedReservation(job, now);
        if (own is null && job.Spec.Reservation.Length > 0) return null;
        if (own is not null && !own.Has(ReservationFlags.Flex))
        {
            forMs = Math.Min(forMs, own.EndAt(now).Milliseconds - now.Milliseconds);
            if (!own.Has(ReservationFlags.AnyNodes))
            {
                if (!own.Holds.TryGetValue(node.Name, out var part)) return null;
                if (part is not null) free = Balances.Within(node, free, part, UsedIn(own, node.Name));
            }
        }
        var until = forMs > long.MaxValue - now.Milliseconds ? long.MaxValue : now.Milliseconds + forMs;
        foreach (var other in ReservationsOfNode(node.Name))
        {
            if (ReferenceEquals(other, own) || !other.Meets(now, now.Milliseconds, until) || Attracts(other, job, now, forMs)) continue;
            if (own is not null && LiesOver(own, other) || ignored?.Contains(other) == true) continue;
            if (other.Holds[node.Name] is not { } part) return null;
            free = Balances.Without(node, free, part, UsedIn(other, node.Name));
        }
        return free;
    }

    /// <summary>A reservation that may take what others have goes before them, and is not kept away by them.</summary>
    private static bool LiesOver(Reservation upper, Reservation lower) =>
        (upper.Flags & (ReservationFlags.Maint | ReservationFlags.Overlap)) != 0
        && (lower.Flags & (ReservationFlags.Maint | ReservationFlags.Overlap)) == 0;

    /// <summary>What jobs of the reservation have on the node: of memory and of devices that are only counted, that much is used up.</summary>
    private IEnumerable<NodeShare> UsedIn(Reservation reservation, string node)
    {
        foreach (var id in reservation.Jobs)
            if (jobs[id] is var job && !job.Released.Contains(node) && ShareOn(job, node) is { } share) yield return share;
    }

    /// <summary>The check of a plan: every share lies in what reservations leave to the job.</summary>
    private bool IsUnreserved(Start start, FreeResources free)
    {
        if (reservations.Count == 0 && suspendedForOthers.Count == 0) return true;
        var holder = Holder.Of(start.Job.Spec);
        var forMs = start.RunLimitMs > 0 ? start.RunLimitMs : RunTimeMs(start.Job.Spec);
        foreach (var share in start.Shares)
            if (!nodes.TryGetValue(share.Node, out var node)
                || ReservedFor(start.Job, node, free.On(node), passAt, forMs) is not { } left
                || left.Take(node, share, holder) is null) return false;
        return true;
    }

    private static bool UsesHeld(Reservation reservation, NodeShare share)
    {
        if (!reservation.Holds.TryGetValue(share.Node, out var held)) return false;
        return held is null || CpuSet.FromBytes(held.Cpus).Intersects(CpuSet.FromBytes(share.Cpus)) || Balances.MeetGres(held, share);
    }

    /// <summary>Licences that reservations keep from this job if it starts now: name → count.</summary>
    private Dictionary<string, long> ReservedLicenses(Job job, Instant now, long forMs)
    {
        var kept = new Dictionary<string, long>(StringComparer.Ordinal);
        if (reservations.Count == 0) return kept;
        var own = NamedReservation(job, now);
        var until = forMs > long.MaxValue - now.Milliseconds ? long.MaxValue : now.Milliseconds + forMs;
        foreach (var other in reservations.Values)
        {
            if (ReferenceEquals(other, own) || other.Spec.Licenses.Length == 0 || !other.Meets(now, now.Milliseconds, until)
                || Attracts(other, job, now, forMs)) continue;
            foreach (var (name, count) in LicenseCounts(other.Spec.Licenses))
            {
                var used = other.Jobs.Sum(id => LicenseCounts(jobs[id].Licenses).Where(held => held.Name == name).Sum(static held => held.Count));
                kept[name] = kept.GetValueOrDefault(name) + Math.Max(0, count - used);
            }
        }
        return kept;
    }

    private static IReadOnlyList<LicenseCount> LicenseCounts(string list) => LicenseRequest.Parse(list, out _)?.Counts ?? [];
}
