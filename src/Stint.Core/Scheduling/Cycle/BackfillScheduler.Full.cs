using Stint.Core.Jobs;

namespace Stint.Core.Scheduling.Cycle;

// A full plan, in slices.
internal sealed partial class BackfillScheduler
{
    private readonly List<JobClass> classes = [];
    /// <summary>Everybody in order, and those who come again: the next of a class when its first has started.</summary>
    private readonly List<Contender> ranked = [];
    private readonly PriorityQueue<Contender, ClassRank> again = new();
    /// <summary>Contenders whose job got a reservation, in order; then the others in the order in which holes are filled.</summary>
    private readonly List<Contender> reservedOrder = [], rest = [];
    private readonly PriorityQueue<Contender, Contender> refill = new(ContenderOrder.Filling);
    private readonly ContenderOrder sorter = new();
    private int nextClass, nextRanked, nextFill, nextWant;
    private long heads;

    /// <summary>True: the plan is complete. False: the slice is over.</summary>
    private bool RunFull()
    {
        if (phase == Phase.Collect && !Collect()) return false;
        if (phase == Phase.Reserve && !ReserveAll()) return false;
        if (phase == Phase.Fill && !Fill()) return false;
        return Close();
    }

    /// <summary>The call is over. Each call looks at something at least: a budget of nothing does not stop the plan.</summary>
    private bool IsOver() => plan.Starts.Count >= view.StartsMax || looks + noted > looksBefore && view.IsEnough();

    private bool Collect()
    {
        for (; nextClass < classes.Count; nextClass++)
        {
            if ((nextClass & 63) == 63 && IsOver()) { nextClass++; EnterClass(classes[nextClass - 1]); return false; }
            EnterClass(classes[nextClass]);
        }
        sorter.Sort(ranked, forFill: false);
        phase = Phase.Reserve;
        return true;
    }

    private void EnterClass(JobClass group)
    {
        looks++;
        if (IsFollower(group)) return;
        foreach (var contender in group.Contenders)
        {
            contender.Enter(planNumber);
            if (!places.TryGetValue(contender.Partition, out var nodes) || !NextJob(contender)) continue;
            nodes.Waiting++;
            Rank(contender);
            ranked.Add(contender);
        }
    }

    private void Rank(Contender contender)
    {
        var job = contender.Job!;
        // All jobs of a class have the same time limit; what is guessed of their user changes.
        if (contender.ForMs == 0 || view.Planning.PredictRunTimes) contender.ForMs = TimeOf(job);
        rules.Rank(view, contender, job);
        // Whoever made others give way gets what they leave before anybody else does.
        if (preemptors.Contains(job.Id)) contender.Rank = contender.Rank with { Tier = int.MaxValue };
    }

    /// <summary>Who can starts, who can not gets a reservation, until there are no more to give.</summary>
    private bool ReserveAll()
    {
        while ((nextRanked < ranked.Count || again.Count > 0) && MayReserveMore())
        {
            if (IsOver()) return false;
            var contender = again.TryPeek(out _, out var rank) && (nextRanked == ranked.Count || rank.CompareTo(ranked[nextRanked].Rank) < 0)
                ? again.Dequeue() : ranked[nextRanked++];
            looks++;
            if (IsThere(contender) && !StartOrReserve(contender) || !NextJob(contender)) { places[contender.Partition].Waiting--; continue; }
            Rank(contender);
            again.Enqueue(contender, contender.Rank);
        }
        for (; nextRanked < ranked.Count; nextRanked++) rest.Add(ranked[nextRanked]);
        foreach (var (contender, _) in again.UnorderedItems) rest.Add(contender);
        again.Clear();
        if (rules.Policy.Backfills) sorter.Sort(rest, forFill: true);
        else rest.Clear();
        nextFill = 0;
        refill.Clear();
        phase = Phase.Fill;
        return true;
    }

    private bool MayReserveMore()
    {
        if (reservations.Count >= rules.DepthOfAll) return false;
        foreach (var nodes in places.Values)
            if (nodes.Waiting > 0 && nodes.Depth < rules.DepthOfPartition) return true;
        return false;
    }

    /// <summary>True: the plan has done what it can for this job and goes on with the next of its class.</summary>
    private bool StartOrReserve(Contender contender)
    {
        var nodes = places[contender.Partition];
        var isPreemptor = preemptors.Contains(contender.Job!.Id);
        if (nodes.Depth >= rules.DepthOfPartition && !isPreemptor)
        {
            rest.Add(contender);
            return false;
        }
        if (IsHet(contender)) return StartOrReserveHet(contender);
        if (!MayStart(contender)) return false;
        if (TryStart(contender)) return true;
        if (contender.Verdict is not null) return false;
        NoteReserved(contender);
        MarkHead(contender, nodes);
        var reserved = view.MayReserve(contender.Job, contender.Partition) && Reserve(contender, nodes);
        if (!isPreemptor && (!reserved || !IsSoon(contender.Job)) && TryPreempt(contender) && reserved)
            reservations.Drop(view, reservations.Of(contender.Job.Id)!);       // the next plan counts what the victims give
        if (!reserved && !rules.Policy.Backfills) nodes.Depth++;
        if (!reserved) rest.Add(contender);
        else reservedOrder.Add(contender);
        return reserved;
    }

    /// <summary>Only reservations are in the way: that is the reason then.</summary>
    private void NoteReserved(Contender contender)
    {
        if (view.HasReservations && view.ReservedVerdict(contender.Job!, contender.Partition) is { } kept) contender.Class.Note(contender, kept);
    }

    private bool IsSoon(Job job) => reservations.Of(job.Id)!.StartMs <= view.Now.Milliseconds + 1;

    private bool Reserve(Contender contender, PartitionNodes nodes)
    {
        var job = contender.Job!;
        var prospect = contender.Prospect;
        var forMs = TimeOf(job);
        if (contender.TasksReserved >= ReservationsPerArray) return false;
        if (!job.IsArray && reservations.Of(job.Id) is not null)
        {
            // By another of its partitions: it is first here too, and the plan goes on with the next.
            nodes.Depth++;
            contender.TasksLeft = 0;
            return true;
        }
        var notBefore = view.HasReservations ? 0
            : Math.Max(forMs >= prospect.EarliestForMs ? prospect.EarliestMs : 0, nodes.Bounds.Of(prospect.Shape, forMs));
        var lastMs = rules.LastMs(view.Now);
        var reservation = earliest.Find(view, contender, job, nodes, forMs, notBefore, lastMs);
        nodes.Bounds.Learn(prospect.Shape, forMs, reservation?.StartMs ?? lastMs);
        (prospect.EarliestMs, prospect.EarliestForMs) = (reservation?.StartMs ?? lastMs, forMs);
        if (reservation is null) return false;
        reservations.Add(reservation);
        nodes.Depth++;
        contender.TasksReserved++;
        contender.TasksLeft--;
        return true;
    }

    private void MarkHead(Contender contender, PartitionNodes nodes, uint? head = null)
    {
        if (nodes.HeadPlan == planNumber) return;
        nodes.HeadPlan = planNumber;
        contender.Partition.BlockedHead = head ?? contender.Job!.Id;
        contender.Partition.HeadPlace = heads++;
    }

    private bool TryPreempt(Contender contender)
    {
        if (!view.HasPreemption || plan.Preemptions.Count >= PreemptionsMax) return false;
        if (view.FindPreemption(contender.Job!, contender.Partition) is not { } preemption) return false;
        plan.Preemptions.Add(preemption);
        preemptors.Add(contender.Job!.Id);
        wasInterrupted = true;
        return true;
    }

    /// <summary>The holes, for all who got nothing: a start now or nothing.</summary>
    private bool Fill()
    {
        while (nextFill < rest.Count || refill.Count > 0)
        {
            if (IsOver()) return false;
            if (book.NodesWithFree == 0) { NoteUnfilled(NextToFill()); continue; }
            var contender = NextToFill();
            looks++;
            if (IsThere(contender) && !TryFill(contender) || !NextJob(contender)) continue;
            Rank(contender);
            refill.Enqueue(contender, contender);
        }
        phase = Phase.Close;
        return true;
    }

    /// <summary>Nothing is free: why it waits is found all the same.</summary>
    private void NoteUnfilled(Contender contender)
    {
        noted++;
        if (!IsThere(contender) && !NextJob(contender)) return;
        if (IsHet(contender) && ReadyComponents(contender) is { } members) MarkHeads(members, contender.Job!.Id);
        else if (!IsHet(contender) && MayStart(contender)) MarkHead(contender, places[contender.Partition]);
    }

    private bool TryFill(Contender contender)
    {
        if (IsHet(contender)) return FillHet(contender);
        if (!MayStart(contender)) return false;
        if (TryStart(contender)) return true;
        if (contender.Verdict is not null) return false;
        NoteReserved(contender);
        MarkHead(contender, places[contender.Partition]);
        if (view.HasPreemption && !preemptors.Contains(contender.Job!.Id)) TryPreempt(contender);
        return false;
    }

    private Contender NextToFill() =>
        refill.TryPeek(out var next, out _) && (nextFill == rest.Count || ContenderOrder.Filling.Compare(next, rest[nextFill]) < 0)
            ? refill.Dequeue() : rest[nextFill++];
}
