using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Partitions;
using Stint.Core.Scheduling;

namespace Stint.Core;

// Where the scheduler asks for reservations and preemption.
public sealed partial class Cluster
{
    /// <summary>What reservations stand in the way of this job whatever is free; null: none.</summary>
    private Verdict? ReservationObstacle(Job job, Partition partition, Instant now) => null;

    /// <summary>What reservations leave to this job of what is free on a node from now on for a time; null: nothing at all.
    /// For a job of a reservation: what is the reservation's.</summary>
    /// <param name="forMs">How long it may run; <see cref="long.MaxValue"/>: unlimited.</param>
    private NodeBalance? ReservedFor(Job job, Node node, NodeBalance free, Instant now, long forMs) => free;

    /// <summary>Whether <see cref="ReservedFor"/> can say anything but yes.</summary>
    private bool HasReservations => false;

    /// <summary>Moments ahead at which a reservation begins or ends, in order.</summary>
    private IReadOnlyList<Instant> ReservationEdges() => [];

    /// <summary>Victims whose end lets the job start; null: none would do.</summary>
    private Preemption? FindPreemption(Job job, Partition partition, Func<Node, NodeBalance?> freeOn, Instant now) => null;

    /// <summary>Refuses a job that names a reservation which is not there, over, or not for this user.</summary>
    private Refusal? CheckReservation(JobSpec spec, Instant now) => null;

    private void On(ReservationMade record, Instant at) { }
    private void On(ReservationRemoved record, Instant at) { }
    private void On(JobUpdated record, Instant at) { }
    private void On(JobSuspended record, Instant at) { }
    private void On(JobResumed record, Instant at) { }
}
