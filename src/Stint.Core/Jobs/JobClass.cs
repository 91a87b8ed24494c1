using Stint.Core.Journal;
using Stint.Core.Scheduling;
using Stint.Core.Scheduling.Cycle;

namespace Stint.Core.Jobs;

/// <summary>
/// Waiting jobs that differ in age alone, oldest first: what holds for the first of them holds for those behind it. Adding at the end and
/// taking from the front are cheap; a job that leaves elsewhere is struck out and its place is cleared up later.
/// </summary>
internal sealed class JobClass(JobSpec key, Shape shape, bool byAge)
{
    private (long Key, ulong Order, Job Job)[] places = new (long, ulong, Job)[1];
    private int start, end;

    /// <summary>The request without what differs among its jobs; see <see cref="ClassKey.OfClass"/>.</summary>
    public JobSpec Key { get; } = key;
    public Shape Shape { get; } = shape;
    /// <summary>Its last job has left: it is in the queue no more.</summary>
    public bool IsDropped { get; set; }
    /// <summary>One for each partition that it names, in its order.</summary>
    public Contender[] Contenders { get; set; } = [];
    /// <summary>Jobs that wait in it.</summary>
    public int Count { get; private set; }
    /// <summary>What keeps all of them from starting, whatever is free; null: nothing that a plan has found.</summary>
    public Verdict? Verdict { get; set; }
    /// <summary>What a plan found for one of its partitions. The class is kept from starting only when it is so everywhere.</summary>
    public void Note(Contender contender, Verdict? verdict)
    {
        contender.Verdict = verdict;
        Verdict = null;
        foreach (var other in Contenders)
        {
            if (other.Verdict is null) { Verdict = null; return; }
            Verdict ??= other.Verdict;
        }
    }

    /// <summary>The first component of the heterogeneous job that its job is a later one of: what the whole waits for is what it waits for.</summary>
    public Job? Leader { get; set; }

    /// <summary>It is in the list of classes to look at in the next pass.</summary>
    public bool IsFresh { get; set; }

    public Job? First => Count == 0 ? null : places[start].Job;

    public void Add(Job job)
    {
        job.QueueKey = byAge ? job.Eligible.Milliseconds : 0;
        var at = PlaceOf(job.QueueKey, job.Order, job.Id);
        job.Class = this;
        Count++;
        if (at < end && ReferenceEquals(places[at].Job, job) && places[at].Key == job.QueueKey && places[at].Order == job.Order) { start = Math.Min(start, at); return; }
        if (end == places.Length) Clear(ref at);
        if (at < end) Array.Copy(places, at, places, at + 1, end - at);
        places[at] = (job.QueueKey, job.Order, job);
        end++;
        SkipDead();
    }

    public void Remove(Job job)
    {
        job.Class = null;
        Count--;
        SkipDead();
        var at = 0;
        if (end - start > 2 * Count + 64) Clear(ref at);
    }

    /// <summary>Forgets the places of those that left: one of them comes back with another order.</summary>
    public void Purge()
    {
        var at = 0;
        Clear(ref at);
    }

    /// <summary>The oldest that is behind a job in this order, which need not wait any more; null: none.</summary>
    public Job? After(Cursor cursor)
    {
        if (!cursor.IsSet) return First;
        for (var at = PlaceOf(cursor.Key, cursor.Order, cursor.Id + 1UL); at < end; at++)
            if (IsLive(places[at])) return places[at].Job;
        return null;
    }

    public Cursor At(Job job) => new(true, job.QueueKey, job.Order, job.Id);

    /// <summary>For any of its jobs: what holds for the class, or that it waits for its turn, or for resources when it is the first.</summary>
    public PendingReason ReasonOf(Job job)
    {
        if (Verdict is { } verdict) return verdict.Reason;
        if (Leader?.Class is { } its) return its.ReasonOf(Leader);
        var reason = PendingReason.None;
        foreach (var contender in Contenders)
        {
            var first = contender.Partition.FirstBlocked;
            if (first == job.Id) return PendingReason.Resources;
            if (first != 0) reason = PendingReason.Priority;
        }
        return reason;
    }

    public string DetailOf(Job job)
    {
        if (Verdict is { } verdict) return verdict.Detail;
        if (Leader?.Class is { } its) return its.DetailOf(Leader);
        foreach (var contender in Contenders)
            if (contender.Partition.FirstBlocked == job.Id) return contender.Partition.Describe(job, contender.Partition);
        return "";
    }

    public IEnumerable<Job> Jobs()
    {
        for (var at = start; at < end; at++)
            if (IsLive(places[at])) yield return places[at].Job;
    }

    private bool IsLive(in (long Key, ulong Order, Job Job) place) =>
        ReferenceEquals(place.Job.Class, this) && place.Key == place.Job.QueueKey && place.Order == place.Job.Order;

    private void SkipDead()
    {
        while (start < end && !IsLive(places[start])) places[start++].Job = null!;
        if (start == end) start = end = 0;
    }

    /// <summary>The first place in [start, end) that is not before the key.</summary>
    private int PlaceOf(long key, ulong order, ulong id)
    {
        if (end > start && Before(places[end - 1], key, order, id)) return end;
        int low = start, high = end;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (Before(places[middle], key, order, id)) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private static bool Before(in (long Key, ulong Order, Job Job) place, long key, ulong order, ulong id) =>
        place.Key != key ? place.Key < key : place.Order != order ? place.Order < order : place.Job.Id < id;

    /// <summary>Moves the live ones together, in a larger array when they are many.</summary>
    private void Clear(ref int at)
    {
        var live = 0;
        for (var i = start; i < end; i++)
            if (IsLive(places[i])) live++;
        var fresh = new (long, ulong, Job)[Math.Max(2, live + live / 2 + 1)];
        int next = 0, moved = -1;
        for (var i = start; i < end; i++)
        {
            if (i == at) moved = next;
            if (IsLive(places[i])) fresh[next++] = places[i];
        }
        at = moved < 0 ? next : moved;
        (places, start, end) = (fresh, 0, next);
    }
}

/// <summary>A place in a class's order; not set: before the first.</summary>
internal readonly record struct Cursor(bool IsSet, long Key, ulong Order, uint Id);
