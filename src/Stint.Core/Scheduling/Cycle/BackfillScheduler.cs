using Stint.Core.Jobs;
using Stint.Core.Nodes;
using Stint.Core.Partitions;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Cycle;

/// <summary>
/// Backfill with real reservations. A full plan goes over all classes in order: who fits starts; who does not gets a reservation, as many as
/// the policy gives; then the holes are filled without delaying any of them. It runs in slices. Between full plans of a long queue only the
/// nodes on which something became free, and the classes that got jobs, are looked at, and the reservations stay as they are.
/// </summary>
/// <remarks>Invariants: nothing is placed that the timelines do not have free for all of its time; a class that can neither start nor get a
/// reservation costs one look per plan.</remarks>
internal sealed partial class BackfillScheduler : IScheduler
{
    /// <summary>A full plan that cost no more looks than this is made each time; a dearer one the more seldom the dearer it is.</summary>
    private const long CheapLooks = 2_000, LooksPerMs = 200;
    private const long FullEveryMsMax = 1_000;
    /// <summary>Reservations that the tasks of one array get, as Slurm's bf_max_job_array_resv.</summary>
    private const int ReservationsPerArray = 20;
    private const int PreemptionsMax = 1;

    private enum Phase { Idle, Collect, Reserve, Fill, Close }

    private readonly TimelineBook book = new();
    private readonly StartSearch starts;
    private readonly EarliestStart earliest;
    private readonly Dictionary<Partition, PartitionNodes> places = new(ReferenceEqualityComparer.Instance);
    private readonly Reservations reservations;
    private readonly HashSet<uint> preemptors = [];
    private readonly HashSet<int> changed = [];

    private SchedulingView view = null!;
    private Scheduling.Plan plan = null!;
    private PlanRules rules = null!;
    private Phase phase;
    private long planNumber, nodesVersion = -1, looks, noted, looksBefore, looksOfFull;
    private Instant fullAt;
    private bool wasInterrupted, isPatched;

    public BackfillScheduler()
    {
        starts = new StartSearch(book);
        earliest = new EarliestStart(book);
        reservations = new Reservations(book);
    }

    private long Looks => looks + starts.Looks + earliest.Looks;

    public PlannedStart? PlannedStartOf(uint jobId) => reservations.Of(jobId) is { } reservation
        ? new PlannedStart(new Instant(reservation.StartMs), Array.ConvertAll(reservation.Nodes, place => book.Nodes[place].Node.Name)) : null;

    public bool IsPlanned(Node node) => book.Find(node) is { Reserved.Count: > 0 };

    public Scheduling.Plan Plan(SchedulingView view)
    {
        this.view = view;
        plan = new Scheduling.Plan();
        looksBefore = looks + noted;
        startedNow.Clear();
        tasksStarted.Clear();
        MatchNodes();
        var isFull = phase == Phase.Idle && NeedsFull();
        Settle(isFull);
        if (isFull) Begin();
        var wasPatch = phase == Phase.Idle;
        var done = wasPatch ? Patch() : RunFull();
        plan.IsCut = !done || phase == Phase.Idle && (view.Queue.Fresh.Count > 0 || patched < book.Freed.Count);
        isPatched |= wasPatch && (plan.Starts.Count > 0 || book.Freed.Count > 0);
        if (done && isPatched && view.Queue.Count > 0) Again(new Instant(fullAt.Milliseconds + FullEveryMs));
        this.view = null!;
        return plan;
    }

    private long FullEveryMs => Math.Min(FullEveryMsMax, looksOfFull / LooksPerMs);

    private void Again(Instant at)
    {
        if (at.IsSet && (!plan.Again.IsSet || at < plan.Again)) plan.Again = at;
    }

    private bool NeedsFull() => looksOfFull <= CheapLooks || wasInterrupted || planNumber == 0
        || view.Now < fullAt || view.Now.Milliseconds - fullAt.Milliseconds >= FullEveryMs;

    /// <summary>Nodes came, went, or changed their state: the plan is made anew.</summary>
    private void MatchNodes()
    {
        if (view.NodesVersion == nodesVersion) return;
        nodesVersion = view.NodesVersion;
        if (!book.Match(view)) reservations.Forget();
        places.Clear();
        foreach (var partition in view.Partitions)
        {
            places.Add(partition, new PartitionNodes(partition.Nodes.Select(book.PlaceOf).ToArray(), book.Nodes.Count));
        }
        FindOverlaps();
        wasInterrupted = true;
        phase = Phase.Idle;
    }

    /// <summary>Which partitions have nodes in common.</summary>
    private void FindOverlaps()
    {
        var onNode = new List<Partition>?[book.Nodes.Count];
        var overlaps = new Dictionary<Partition, HashSet<Partition>>(ReferenceEqualityComparer.Instance);
        foreach (var (partition, nodes) in places)
        {
            overlaps.Add(partition, new HashSet<Partition>(ReferenceEqualityComparer.Instance));
            foreach (var place in nodes.Places)
            {
                foreach (var other in onNode[place] ?? [])
                    if (other != partition && overlaps[partition].Add(other)) overlaps[other].Add(partition);
                (onNode[place] ??= []).Add(partition);
            }
        }
        foreach (var (partition, others) in overlaps) partition.Overlapping = [.. others];
    }

    /// <summary>Brings the timelines in line with what happened since the last call; before a full plan, without any reservation.</summary>
    private void Settle(bool isFull)
    {
        changed.Clear();
        foreach (var node in view.Touched)
        {
            node.IsTouched = false;
            changed.Add(book.PlaceOf(node));
        }
        view.Touched.Clear();
        if (isFull) reservations.Clear(changed);
        var freed = book.Freed.Count;
        foreach (var place in changed) book.Sync(view, place);
        if (freed != book.Freed.Count) ForgetBounds();
        if (!isFull) reservations.DropStale(view);
    }

    private void Begin()
    {
        wasInterrupted = isPatched = false;
        planNumber++;
        fullAt = view.Now;
        looksOfFull = Looks;
        rules = PlanRules.Of(view, rules);
        if (view.Planning.PredictRunTimes) SyncOverdue();
        book.Freed.Clear();
        ForgetBounds();
        patched = 0;
        reservedOrder.Clear();
        rest.Clear();
        again.Clear();
        ranked.Clear();
        nextRanked = nextWant = 0;
        classes.Clear();
        classes.AddRange(view.Queue.Classes);
        nextClass = 0;
        view.Queue.ForgetFresh();
        foreach (var nodes in places.Values) (nodes.Depth, nodes.Waiting) = (0, 0);
        phase = Phase.Collect;
    }

    private void ForgetBounds()
    {
        foreach (var nodes in places.Values) nodes.Bounds.Clear();
    }

    /// <summary>A job that runs longer than was guessed is expected to run until its limit.</summary>
    private void SyncOverdue()
    {
        var overdue = new HashSet<int>();
        var walk = book.Freeings.From(long.MinValue);
        while (walk.PeekTime() <= view.Now.Milliseconds && walk.TryNext(out var freeing)) overdue.Add(freeing.Node);
        foreach (var place in overdue) book.Sync(view, place);
    }

    /// <summary>What incremental passes need to know of everybody who waits. True: done.</summary>
    private bool Close()
    {
        if (nextWant == 0)
        {
            order.Clear();
            order.AddRange(reservedOrder);
            order.AddRange(rest);
            if (wants.Length < order.Count) wants = new Want[order.Count + order.Count / 4];
        }
        for (; nextWant < order.Count; nextWant++)
        {
            if ((nextWant & 511) == 511 && noted++ > 0 && IsOver()) return false;
            // What became free may be for another of its components.
            var shape = order[nextWant].Prospect.Shape;
            wants[nextWant] = IsHet(order[nextWant]) ? new Want(1, 0, 0, 0) : new Want(shape.CpusMin, shape.NodeCpus, shape.NodeMemoryBytes, order[nextWant].ForMs);
        }
        phase = Phase.Idle;
        looksOfFull = Looks - looksOfFull;
        foreach (var (partition, nodes) in places)
            if (nodes.HeadPlan != planNumber) partition.BlockedHead = 0;
        patched = book.Freed.Count;
        preemptors.RemoveWhere(id => reservations.Of(id) is null);
        return true;
    }
}
