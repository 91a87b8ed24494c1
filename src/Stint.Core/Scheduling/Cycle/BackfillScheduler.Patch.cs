using System.Runtime.InteropServices;
using Stint.Core.Jobs;

namespace Stint.Core.Scheduling.Cycle;

// Between full plans: what became free goes to the first in the plan's order that fits without delaying a planned start.
internal sealed partial class BackfillScheduler
{
    private const int EarlyStartsTried = 64, WideStartsTried = 4;

    private readonly List<Contender> order = [];
    /// <summary>What each contender of the order needs of one node at least, and for how long: looked at before the contender itself.</summary>
    private readonly record struct Want(int CpusMin, long Cpus, long MemoryBytes, long ForMs);
    private Want[] wants = [];
    /// <summary>What the nodes that became free are known not to have.</summary>
    private readonly Bounds freedBounds = new();
    /// <summary>How much of <see cref="TimelineBook.Freed"/> was given to all who want it.</summary>
    private int patched;

    /// <summary>True: all is done. False: the slice is over.</summary>
    private bool Patch()
    {
        var freed = book.Freed.Count;
        if (patched < freed && !PatchOrder()) return false;
        patched = Math.Max(patched, freed);
        var fresh = view.Queue.Fresh.ToArray();
        view.Queue.ForgetFresh();
        foreach (var group in fresh)
            foreach (var contender in group.Contenders)
                if (places.ContainsKey(contender.Partition)) PatchFresh(contender);
        return !IsOver() || view.Queue.Fresh.Count == 0;
    }

    private bool PatchOrder()
    {
        var most = MostFreed();
        var (tried, wide) = (0, 0);
        freedBounds.Clear();
        for (var i = 0; i < order.Count && most > 0; i++)
        {
            ref readonly var want = ref wants[i];
            if (want.CpusMin > most || freedBounds.Any(want.Cpus, want.MemoryBytes, want.ForMs)) continue;
            var contender = order[i];
            if (contender.Class.Count == 0) continue;
            if (IsOver()) return false;
            looks++;
            if (IsHet(contender))
            {
                if (tried++ < EarlyStartsTried) PatchHet(contender);
                continue;
            }
            if (!CoversFreed(contender))
            {
                freedBounds.Learn(contender.Prospect.Shape, 1, 1);
                continue;
            }
            contender.Cursor = default;
            contender.TasksLeft = 0;
            var before = plan.Starts.Count;
            while (NextJob(contender) && MayStart(contender))
            {
                if (reservations.Of(contender.Job!.Id) is { } own)
                {
                    if (tried++ < EarlyStartsTried && TryEarlier(contender, own)) continue;
                    if (!SkipReserved(contender)) break;
                }
                if (!TryFreed(contender, ref wide)) break;
            }
            if (plan.Starts.Count > before) most = MostFreed();
        }
        return true;
    }

    /// <summary>The full plan looked at all other nodes; what spans nodes is tried on all of them, a few times.</summary>
    private bool TryFreed(Contender contender, ref int wide)
    {
        var nodes = places[contender.Partition];
        var isOneNode = contender.Prospect.Shape.IsOneNode;
        if (!isOneNode && wide++ >= WideStartsTried) return false;
        var forMs = TimeOf(contender.Job!);
        if (Search(contender, nodes, forMs, isOneNode ? CollectionsMarshal.AsSpan(book.Freed)[patched..] : nodes.Places)) return true;
        freedBounds.Learn(contender.Prospect.Shape, forMs, 1);
        return false;
    }

    /// <summary>A planned start is tried at once, without what is kept for it.</summary>
    private bool TryEarlier(Contender contender, Reservation own)
    {
        if (!contender.Prospect.Shape.IsOneNode && own.StartMs > view.Now.Milliseconds) return false;
        reservations.Drop(view, own);
        var nodes = places[contender.Partition];
        var forMs = TimeOf(contender.Job!);
        int[] among = contender.Prospect.Shape.IsOneNode ? [.. book.Freed.Skip(patched), .. own.Nodes] : nodes.Places;
        if (Search(contender, nodes, forMs, among)) return true;
        reservations.Add(own);
        return false;
    }

    /// <summary>Goes on to the first job of the class without a planned start. False: there is none.</summary>
    private bool SkipReserved(Contender contender)
    {
        while (reservations.Of(contender.Job!.Id) is not null)
        {
            contender.TasksLeft = 0;
            if (!NextJob(contender)) return false;
        }
        return true;
    }

    private void PatchFresh(Contender contender)
    {
        if (IsFollower(contender.Class)) return;
        contender.Enter(planNumber);
        if (IsHet(contender)) { PatchHet(contender); return; }
        contender.Cursor = default;
        contender.TasksLeft = 0;
        while (plan.Starts.Count < view.StartsMax && NextJob(contender) && MayStart(contender)
            && SkipReserved(contender) && TryStart(contender)) { }
    }

    private int MostFreed()
    {
        var most = 0;
        var cpus = book.CpusFree;
        for (var i = patched; i < book.Freed.Count; i++) most = Math.Max(most, cpus[book.Freed[i]]);
        return most;
    }

    /// <summary>Some node that became free has enough for one task at this moment.</summary>
    private bool CoversFreed(Contender contender)
    {
        var nodes = places[contender.Partition];
        for (var i = patched; i < book.Freed.Count; i++)
        {
            var line = book.Nodes[book.Freed[i]];
            if (nodes.Has(line.Index) && contender.Prospect.Shape.Request.TasksWithin(line.Node, line.FreeNow) > 0) return true;
        }
        return false;
    }
}
