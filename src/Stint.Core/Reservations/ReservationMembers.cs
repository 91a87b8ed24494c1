using Stint.Core.Jobs;

namespace Stint.Core;

public sealed partial class Cluster
{
    private const int ReservationEdgesMax = 256;

    /// <summary>Whether <see cref="ReservedFor"/> can say anything but yes.</summary>
    private bool HasReservations => reservations.Count > 0 || suspendedForOthers.Count > 0;

    /// <summary>Moments ahead at which a reservation begins or ends, in order: what it kept away may fit from then on. Of one that recurs,
    /// those of the days ahead.</summary>
    private List<Instant> ReservationEdges()
    {
        var edges = new SortedSet<Instant>();
        foreach (var reservation in reservations.Values)
        {
            foreach (var (start, end) in reservation.Occurrences(passAt))
            {
                if (start > passAt.Milliseconds) edges.Add(new Instant(start));
                if (end > passAt.Milliseconds) edges.Add(new Instant(end));
                if (edges.Count >= 2 * ReservationEdgesMax) break;
            }
        }
        return [.. edges.Take(ReservationEdgesMax)];
    }

    private void Load(Stint.Core.Journal.ReservationSpec image)
    {
        var spec = image.Clone();
        spec.IdleSinceMs = 0;
        var reservation = new Reservations.Reservation(spec) { IdleSince = new Instant(image.IdleSinceMs) };
        reservations.Add(spec.Name, reservation);
        WakeAtBoundaries(reservation);
        RebuildReservationIndex();
    }

    private void EnterReservation(Job job)
    {
        if (job.Reservation.Length > 0 && reservations.TryGetValue(job.Reservation, out var reservation)) reservation.Jobs.Add(job.Id);
    }

    /// <summary>Its run is over, whatever comes next.</summary>
    private void LeaveReservation(Job job, Instant at)
    {
        if (job.Reservation.Length == 0 || !reservations.TryGetValue(job.Reservation, out var reservation)) return;
        reservation.Jobs.Remove(job.Id);
        if (reservation.Jobs.Count == 0) reservation.IdleSince = at;
    }
}
