using System.Diagnostics.CodeAnalysis;
using Stint.Core.Jobs;

namespace Stint.Core.Scheduling.Cycle;

/// <summary>The planned starts of the present plan, in the order in which they were given.</summary>
internal sealed class Reservations(TimelineBook book)
{
    private readonly List<Reservation> all = [];
    private readonly Dictionary<uint, Reservation> first = [];

    public int Count => all.Count;

    /// <summary>The earliest of a job; null: none.</summary>
    public Reservation? Of(uint jobId) => first.GetValueOrDefault(jobId);

    public void Add(Reservation reservation)
    {
        all.Add(reservation);
        first.TryAdd(reservation.Job.Id, reservation);
        book.Reserve(reservation);
    }

    /// <summary>The job starts: it does not need this one any more.</summary>
    public void Drop(SchedulingView view, Reservation reservation)
    {
        all.Remove(reservation);
        book.Drop(view, reservation);
        first.Remove(reservation.Job.Id);
        foreach (var other in all)
            if (other.Job.Id == reservation.Job.Id) { first.Add(other.Job.Id, other); break; }
    }

    /// <summary>Drops all; their nodes are the caller's to build again.</summary>
    public void Clear(HashSet<int> places)
    {
        foreach (var reservation in all)
            foreach (var place in reservation.Nodes)
            {
                places.Add(place);
                book.Nodes[place].Reserved.Clear();
            }
        Forget();
    }

    /// <summary>Of jobs that started, ended, or are kept from starting now.</summary>
    public void DropStale(SchedulingView view)
    {
        for (var i = all.Count - 1; i >= 0; i--)
            if (all[i].Job.Class is null) Drop(view, all[i]);
    }

    /// <summary>The nodes are others: nothing is left of the plan.</summary>
    public void Forget()
    {
        all.Clear();
        first.Clear();
    }
}
