using Stint.Core.Jobs;

namespace Stint.Core;

public sealed partial class Cluster
{
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
