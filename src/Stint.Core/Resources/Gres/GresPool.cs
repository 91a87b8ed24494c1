using Stint.Core.Journal;

namespace Stint.Core.Resources;

/// <summary>How the units of a pool are given out.</summary>
public enum PoolForm
{
    /// <summary>Devices with indices: each goes to one job.</summary>
    Units,
    /// <summary>A plain number.</summary>
    Count,
    /// <summary>Parts of GPUs (shard, mps): one cell per GPU of the node. A GPU is given whole or in parts, never both.</summary>
    Parts,
}

/// <summary>
/// One kind (name and type) of generic resource on one kind of node. What is left of it is a run of cells in a <see cref="GresFree"/>:
/// one per unit (1: free), one per GPU (free parts), or one with the plain number.
/// </summary>
public sealed class GresPool
{
    internal GresPool(Gres gres, PoolForm form, int slot, int firstCell, int[] sizes)
    {
        (Name, Type, Vendor, Form, Slot, FirstCell) = (gres.Name, gres.Type, gres.Vendor, form, slot, firstCell);
        this.sizes = sizes;
        foreach (var size in sizes) Total += size;
        Units = form == PoolForm.Units ? [.. gres.Units.Select(static unit => new GresUnitPlace(
            unit.Index, CpuSet.FromBytes(unit.NearCpus), unit.MemoryBytes))] : [];
    }

    private readonly int[] sizes;

    public string Name { get; }
    public string Type { get; }
    public string Vendor { get; }
    public PoolForm Form { get; }
    /// <summary>Its place in <see cref="ResourceAmount.Gres"/>.</summary>
    public int Slot { get; }
    public int FirstCell { get; }
    public int Cells => sizes.Length;
    /// <summary>Units, parts, or the plain number of an empty node.</summary>
    public int Total { get; }
    /// <summary>Of devices only, in the order of their cells.</summary>
    public GresUnitPlace[] Units { get; }
    /// <summary>What a cell holds on an empty node.</summary>
    public int SizeOf(int cell) => sizes[cell];
    public bool IsGpu => Name == GresNames.Gpu;

    public bool Is(string name, string type) => Name == name && (type.Length == 0 || string.Equals(Type, type, StringComparison.OrdinalIgnoreCase));
    public override string ToString() => Type.Length == 0 ? $"{Name}:{Total}" : $"{Name}:{Type}:{Total}";
}

/// <summary>A device: its number, and the cpus near it (empty: all are).</summary>
public readonly record struct GresUnitPlace(uint Index, CpuSet Near, ulong MemoryBytes);

public static class GresNames
{
    public const string Gpu = "gpu";
    public const string Shard = "shard";
    public const string Mps = "mps";
    /// <summary>Parts of GPUs rather than things of their own.</summary>
    public static bool IsPart(string name) => name is Shard or Mps;
}
