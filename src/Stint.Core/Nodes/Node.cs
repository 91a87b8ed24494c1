using Stint.Core.Journal;
using Stint.Core.Resources;

namespace Stint.Core.Nodes;

/// <summary>A node and what is left on it. Written by <see cref="Cluster.Apply"/> only.</summary>
public sealed class Node
{
    private NodeRegistered registration;

    internal Node(NodeRegistered registration)
    {
        this.registration = registration;
        AllCpus = FreeCpus = CpuSet.Full((int)registration.Hardware.Cpus);
    }

    public NodeRegistered Registration
    {
        get => registration;
        internal set
        {
            var held = AllCpus.Except(FreeCpus);
            registration = value;
            AllCpus = CpuSet.Full((int)value.Hardware.Cpus);
            FreeCpus = AllCpus.Except(held);
        }
    }

    public string Name => Registration.Name;
    public Hardware Hardware => Registration.Hardware;
    public NodeAvailability Availability { get; internal set; }
    public bool Drain { get; internal set; }
    /// <summary>An admin took it down: it does not come back by registering.</summary>
    public bool DownByAdmin { get; internal set; }
    public string Reason { get; internal set; } = "";
    public uint ReasonUid { get; internal set; }
    public Instant ReasonAt { get; internal set; }
    public Instant Changed { get; internal set; }
    public int CpusAllocated { get; internal set; }
    public ulong MemoryAllocatedBytes { get; internal set; }
    public ulong MemoryFreeBytes => Hardware.MemoryBytes - MemoryAllocatedBytes;
    /// <summary>Jobs that hold a share here.</summary>
    public SortedSet<uint> Jobs { get; } = [];
    /// <summary>When a job last let go of a share here; not set: never.</summary>
    public Instant LastBusy { get; internal set; }

    /// <summary>All cpu ids of the node.</summary>
    public CpuSet AllCpus { get; private set; }
    public CpuSet FreeCpus { get; internal set; }
    public int ThreadsPerCore => Math.Max(1, (int)Hardware.ThreadsPerCore);
    /// <summary>Up and not drained.</summary>
    public bool TakesJobs => Availability == NodeAvailability.NodeUp && !Drain;

    /// <summary>It is in the list of nodes that a pass has to look at again.</summary>
    internal bool IsTouched { get; set; }

    internal void Take(uint jobId, NodeShare share)
    {
        var cpus = CpuSet.FromBytes(share.Cpus);
        FreeCpus = FreeCpus.Except(cpus);
        CpusAllocated += cpus.Count;
        MemoryAllocatedBytes += share.MemoryBytes;
        Jobs.Add(jobId);
    }

    internal void GiveBack(uint jobId, NodeShare share, Instant at)
    {
        var cpus = CpuSet.FromBytes(share.Cpus);
        FreeCpus = FreeCpus.Union(cpus);
        CpusAllocated -= cpus.Count;
        MemoryAllocatedBytes -= share.MemoryBytes;
        Jobs.Remove(jobId);
        LastBusy = at;
    }
}
