using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling;

/// <summary>Who is on a node, as far as it decides who else may be.</summary>
/// <param name="Uid">The one user of all its jobs; meaningless when <paramref name="Several"/>.</param>
/// <param name="Alone">A job there wants no other user beside it.</param>
/// <param name="Whole">A job there has the node for itself, also where it leaves cores to the system.</param>
/// <param name="Closed">A job elsewhere has this node's part of the topology for itself.</param>
/// <param name="TopologyBusy">Another node of this node's part of the topology has jobs.</param>
public readonly record struct NodeUsers(uint Uid, bool Several, bool Alone, bool Whole, bool Closed, bool TopologyBusy);

/// <summary>What is left of one node, now or in the middle of a pass. A value: taking makes a new one.</summary>
/// <param name="Cpus">Cpu ids that nobody holds.</param>
/// <param name="IsIdle">No job is on it.</param>
public readonly record struct NodeBalance(CpuSet Cpus, ulong MemoryBytes, bool IsIdle)
{
    public GresFree Gres { get; init; }
    public ulong DiskBytes { get; init; }
    public CpuRows Rows { get; init; }
    public NodeUsers Users { get; init; }

    /// <summary>An empty node of that kind.</summary>
    public static NodeBalance Empty(NodeKind kind) => new(kind.AllCpus, kind.MemoryBytes, true) { Gres = kind.Gres.Empty, DiskBytes = kind.DiskBytes };

    /// <summary>Cpu ids that this request may be given: those that nobody holds, and with oversubscription those that are not yet full.</summary>
    public CpuSet CpusFor(Request request, Node node) =>
        request.SharesCpus && node.CpuRows > 1 ? Cpus.Union(Rows.Below(node.CpuRows)) : Cpus;

    /// <summary>What is left, counted.</summary>
    public ResourceAmount AmountOn(Node node)
    {
        var amount = new ResourceAmount { Cores = Cpus.WholeCores(node.Kind.Threads), MemoryBytes = (long)MemoryBytes, DiskBytes = (long)DiskBytes };
        node.Kind.Gres.Count(Gres.Cells, ref amount);
        return amount;
    }

    /// <summary>With the share taken off; null, when it is not free.</summary>
    public NodeBalance? Take(Node node, NodeShare share, in Holder holder)
    {
        var cpus = CpuSet.FromBytes(share.Cpus);
        if (cpus.IsEmpty || share.MemoryBytes > MemoryBytes || share.DiskBytes > DiskBytes) return null;
        var usable = holder.SharesCpus && node.CpuRows > 1 ? Cpus.Union(Rows.Below(node.CpuRows)) : Cpus;
        if (!cpus.IsSubsetOf(usable) || GresTaking.Take(node.Kind, Gres, share) is not { } gres) return null;
        return new NodeBalance(Cpus.Except(cpus), MemoryBytes - share.MemoryBytes, false)
        {
            Gres = gres, DiskBytes = DiskBytes - share.DiskBytes, Rows = holder.SharesCpus ? Rows.With(cpus) : Rows,
            Users = UsersWith(holder),
        };
    }

    private NodeUsers UsersWith(in Holder holder) => Users with
    {
        Uid = holder.Uid, Several = !IsIdle && (Users.Several || Users.Uid != holder.Uid), Alone = Users.Alone || holder.WantsNoOtherUser,
        Whole = Users.Whole || holder.WantsWholeNode,
    };

    /// <summary>With as much of the share taken off as there is: what the journal says is held is held, also when the node shrank.</summary>
    internal NodeBalance Squeeze(Node node, NodeShare share, in Holder holder)
    {
        var cpus = CpuSet.FromBytes(share.Cpus);
        return new NodeBalance(Cpus.Except(cpus), MemoryBytes - Math.Min(MemoryBytes, share.MemoryBytes), false)
        {
            Gres = GresTaking.Squeeze(node.Kind, Gres, share), DiskBytes = DiskBytes - Math.Min(DiskBytes, share.DiskBytes),
            Rows = holder.SharesCpus ? Rows.With(cpus) : Rows, Users = UsersWith(holder),
        };
    }
}

/// <summary>Whose a share is, as far as it decides who else may be on the node. <c>default</c>: nobody in particular.</summary>
public readonly record struct Holder(uint Uid, bool SharesCpus, bool WantsNoOtherUser, bool WantsWholeNode, bool WantsTopology)
{
    public static Holder Of(JobSpec spec) => new(spec.Uid, spec.Sharing == NodeSharing.SharingOversubscribe && !spec.Exclusive,
        spec.Sharing == NodeSharing.SharingUser, spec.Exclusive || spec.CoreSpec > 0 || spec.ThreadSpec > 0, spec.Sharing == NodeSharing.SharingTopo);
}
