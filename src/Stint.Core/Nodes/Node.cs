using Stint.Core.Journal;
using Stint.Core.Resources;
using Stint.Core.Scheduling;

namespace Stint.Core.Nodes;

/// <summary>A node and what is left on it. Written by <see cref="Cluster.Apply"/> only.</summary>
public sealed class Node
{
    private readonly Dictionary<uint, (NodeShare Share, Holder Holder)> held = [];
    private bool squeezed;

    internal Node(NodeRegistered registration, NodeKind kind)
    {
        Registration = registration;
        Kind = kind;
        Balance = NodeBalance.Empty(Kind);
    }

    public NodeRegistered Registration { get; internal set; }
    public string Name => Registration.Name;
    public Hardware Hardware => Registration.Hardware;
    /// <summary>What it has in common with others of its hardware and configuration.</summary>
    public NodeKind Kind { get; private set; }
    public NodeAvailability Availability { get; internal set; }
    public bool Drain { get; internal set; }
    /// <summary>An admin took it down: it does not come back by registering.</summary>
    public bool DownByAdmin { get; internal set; }
    public string Reason { get; internal set; } = "";
    public uint ReasonUid { get; internal set; }
    public Instant ReasonAt { get; internal set; }
    public Instant Changed { get; internal set; }

    /// <summary>What is left of it now.</summary>
    public NodeBalance Balance { get; internal set; }
    /// <summary>Cpu ids that jobs hold, each once.</summary>
    public int CpusAllocated { get; private set; }
    public ulong MemoryAllocatedBytes { get; private set; }
    public ulong MemoryFreeBytes => Balance.MemoryBytes;
    /// <summary>Jobs that hold a share here.</summary>
    public SortedSet<uint> Jobs { get; } = [];
    /// <summary>When a job last let go of a share here; not set: never.</summary>
    public Instant LastBusy { get; internal set; }

    /// <summary>All cpu ids that jobs may have.</summary>
    public CpuSet AllCpus => Kind.AllCpus;
    public CpuSet FreeCpus => Balance.Cpus;
    public int ThreadsPerCore => Kind.Threads;
    /// <summary>Up and not drained.</summary>
    public bool TakesJobs => Availability == NodeAvailability.NodeUp && !Drain && !Fail && !Future;
    /// <summary>Slurm's FAIL: expected to break, takes no more jobs.</summary>
    public bool Fail { get; internal set; }
    /// <summary>Slurm's FUTURE: as if it was not there, until it registers or is resumed.</summary>
    public bool Future { get; internal set; }

    /// <summary>It is in the list of nodes that a pass has to look at again.</summary>
    internal bool IsTouched { get; set; }

    /// <summary>What a job holds of it.</summary>
    internal NodeShare ShareOf(uint jobId) => held[jobId].Share;

    /// <summary>All that jobs may have of it, counted.</summary>
    public ResourceAmount Total => Kind.Total;
    /// <summary>What is left of it now, counted.</summary>
    public ResourceAmount Free => Balance.AmountOn(this);

    /// <summary>Jobs that may use one cpu at a time, where both they and a partition of the node allow it; 1: no sharing.</summary>
    public int CpuRows { get; internal set; } = 1;
    /// <summary>What all nodes of the cluster have in common; placement finds topology and demand there.</summary>
    internal ClusterScope Scope { get; set; } = ClusterScope.Empty;
    /// <summary>The block, or else the leaf switch, that the node is in; -1: none.</summary>
    public int TopologyPart { get; internal set; } = -1;
    /// <summary>The leaf switch that the node is on; -1: none.</summary>
    public int Leaf { get; internal set; } = -1;

    /// <summary>What a share of this node takes, counted.</summary>
    public ResourceAmount AmountOf(NodeShare share)
    {
        var amount = new ResourceAmount
        {
            Cores = (CpuSet.FromBytes(share.Cpus).Count + Kind.Threads - 1) / Kind.Threads,
            MemoryBytes = (long)share.MemoryBytes, DiskBytes = (long)share.DiskBytes,
        };
        GresTaking.Count(Kind, share, ref amount);
        return amount;
    }

    /// <summary>Whose shares are on it.</summary>
    internal IEnumerable<Holder> Holders => held.Values.Select(static entry => entry.Holder);

    /// <summary>Its description changed: hardware, configuration, or what is around it. What jobs hold stays held.</summary>
    internal void Describe(NodeKind kind)
    {
        Kind = kind;
        Recount();
    }

    /// <exception cref="InvalidOperationException">The job holds a share here already: the journal is not ours, or the program is
    /// wrong.</exception>
    internal void Take(uint jobId, NodeShare share, in Holder holder = default)
    {
        if (!held.TryAdd(jobId, (share, holder))) throw new InvalidOperationException($"job {jobId} holds two shares on {Name}");
        Jobs.Add(jobId);
        MemoryAllocatedBytes += share.MemoryBytes;
        if (Balance.Take(this, share, holder) is { } left) Balance = left;
        else (Balance, squeezed) = (Balance.Squeeze(this, share, holder), true);
        CpusAllocated = AllCpus.Count - Balance.Cpus.Count;
        Scope.Topology.NoteTaken(this, holder);
    }

    /// <summary>A job that stays holds another share from here on: without CPUs while it is suspended.</summary>
    internal void Exchange(uint jobId, NodeShare share)
    {
        if (!held.TryGetValue(jobId, out var entry)) throw new InvalidOperationException($"job {jobId} holds nothing on {Name}");
        held[jobId] = entry with { Share = share };
        Recount();
    }

    internal void GiveBack(uint jobId, Instant at)
    {
        LastBusy = at;
        if (!held.Remove(jobId, out var gone)) return;
        Jobs.Remove(jobId);
        Scope.Topology.NoteGivenBack(this, gone.Holder);
        // What several jobs share, or what no longer fitted when it was taken, is counted from the start.
        if (held.Count == 0 || gone.Holder.SharesCpus || squeezed || GresTaking.GiveBack(Kind, Balance.Gres, gone.Share) is not { } gres)
        {
            Recount();
            return;
        }
        MemoryAllocatedBytes -= gone.Share.MemoryBytes;
        Balance = Balance with
        {
            Cpus = Balance.Cpus.Union(CpuSet.FromBytes(gone.Share.Cpus)), MemoryBytes = Balance.MemoryBytes + gone.Share.MemoryBytes,
            DiskBytes = Balance.DiskBytes + gone.Share.DiskBytes, Gres = gres, Users = UsersNow(),
        };
        CpusAllocated = AllCpus.Count - Balance.Cpus.Count;
    }


    private NodeUsers UsersNow()
    {
        NodeUsers users = default;
        var first = true;
        foreach (var (_, holder) in held.Values)
        {
            users = new NodeUsers(holder.Uid, !first && (users.Several || users.Uid != holder.Uid), users.Alone || holder.WantsNoOtherUser, users.Whole || holder.WantsWholeNode, false, false);
            first = false;
        }
        return users;
    }

    /// <summary>Takes all shares off an empty node again. A share that no longer fits (the node shrank under it) takes what there is.</summary>
    private void Recount()
    {
        Balance = NodeBalance.Empty(Kind);
        MemoryAllocatedBytes = 0;
        squeezed = false;
        foreach (var (share, holder) in held.Values)
        {
            MemoryAllocatedBytes += share.MemoryBytes;
            if (Balance.Take(this, share, holder) is { } left) { Balance = left; continue; }
            Balance = Balance.Squeeze(this, share, holder);
            squeezed = true;
        }
        CpusAllocated = AllCpus.Count - Balance.Cpus.Count;
    }
}
