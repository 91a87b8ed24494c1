using Stint.Core.Journal;

namespace Stint.Core.Nodes;

/// <summary>A node and what is left on it. Written by <see cref="Cluster.Apply"/> only.</summary>
public sealed class Node
{
    internal Node(NodeRegistered registration) { Registration = registration; }
    public NodeRegistered Registration { get; internal set; }
    public string Name => Registration.Name;
    public Hardware Hardware => Registration.Hardware;
    public NodeAvailability Availability { get; internal set; }
    public bool Drain { get; internal set; }
    public string Reason { get; internal set; } = "";
    public uint ReasonUid { get; internal set; }
    public Instant ReasonAt { get; internal set; }
    public Instant Changed { get; internal set; }
    public int CpusAllocated { get; internal set; }
    public ulong MemoryAllocatedBytes { get; internal set; }
    /// <summary>Jobs that hold a share here.</summary>
    public SortedSet<uint> Jobs { get; } = [];
    public Instant LastBusy { get; internal set; }
}
