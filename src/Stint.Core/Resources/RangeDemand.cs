using Stint.Core.Journal;

namespace Stint.Core.Resources;

/// <summary>
/// Ranges for what a task gets, to be met by an offer: a block of a node, several, or the node. Both ends are inclusive; an upper end of
/// 0 is none. What is not known of a node (disk) does not speak against it.
/// </summary>
public sealed class RangeDemand
{
    private readonly ResourceRanges ranges;

    internal RangeDemand(ResourceRanges ranges, LimitPolicy policy, int nodes) => (this.ranges, Policy, WholeNodes) = (ranges, policy, nodes > 1 && policy == LimitPolicy.LimitCapacity);

    /// <summary>What the job is held to: what it asked for at least, or all that the offer has.</summary>
    public LimitPolicy Policy { get; }
    public bool TakesAll => Policy == LimitPolicy.LimitCapacity;
    /// <summary>Each of several nodes with all of itself, as the instances of a cluster.</summary>
    public bool WholeNodes { get; }
    public int CpusMin => Math.Max(1, (int)ranges.CpusMin);
    public ulong MemoryMin => ranges.MemoryMinBytes;
    public ulong DiskMin => ranges.DiskMinBytes;
    public int GpusMin => (int)ranges.GpusMin;
    /// <summary>Largest number of GPUs; 0: no upper end.</summary>
    public int GpusMax => (int)ranges.GpusMax;

    public bool CpusMatch(long cpus) => cpus >= CpusMin && (ranges.CpusMax == 0 || cpus <= ranges.CpusMax);
    public bool MemoryMatches(ulong bytes) => bytes >= ranges.MemoryMinBytes && (ranges.MemoryMaxBytes == 0 || bytes <= ranges.MemoryMaxBytes);
    public bool DiskMatches(ulong bytes) => bytes == 0 || bytes >= ranges.DiskMinBytes && (ranges.DiskMaxBytes == 0 || bytes <= ranges.DiskMaxBytes);

    /// <summary>Whether a number of GPUs of that memory is what is asked for.</summary>
    public bool GpusMatch(int gpus, ulong memoryOfOne)
    {
        if (gpus < ranges.GpusMin || ranges.GpusMax > 0 && gpus > ranges.GpusMax) return false;
        if (gpus == 0) return true;
        var total = memoryOfOne * (ulong)gpus;
        return total >= ranges.GpuTotalMemoryMinBytes && (ranges.GpuTotalMemoryMaxBytes == 0 || total <= ranges.GpuTotalMemoryMaxBytes);
    }

    /// <summary>Whether a kind of GPU is one of those asked for: vendor, name, memory of one.</summary>
    public bool Accepts(GresPool pool, ulong memoryOfOne)
    {
        if (!pool.IsGpu || pool.Form != PoolForm.Units) return false;
        if (ranges.GpuVendor.Length > 0 && !string.Equals(ranges.GpuVendor, pool.Vendor, StringComparison.OrdinalIgnoreCase)) return false;
        if (memoryOfOne < ranges.GpuMemoryMinBytes || ranges.GpuMemoryMaxBytes > 0 && memoryOfOne > ranges.GpuMemoryMaxBytes) return false;
        if (ranges.GpuNames.Count == 0) return true;
        foreach (var name in ranges.GpuNames)
            if (string.Equals(name, pool.Type, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }

    /// <summary>GPUs that it is given when it is held to what it asked for: the fewest that match, 0 when none is wanted; -1: no number does.</summary>
    public int GpusOf(ulong memoryOfOne, int most)
    {
        for (var gpus = GpusMin; gpus <= most; gpus++)
            if (GpusMatch(gpus, memoryOfOne)) return gpus;
        return -1;
    }

    public override string ToString()
    {
        var text = $"{Span(ranges.CpusMin, ranges.CpusMax, static n => n.ToString(System.Globalization.CultureInfo.InvariantCulture))} CPUs and {Span(ranges.MemoryMinBytes, ranges.MemoryMaxBytes, static n => new ByteSize(n).ToString())} of memory";
        if (ranges.GpusMin > 0 || ranges.GpusMax > 0)
            text += $" with {Span(ranges.GpusMin, ranges.GpusMax, static n => n.ToString(System.Globalization.CultureInfo.InvariantCulture))} GPUs{(ranges.GpuNames.Count > 0 ? $" ({string.Join(" or ", ranges.GpuNames)})" : "")}";
        if (ranges.DiskMinBytes > 0 || ranges.DiskMaxBytes > 0) text += $" and {Span(ranges.DiskMinBytes, ranges.DiskMaxBytes, static n => new ByteSize(n).ToString())} of disk";
        return text;
    }

    private static string Span(ulong least, ulong most, Func<ulong, string> write) =>
        most == 0 ? $"at least {write(least)}" : least == most ? write(least) : $"{write(least)} to {write(most)}";
}
