namespace Stint.Core.Resources;

/// <summary>What is left of all generic resources of one node: an immutable row of cells, laid out by the node's pools.</summary>
public readonly struct GresFree : IEquatable<GresFree>
{
    private readonly int[]? cells;

    internal GresFree(int[] cells) => this.cells = cells.Length == 0 ? null : cells;

    public ReadOnlySpan<int> Cells => cells;

    internal int[] ToArray() => cells is null ? [] : (int[])cells.Clone();

    public bool Equals(GresFree other) => ReferenceEquals(cells, other.cells) || Cells.SequenceEqual(other.Cells);
    public override bool Equals(object? obj) => obj is GresFree other && Equals(other);
    public override int GetHashCode()
    {
        var hash = 0;
        foreach (var cell in Cells) hash = HashCode.Combine(hash, cell);
        return hash;
    }
    public static bool operator ==(GresFree a, GresFree b) => a.Equals(b);
    public static bool operator !=(GresFree a, GresFree b) => !a.Equals(b);
}
