using Stint.Core.Jobs;
using Stint.Core.Nodes;
using Stint.Core.Partitions;
using Stint.Core.Reservations;
using Stint.Core.Scheduling;

namespace Stint.Core;

// When reservations are the reason: what they keep is free, or would not be enough even when everything that runs had ended.
public sealed partial class Cluster
{
    /// <summary>Reservations whose part is looked at one by one; of more, all that meet the job's time are named.</summary>
    private const int ReservationsSiftedMax = 16;

    /// <summary>The verdict when reservations keep the job away, whatever else does; null: they do not.</summary>
    /// <param name="unreserved">What is free now on the nodes that take jobs.</param>
    private Verdict? ReservedVerdict(Job job, Partition partition, Func<Node, NodeBalance?> unreserved, Instant now)
    {
        if (reservations.Count == 0) return null;
        static NodeBalance? Idle(Node node) => node.TakesJobs ? FreeResources.Total(node) : null;
        if (job.Spec.Reservation.Length > 0) return ReservedFrom(job, partition, Idle, now);
        return ReservedFrom(job, partition, unreserved, now) ?? ReservedFrom(job, partition, Idle, now);
    }

    private Verdict? ReservedFrom(Job job, Partition partition, Func<Node, NodeBalance?> unreserved, Instant now)
    {
        var forMs = RunTimeMs(job.Spec);
        bool Fits(HashSet<Reservation>? ignored) => Placement.Fits(job.Request, partition.Nodes,
            node => unreserved(node) is { } free ? ReservedFor(job, node, free, now, forMs, ignored) : null);
        if (Fits(null) || !Placement.Fits(job.Request, partition.Nodes, unreserved)) return null;
        var until = forMs > long.MaxValue - now.Milliseconds ? long.MaxValue : now.Milliseconds + forMs;
        var others = partition.Nodes.SelectMany(node => ReservationsOfNode(node.Name)).Distinct()
            .Where(other => other.Meets(now, now.Milliseconds, until) && other != NamedReservation(job, now)).ToHashSet();
        // Not even without all others: its own does not have it.
        if (!Fits(others))
            return new Verdict(job, PendingReason.Reservation, $"reservation {job.Spec.Reservation} does not have what it needs: {job.Request}");
        if (others.Count <= ReservationsSiftedMax)
            foreach (var other in others.ToArray())
                if (others.Remove(other) && !Fits(others)) others.Add(other);
        var names = string.Join(", ", others.Select(static reservation => reservation.Name).Order(StringComparer.Ordinal).Take(8));
        return others.Any(static reservation => reservation.Has(ReservationFlags.Maint))
            ? new Verdict(job, PendingReason.ReqNodeNotAvail, $"Reserved for maintenance: {names}")
            : new Verdict(job, PendingReason.Reservation, $"it could still run when reservation {names} needs the resources");
    }
}
