using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;
using Stint.Core.Scheduling.Placing;

namespace Stint.Core.Scheduling;

/// <summary>
/// Where one request goes on a list of nodes. Whole cores are given, never a single hardware thread of one (as Slurm's CR_Core). Pure:
/// the same nodes and balances give the same answer. <c>balanceOf</c> says what is left of a node for this request; null: not to be used.
/// </summary>
public static class Placement
{
    /// <summary>Shares in task order, the first is the batch host; or null when it does not fit.</summary>
    public static IReadOnlyList<NodeShare>? Find(Request request, IReadOnlyList<Node> nodes, Func<Node, NodeBalance?> balanceOf)
    {
        foreach (var wish in Wish.Of(request))
        {
            using var search = new NodeSearch(request, nodes, balanceOf, wish, isRated: true);
            if (!search.Choose()) continue;
            search.Order();
            if (Shares(search) is { } shares) return shares;
        }
        return null;
    }

    /// <summary>Whether it would fit, without building the shares.</summary>
    public static bool Fits(Request request, IReadOnlyList<Node> nodes, Func<Node, NodeBalance?> balanceOf)
    {
        foreach (var wish in Wish.Of(request))
        {
            if (wish.Prefer is not null) continue;      // without the preference it fits at least as well
            using var search = new NodeSearch(request, nodes, balanceOf, wish, isRated: false);
            if (search.Choose()) return true;
        }
        return false;
    }

    /// <summary>Tasks of this request that the node could take; 0: it cannot be part of it.</summary>
    public static int TasksOn(Request request, Node node, NodeBalance balance) => RoomOn(request, node, balance).Tasks;

    internal static Room RoomOn(Request request, Node node, in NodeBalance balance)
    {
        if (!request.CouldUse(node.Kind) || !MayJoin(request, node, balance)) return Room.None;
        if (request.Ranges is not null) return RangePick.Find(request, node, balance) is null ? Room.None : new Room(1, 0);
        var kind = node.Kind;
        var cpus = balance.CpusFor(request, node);
        GresCounts gres = default;
        if (request.Gres.Length > 0) Count(kind, balance.Gres.Cells, ref gres);
        var room = Room.Of(request, kind, cpus.WholeCores(kind.Threads), balance.MemoryBytes, balance.DiskBytes, gres);
        return room.Tasks == 0 || !NodePick.IsLocal(request) ? room : Confirmed(request, node, balance, room);
    }

    /// <summary>Who is there already does not stand in the way.</summary>
    private static bool MayJoin(Request request, Node node, in NodeBalance balance)
    {
        if (balance.Users.Closed) return false;
        if (request.Sharing == NodeSharing.SharingTopo && balance.Users.TopologyBusy) return false;
        if (balance.IsIdle) return true;
        if (request.Exclusive || balance.Users.Whole) return false;
        if (request.OnlyUser is { } uid) return !balance.Users.Several && balance.Users.Uid == uid;
        return !balance.Users.Alone;
    }

    /// <summary>The counts allow it; locality may allow less. Fewer tasks never fit worse.</summary>
    private static Room Confirmed(Request request, Node node, in NodeBalance balance, Room room)
    {
        var (low, high) = (0, room.Tasks);
        if (NodePick.Fits(request, node, balance, high, Math.Min(1, room.JobGres))) low = high;
        else if (high > request.Tasks && NodePick.Fits(request, node, balance, request.Tasks, Math.Min(1, room.JobGres))) low = request.Tasks;
        while (low < high - 1)
        {
            var middle = low + (high - low) / 2;
            if (NodePick.Fits(request, node, balance, middle, Math.Min(1, room.JobGres))) low = middle;
            else high = middle;
        }
        var gres = room.JobGres;
        while (gres > 1 && low > 0 && !NodePick.Fits(request, node, balance, Math.Min(low, request.Tasks), gres)) gres--;
        return low == 0 ? Room.None : new Room(low, gres);
    }

    private static void Count(NodeKind kind, ReadOnlySpan<int> cells, ref GresCounts gres)
    {
        foreach (var pool in kind.Pools)
        {
            if (pool.Form != PoolForm.Parts) { gres[pool.Slot] = kind.Gres.Usable(cells, pool); continue; }
            // Parts of one job lie on one GPU.
            var most = 0;
            for (var i = 0; i < pool.Cells; i++) most = Math.Max(most, kind.Gres.UsableParts(cells, pool, i));
            gres[pool.Slot] = most;
        }
    }

    private static NodeShare[]? Shares(NodeSearch search)
    {
        if (TaskLayout.Of(search) is not { } layout) return null;
        var shares = new NodeShare[layout.Length];
        for (var i = 0; i < shares.Length; i++)
        {
            var node = search.ChosenNode(i);
            if (search.BalanceOf(node) is not { } balance || NodePick.Share(search.Request, node, balance, layout[i].Tasks, layout[i].JobGres) is not { } share)
                return null;
            shares[i] = share;
        }
        return shares;
    }
}
