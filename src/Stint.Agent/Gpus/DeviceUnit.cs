using Stint.Agent.Devices;

namespace Stint.Agent.Gpus;

/// <summary>One GPU, one MIG slice, one accelerator: the least that is granted as a whole.</summary>
/// <param name="Name">What --gres calls it: gpu.</param>
/// <param name="Type">a100, 1g.10gb, …; empty: none.</param>
/// <param name="Index">Node-wide within <paramref name="Name"/>.</param>
internal sealed record DeviceUnit(string Name, string Type, string Vendor, uint Index = 0)
{
    public string Uuid { get; init; } = "";

    /// <summary>Device nodes of this unit alone.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Nodes that this unit needs and shares with others, for instance those of the GPU that a slice is cut from.</summary>
    public IReadOnlyList<SharedNode> Shared { get; init; } = [];

    public IReadOnlyList<VisibleVariable> Environment { get; init; } = [];

    /// <summary>The number in its node's name.</summary>
    public uint Number { get; init; }

    /// <summary>What Gaudi's runtime counts; null when there is no such number.</summary>
    public uint? Module { get; init; }
    public uint Numa { get; init; }

    /// <summary>The kernel's cpus near it; null: all are.</summary>
    public IReadOnlyList<int>? NearCpus { get; init; }

    /// <summary>Ids that an operator says are near; they take the place of <see cref="NearCpus"/>.</summary>
    public IReadOnlyList<int>? NearIds { get; init; }
    public ulong MemoryBytes { get; init; }

    /// <summary>UUID of the whole GPU that a slice is cut from.</summary>
    public string Parent { get; init; } = "";
    public string PciAddress { get; init; } = "";
    public bool Declared { get; init; }

    /// <summary>Where detected and declared units are compared: the same node is the same unit.</summary>
    public string Key => Files.Count > 0 ? string.Join('|', Files) : Uuid;
}
