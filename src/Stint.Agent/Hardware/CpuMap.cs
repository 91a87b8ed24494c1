namespace Stint.Agent.Hardware;

/// <summary>
/// The scheduler's cpu ids 0..n-1 of this node against the kernel's numbers: id i is the i-th cpu that this agent may use.
/// Declared ids beyond the machine have no kernel cpu.
/// </summary>
/// <param name="KernelCpus">The kernel's cpus that this agent may use, in the order of the ids.</param>
/// <param name="Count">How many ids the scheduler may use: declared, or as many as there are.</param>
public sealed record CpuMap(IReadOnlyList<int> KernelCpus, int Count)
{
    internal NumaMap Numa { get; init; } = NumaMap.One;

    /// <summary>The set bits of <paramref name="bitmap"/> (bit i of byte i/8 = id i) as kernel cpus, and the ids that have none.</summary>
    public CpuChoice Resolve(ReadOnlySpan<byte> bitmap)
    {
        var real = new List<int>();
        var beyond = new List<int>();
        var ids = new List<int>();
        for (var id = 0; id < bitmap.Length * 8; id++)
        {
            if ((bitmap[id >> 3] & (1 << (id & 7))) == 0) continue;
            ids.Add(id);
            if (id < KernelCpus.Count) real.Add(KernelCpus[id]);
            else beyond.Add(id);
        }
        real.Sort();
        return new CpuChoice(ids, real, beyond);
    }

    /// <summary>The bitmap of ids behind these kernel cpus; cpus outside the map are left out.</summary>
    public byte[] Bitmap(IReadOnlyList<int> kernelCpus)
    {
        var bitmap = new byte[(Count + 7) / 8];
        for (var id = 0; id < Math.Min(KernelCpus.Count, Count); id++)
        {
            if (kernelCpus.Contains(KernelCpus[id])) bitmap[id >> 3] |= (byte)(1 << (id & 7));
        }
        return bitmap;
    }
}

/// <param name="Ids">The scheduler's ids.</param>
/// <param name="Kernel">The kernel's cpus behind them, ascending.</param>
/// <param name="Beyond">Ids that this machine has no cpu for.</param>
public sealed record CpuChoice(IReadOnlyList<int> Ids, IReadOnlyList<int> Kernel, IReadOnlyList<int> Beyond);
