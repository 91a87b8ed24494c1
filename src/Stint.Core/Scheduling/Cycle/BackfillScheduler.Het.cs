using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Scheduling.Cycle;

// The components of a heterogeneous job are one: they start together now, or all of them get the same planned moment. The leader stands
// for them in every order; the others are never looked at by themselves.
internal sealed partial class BackfillScheduler
{
    /// <summary>Moving to the latest of the components' moments makes another one later now and then; seldom often.</summary>
    private const int CommonMomentsTried = 16;

    private static bool IsFollower(JobClass group) => group.Key.HetJobId != 0 && group.Key.HetOffset != 0;
    private static bool IsHet(Contender contender) => contender.Class.Key.HetJobId != 0;

    /// <summary>The components that wait, the leader first; null: one of them is not ready, and the leader is told why.</summary>
    private List<Job>? ReadyComponents(Contender leader)
    {
        var members = new List<Job>();
        Verdict? found = null;
        foreach (var member in view.ComponentsOf(leader.Job!))
        {
            if (member.IsOver) continue;
            members.Add(member);
            if (member != leader.Job && member.Class is { } own) own.Leader = leader.Job;
            if (found is not null) continue;
            found = member.State != JobState.Pending
                    ? new Verdict(member, PendingReason.Resources, $"component {member.Spec.HetOffset} of its former run is not over yet")
                : view.ObstacleOf(member) is { } obstacle ? obstacle
                : member.Class is null ? new Verdict(member, member.Reason, member.ReasonDetail)
                : Array.Exists(member.Class.Contenders, contender => MayStart(contender, member)) ? null : member.Class.Verdict;
        }
        foreach (var member in members)
            if (member.Class is { } group)
                foreach (var contender in group.Contenders)
                    if (found is not null || contender != leader) group.Note(contender, found is { } verdict ? verdict with { Job = member } : null);
        return found is null ? members : null;
    }

    private bool MayStart(Contender contender, Job member)
    {
        contender.Job = member;
        return MayStart(contender);
    }

    private bool StartOrReserveHet(Contender leader)
    {
        if (ReadyComponents(leader) is not { } members) return false;
        if (StartTogether(members)) return true;
        MarkHeads(members, leader.Job!.Id);
        var reserved = view.MayReserve(leader.Job!, leader.Partition) && ReserveTogether(members);
        if (reserved)
        {
            places[leader.Partition].Depth++;
            reservedOrder.Add(leader);
        }
        else rest.Add(leader);
        return false;
    }

    private bool FillHet(Contender leader)
    {
        if (ReadyComponents(leader) is not { } members) return false;
        if (StartTogether(members)) return true;
        MarkHeads(members, leader.Job!.Id);
        return false;
    }

    /// <summary>Between full plans: the planned starts are tried at once, and stay when that fails.</summary>
    private void PatchHet(Contender leader)
    {
        leader.Cursor = default;
        leader.TasksLeft = 0;
        if (!NextJob(leader) || ReadyComponents(leader) is not { } members) return;
        var freed = book.Freed.Count;
        var kept = members.ConvertAll(member => reservations.Of(member.Id));
        foreach (var own in kept)
            if (own is not null) reservations.Drop(view, own);
        if (StartTogether(members)) return;
        foreach (var own in kept)
            if (own is not null) reservations.Add(own);
        ForgetFreed(freed);
    }

    /// <summary>What was given back in vain was not freed by anybody.</summary>
    private void ForgetFreed(int from) => book.Freed.RemoveRange(from, book.Freed.Count - from);

    private void MarkHeads(List<Job> members, uint leader)
    {
        foreach (var member in members)
            foreach (var contender in member.Class!.Contenders)
                if (places.TryGetValue(contender.Partition, out var nodes)) MarkHead(contender, nodes, leader);
    }

    /// <summary>All of them now, or none.</summary>
    private bool StartTogether(List<Job> members)
    {
        var (before, freed) = (plan.Starts.Count, book.Freed.Count);
        foreach (var member in members)
            if (!Array.Exists(member.Class!.Contenders, contender => places.ContainsKey(contender.Partition) && StartOne(contender, member))) break;
        if (plan.Starts.Count - before == members.Count) return true;
        for (var i = plan.Starts.Count - 1; i >= before; i--)
        {
            var start = plan.Starts[i];
            view.TakeBack(start);
            startedNow.Remove(start.Job.Id);
            foreach (var share in start.Shares) book.Sync(view, book.PlaceOf(view.Node(share.Node)));
        }
        plan.Starts.RemoveRange(before, plan.Starts.Count - before);
        ForgetFreed(freed);
        return false;
    }

    private bool StartOne(Contender contender, Job member)
    {
        contender.TasksLeft = 1;
        var nodes = places[contender.Partition];
        looks++;
        return MayStart(contender, member) && Search(contender, nodes, TimeOf(member), nodes.Places);
    }

    /// <summary>The first moment that all of them can have.</summary>
    private bool ReserveTogether(List<Job> members)
    {
        var (at, lastMs) = (view.Now.Milliseconds + 1, rules.LastMs(view.Now));
        for (var round = 0; round < CommonMomentsTried; round++)
        {
            var made = new List<Reservation>();
            var latest = at;
            foreach (var member in members)
            {
                if (EarliestOf(member, at, lastMs) is not { } reservation) break;
                reservations.Add(reservation);
                made.Add(reservation);
                latest = Math.Max(latest, reservation.StartMs);
            }
            var isWhole = made.Count == members.Count;
            if (isWhole && made.TrueForAll(reservation => reservation.StartMs == made[0].StartMs)) return true;
            for (var i = made.Count - 1; i >= 0; i--) reservations.Drop(view, made[i]);
            if (!isWhole) return false;
            at = latest;
        }
        return false;
    }

    private Reservation? EarliestOf(Job member, long notBefore, long lastMs)
    {
        Reservation? first = null;
        foreach (var contender in member.Class!.Contenders)
            if (places.TryGetValue(contender.Partition, out var nodes) && contender.Verdict is null
                && earliest.Find(view, contender, member, nodes, TimeOf(member), notBefore, lastMs) is { } found
                && (first is null || found.StartMs < first.StartMs)) first = found;
        return first;
    }
}
