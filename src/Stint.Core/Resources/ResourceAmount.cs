using System.Runtime.CompilerServices;

namespace Stint.Core.Resources;

/// <summary>One count per kind of generic resource of a node; the place of a kind is its number in <see cref="Nodes.NodeKind.Pools"/>.</summary>
[InlineArray(Length)]
public struct GresCounts
{
    /// <summary>Kinds (name and type) of generic resources that one node may have.</summary>
    public const int Length = 8;
    private int first;
}

/// <summary>
/// A countable amount of one node: what a timeline adds and compares. Where on the node it lies is not told. Components are negative
/// where more is taken than there is.
/// </summary>
public struct ResourceAmount : IEquatable<ResourceAmount>
{
    /// <summary>Whole cores.</summary>
    public int Cores;
    public long MemoryBytes;
    public long DiskBytes;
    public GresCounts Gres;

    /// <summary>No component is smaller than the other's.</summary>
    public readonly bool Covers(in ResourceAmount other)
    {
        if (Cores < other.Cores || MemoryBytes < other.MemoryBytes || DiskBytes < other.DiskBytes) return false;
        for (var i = 0; i < GresCounts.Length; i++)
            if (Gres[i] < other.Gres[i]) return false;
        return true;
    }

    public readonly bool IsZero => Equals(default);

    /// <summary>The smaller of each component.</summary>
    public static ResourceAmount Min(in ResourceAmount a, in ResourceAmount b)
    {
        ResourceAmount least = default;
        least.Cores = Math.Min(a.Cores, b.Cores);
        least.MemoryBytes = Math.Min(a.MemoryBytes, b.MemoryBytes);
        least.DiskBytes = Math.Min(a.DiskBytes, b.DiskBytes);
        for (var i = 0; i < GresCounts.Length; i++) least.Gres[i] = Math.Min(a.Gres[i], b.Gres[i]);
        return least;
    }

    public static ResourceAmount operator +(in ResourceAmount a, in ResourceAmount b)
    {
        var sum = a;
        sum.Cores += b.Cores;
        sum.MemoryBytes += b.MemoryBytes;
        sum.DiskBytes += b.DiskBytes;
        for (var i = 0; i < GresCounts.Length; i++) sum.Gres[i] += b.Gres[i];
        return sum;
    }

    public static ResourceAmount operator -(in ResourceAmount a, in ResourceAmount b)
    {
        var rest = a;
        rest.Cores -= b.Cores;
        rest.MemoryBytes -= b.MemoryBytes;
        rest.DiskBytes -= b.DiskBytes;
        for (var i = 0; i < GresCounts.Length; i++) rest.Gres[i] -= b.Gres[i];
        return rest;
    }

    public readonly bool Equals(ResourceAmount other)
    {
        if (Cores != other.Cores || MemoryBytes != other.MemoryBytes || DiskBytes != other.DiskBytes) return false;
        for (var i = 0; i < GresCounts.Length; i++)
            if (Gres[i] != other.Gres[i]) return false;
        return true;
    }

    public override readonly bool Equals(object? obj) => obj is ResourceAmount other && Equals(other);

    public override readonly int GetHashCode()
    {
        var hash = HashCode.Combine(Cores, MemoryBytes, DiskBytes);
        for (var i = 0; i < GresCounts.Length; i++) hash = HashCode.Combine(hash, Gres[i]);
        return hash;
    }

    public static bool operator ==(in ResourceAmount a, in ResourceAmount b) => a.Equals(b);
    public static bool operator !=(in ResourceAmount a, in ResourceAmount b) => !a.Equals(b);
}
