using System.Runtime.CompilerServices;

namespace Stint.Core.Scheduling.Planning;

/// <summary>
/// An amount of countable resources. Four dimensions of fixed meaning keep it a plain value of 32 bytes: the timeline adds and compares
/// millions of them. A component may be negative while a capacity shrinks under running work.
/// </summary>
/// <param name="Cpus">Processors.</param>
/// <param name="MemoryBytes">Memory in bytes.</param>
/// <param name="Gpus">Whole GPUs, or thousandths of one: the caller chooses one unit for a timeline.</param>
/// <param name="Units">Any fourth countable thing: licences, nodes, disk.</param>
public readonly record struct Amount(long Cpus, long MemoryBytes = 0, long Gpus = 0, long Units = 0)
{
    public static readonly Amount Zero;

    public bool IsZero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (Cpus | MemoryBytes | Gpus | Units) == 0;
    }

    /// <summary>True when a request for <paramref name="other"/> fits into this: no component is smaller.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Covers(in Amount other) =>
        Cpus >= other.Cpus && MemoryBytes >= other.MemoryBytes && Gpus >= other.Gpus && Units >= other.Units;

    /// <summary>The smaller of each component.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Amount Min(in Amount a, in Amount b) => new(
        a.Cpus < b.Cpus ? a.Cpus : b.Cpus,
        a.MemoryBytes < b.MemoryBytes ? a.MemoryBytes : b.MemoryBytes,
        a.Gpus < b.Gpus ? a.Gpus : b.Gpus,
        a.Units < b.Units ? a.Units : b.Units);

    /// <summary>The larger of each component.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Amount Max(in Amount a, in Amount b) => new(
        a.Cpus > b.Cpus ? a.Cpus : b.Cpus,
        a.MemoryBytes > b.MemoryBytes ? a.MemoryBytes : b.MemoryBytes,
        a.Gpus > b.Gpus ? a.Gpus : b.Gpus,
        a.Units > b.Units ? a.Units : b.Units);

    public static Amount operator +(in Amount a, in Amount b) =>
        new(a.Cpus + b.Cpus, a.MemoryBytes + b.MemoryBytes, a.Gpus + b.Gpus, a.Units + b.Units);

    public static Amount operator -(in Amount a, in Amount b) =>
        new(a.Cpus - b.Cpus, a.MemoryBytes - b.MemoryBytes, a.Gpus - b.Gpus, a.Units - b.Units);

    public static Amount operator -(in Amount a) => new(-a.Cpus, -a.MemoryBytes, -a.Gpus, -a.Units);
}
