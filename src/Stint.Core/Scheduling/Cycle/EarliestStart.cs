using Stint.Core.Jobs;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Cycle;

/// <summary>
/// The first moment at which a job fits all the time it may run. A start can only become possible when something becomes free, so the walk
/// goes over those moments in order and looks only at the nodes on which they happen. What a node offers can shrink as the window moves on;
/// so sums are upper bounds, and are counted again before they are believed.
/// </summary>
internal sealed class EarliestStart(TimelineBook book)
{
    private readonly List<int> offering = [];
    private int[] tasksOf = [];
    private readonly List<(int Place, int Order, int Tasks, long Since)> chosen = [];

    /// <summary>Freeings and nodes that were looked at: the unit of a plan's cost.</summary>
    public long Looks { get; private set; }

    private long now, durationMs, sum;
    private SchedulingView view = null!;
    private Prospect prospect = null!;
    private PartitionNodes within = null!;
    private Job job = null!;

    /// <summary>A reservation that is not in the book yet, or null: not before <paramref name="lastMs"/>.</summary>
    /// <param name="notBefore">Known: it fits at no moment before; the present moment was tried.</param>
    public Reservation? Find(SchedulingView view, Contender contender, Job job, PartitionNodes within, long forMs, long notBefore, long lastMs)
    {
        (this.view, this.within, this.job, prospect, durationMs) = (view, within, job, contender.Prospect, forMs);
        now = view.Now.Milliseconds;
        sum = 0;
        if (tasksOf.Length < book.Nodes.Count) tasksOf = new int[book.Nodes.Count];
        var from = Math.Max(notBefore, now);
        try
        {
            if (!prospect.Shape.IsOneNode) OfferAll(from);
            if (from > now && IsEnough() && Choose(contender, from) is { } atOnce) return atOnce;
            return WalkOn(contender, from, lastMs);
        }
        finally
        {
            foreach (var place in offering) tasksOf[place] = 0;
            offering.Clear();
        }
    }

    private Reservation? WalkOn(Contender contender, long from, long lastMs)
    {
        var shape = prospect.Shape;
        var walk = book.Freeings.From(from <= now + 1 ? long.MinValue : from);
        var edges = view.HasReservations ? view.ReservationEdges() : [];
        var edge = 0;
        while (edge < edges.Count && edges[edge].Milliseconds <= from) edge++;
        while (true)
        {
            var at = walk.PeekTime();
            if (edge < edges.Count && edges[edge].Milliseconds <= at)
            {
                at = edges[edge++].Milliseconds;
                if (at > lastMs) return null;
                OfferAll(at);
                if (IsEnough() && Choose(contender, at) is { } found) return found;
                continue;
            }
            if (at == long.MaxValue) return null;
            at = Math.Max(at, now + 1);
            if (at > lastMs) return null;
            var changed = false;
            while (walk.PeekTime() <= at && walk.TryNext(out var freeing))
            {
                Looks++;
                if (freeing.Cpus < shape.NodeCpus || freeing.MemoryBytes < shape.NodeMemoryBytes || !within.Has(freeing.Node)) continue;
                changed |= Offer(freeing.Node, at);
            }
            if (changed && IsEnough() && Choose(contender, at) is { } reservation) return reservation;
            if (shape.IsOneNode) Forget();
        }
    }

    private void OfferAll(long at)
    {
        Looks += within.Places.Length / 4;
        foreach (var place in within.Places) Offer(place, at);
    }

    /// <summary>Counts what a node offers for the whole window. True: it offers something, or more than before.</summary>
    private bool Offer(int place, long at)
    {
        var line = book.Nodes[place];
        if (!line.IsOpen || !prospect.Shape.Admits(line.Node)) return false;
        Looks++;
        var tasks = line.Lacks(now, at, prospect.Shape.NodeCpus, prospect.Shape.NodeMemoryBytes) ? 0 : TasksAt(line, at);
        if (prospect.Shape.IsOneNode && tasks < prospect.Shape.Tasks) tasks = 0;
        var before = tasksOf[place];
        if (tasks == before) return false;
        if (before == 0) offering.Add(place);
        sum += Math.Min(tasks, prospect.Shape.Tasks) - Math.Min(before, prospect.Shape.Tasks);
        tasksOf[place] = tasks;
        if (tasks == 0) offering.Remove(place);
        return tasks > before;
    }

    private int TasksAt(NodeTimeline line, long at) => prospect.Shape.Request.TasksWithin(line.Node, FreeAt(line, at));

    private ResourceAmount FreeAt(NodeTimeline line, long at)
    {
        var free = line.MinFree(now, at, StartSearch.Sum(at, durationMs));
        if (!view.HasReservations) return free;
        return Countable.Limit(line.Node, FreeResources.Total(line.Node), free) is { } limited
            && view.ReservedFor(job, line.Node, limited, new Instant(at), durationMs) is { } left ? left.AmountOn(line.Node) : default;
    }

    private bool IsEnough() => sum >= prospect.Shape.Tasks && offering.Count >= prospect.Shape.Request.NodesMin;

    private void Forget()
    {
        foreach (var place in offering) tasksOf[place] = 0;
        offering.Clear();
        sum = 0;
    }

    /// <summary>Nodes for a start at that moment, or null. Those that became free last are taken first: a node that is free already may be
    /// of use to others until then.</summary>
    private Reservation? Choose(Contender contender, long at)
    {
        var request = prospect.Shape.Request;
        if (!prospect.Shape.IsOneNode) OfferAgain(at);
        if (!IsEnough()) return null;
        if (prospect.Shape.IsWoven) return ChooseTogether(contender, at);
        chosen.Clear();
        foreach (var place in offering)
        {
            var line = book.Nodes[place];
            chosen.Add((place, chosen.Count, tasksOf[place], line.TimeOf(line.StepAt(now, at))));
        }
        chosen.Sort(static (a, b) => a.Since != b.Since ? b.Since.CompareTo(a.Since) : a.Place.CompareTo(b.Place));
        foreach (var name in request.Required) if (!TakeFirst(name)) return null;
        var count = CountOf(request);
        if (count == 0 && request.NodesMax > 0)
        {
            chosen.Sort(request.Required.Count, chosen.Count - request.Required.Count, MostTasks.Instance);
            count = CountOf(request);
        }
        return count == 0 ? null : Reserve(contender, at, count);
    }

    /// <summary>Which nodes go together is more than a sum: placement chooses, as it will when the moment has come.</summary>
    private Reservation? ChooseTogether(Contender contender, long at)
    {
        var request = prospect.Shape.Request;
        Looks += offering.Count;
        var shares = Placement.Find(request, contender.Partition.Nodes, node => book.Find(node) is { } line && tasksOf[line.Index] > 0
            ? Countable.Limit(node, FreeResources.Total(node), FreeAt(line, at)) : null);
        if (shares is null) return null;
        var places = new int[shares.Count];
        var amounts = new ResourceAmount[shares.Count];
        for (var i = 0; i < places.Length; i++)
        {
            var node = view.Node(shares[i].Node);
            (places[i], amounts[i]) = (book.PlaceOf(node), request.Exclusive ? FreeAt(book.Find(node)!, at) : node.AmountOf(shares[i]));
        }
        return new Reservation(job, contender, at, StartSearch.Sum(at, durationMs), places, amounts);
    }

    private void OfferAgain(long at)
    {
        for (var i = offering.Count - 1; i >= 0; i--) Offer(offering[i], at);
    }

    private bool TakeFirst(string name)
    {
        var at = chosen.FindIndex(candidate => book.Nodes[candidate.Place].Node.Name == name);
        if (at < 0) return false;
        var wanted = chosen[at];
        chosen.RemoveAt(at);
        chosen.Insert(0, wanted);
        return true;
    }

    /// <summary>How many of the chosen, from the front, are enough; 0: no number is.</summary>
    private int CountOf(Request request)
    {
        long tasks = 0;
        var max = Math.Min(chosen.Count, Math.Min(request.Tasks, request.NodesMax > 0 ? request.NodesMax : int.MaxValue));
        for (var i = 0; i < max; i++)
        {
            tasks += chosen[i].Tasks;
            if (tasks >= request.Tasks && i + 1 >= Math.Max(request.NodesMin, request.Required.Count)) return i + 1;
        }
        return 0;
    }

    private Reservation Reserve(Contender contender, long at, int count)
    {
        var request = prospect.Shape.Request;
        var places = new int[count];
        var amounts = new ResourceAmount[count];
        var spare = request.Tasks - count;
        for (var i = 0; i < count; i++)
        {
            var more = Math.Min(chosen[i].Tasks - 1, spare);
            spare -= more;
            places[i] = chosen[i].Place;
            amounts[i] = Countable.Need(request, book.Nodes[places[i]].Node, 1 + more, FreeAt(book.Nodes[places[i]], at));
        }
        return new Reservation(job, contender, at, StartSearch.Sum(at, durationMs), places, amounts);
    }

    private sealed class MostTasks : IComparer<(int Place, int Order, int Tasks, long Since)>
    {
        public static readonly MostTasks Instance = new();
        public int Compare((int Place, int Order, int Tasks, long Since) a, (int Place, int Order, int Tasks, long Since) b) =>
            a.Tasks != b.Tasks ? b.Tasks.CompareTo(a.Tasks) : a.Place.CompareTo(b.Place);
    }
}
