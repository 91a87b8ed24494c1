using Stint.Core.Nodes;
using Stint.Core.Scheduling.Placing;

namespace Stint.Core.Resources;

public sealed partial class Request
{
    private const byte Unknown = 0, No = 1, Yes = 2;

    // Invariant: depends on the shape and the kind of node alone, so it is known once for all nodes of a kind.
    private byte[] kinds = [];

    /// <summary>Whether an empty node of this kind, with its features, could be part of it. Remembered per kind.</summary>
    public bool CouldUse(NodeKind kind)
    {
        if ((uint)kind.Id < (uint)kinds.Length && kinds[kind.Id] != Unknown) return kinds[kind.Id] == Yes;
        var could = KindFits(kind);
        if (kind.Id >= kinds.Length) Array.Resize(ref kinds, Math.Max(8, (kind.Id + 1) * 2));
        kinds[kind.Id] = could ? Yes : No;
        return could;
    }

    /// <summary>
    /// Tasks of this request that fit into a countable amount of that node: the same answer as placement gives, apart from where on the
    /// node things lie and who else is there. For a node that is to be alone, the amount must be all of it.
    /// </summary>
    public int TasksWithin(Node node, in ResourceAmount free)
    {
        var kind = node.Kind;
        if (!CouldUse(kind) || Exclusive && !free.Covers(kind.Total)) return 0;
        if (free.Cores <= 0 || free.MemoryBytes < 0 || free.DiskBytes < 0) return 0;
        return RoomWithin(kind, free).Tasks;
    }

    internal Room RoomWithin(NodeKind kind, in ResourceAmount free)
    {
        if (Ranges is not null) return RangeOffer.RoomWithin(Ranges, kind, free);
        return Room.Of(this, kind, free.Cores, (ulong)free.MemoryBytes, (ulong)free.DiskBytes, Gres.Length == 0 ? default : Usable(kind, free));
    }

    /// <summary>What each pool can give. Parts that are taken take GPUs with them: as few as can be.</summary>
    private static GresCounts Usable(NodeKind kind, in ResourceAmount free)
    {
        var usable = free.Gres;
        foreach (var parts in kind.Pools)
        {
            if (parts.Form != PoolForm.Parts || parts.Total <= 0) continue;
            // A GPU that is given whole counts in both; what is taken of the parts beyond that is GPUs in parts.
            var (taken, gpus) = ((long)parts.Total - free.Gres[parts.Slot], 0);
            foreach (var pool in kind.Pools)
            {
                if (!AreParts(parts, pool)) continue;
                taken -= (pool.Total - free.Gres[pool.Slot]) * (long)parts.SizeOf(0);
                gpus += free.Gres[pool.Slot];
            }
            var whole = gpus - (int)Math.Max(0, (taken + parts.SizeOf(0) - 1) / parts.SizeOf(0));
            foreach (var pool in kind.Pools)
                if (AreParts(parts, pool)) usable[pool.Slot] = Math.Min(usable[pool.Slot], whole);
        }
        for (var i = 0; i < GresCounts.Length; i++) usable[i] = Math.Max(0, usable[i]);
        return usable;
    }

    private static bool AreParts(GresPool parts, GresPool of) =>
        of.Form == PoolForm.Units && of.IsGpu && (parts.Type.Length == 0 || string.Equals(parts.Type, of.Type, StringComparison.OrdinalIgnoreCase));

    private bool KindFits(NodeKind kind)
    {
        if (Constraint is not null && !Constraint.Allows(kind.Features)) return false;
        if (ThreadsPerCore > kind.Threads && ThreadsPerCore > 1) return false;
        if (SocketsPerNode > kind.Sockets || CoresPerSocket > kind.CoresPerSocket) return false;
        return RoomWithin(kind, kind.Total).Tasks > 0;
    }
}
