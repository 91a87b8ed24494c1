using Stint.Core.Jobs;
using Stint.Core.Reservations;

namespace Stint.Core;

public sealed partial class Cluster
{
    private void AuditReservations()
    {
        foreach (var (name, reservation) in reservations)
        {
            Must(reservation.Name == name, $"reservation {reservation.Name} is kept as {name}");
            Must(reservation.Jobs.SetEquals(activeJobs.Where(id => jobs[id].Reservation == name)), $"reservation {name} lists other jobs than those that run in it");
            foreach (var node in reservation.Holds.Keys)
                Must(ReservationsOfNode(node).Contains(reservation), $"the index of node {node} lacks reservation {name}");
        }
        Must(reservationsByNode.Values.Sum(static list => list.Count) == reservations.Values.Sum(static reservation => reservation.Holds.Count),
            "the index of reservations by node has others than there are");
    }

    private void AuditSuspensions()
    {
        Must(suspendedForOthers.SetEquals(jobs.Values.Where(static job => job is { State: JobState.Suspended, SuspendedFor: not 0 }).Select(static job => job.Id)),
            "the index of jobs that gave way differs");
        foreach (var job in jobs.Values)
        {
            Must(job.State != JobState.Suspended || job.SuspendedAt.IsSet, $"job {job.Id} is suspended since no time");
            Must(!job.SuspendedAt.IsSet || job.State is JobState.Suspended or JobState.Completing, $"job {job.Id} is {job.State} and suspended");
        }
    }

    private void AuditDeadlines() =>
        Must(deadlines.SetEquals(jobs.Values.Where(static job => job.State == JobState.Pending && job.Spec.DeadlineMs > 0)
            .Select(static job => (LastStartMs(job.Spec), job.Id))), "the index of deadlines differs");
}
