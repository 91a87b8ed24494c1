using System.Numerics;
using System.Text;
using Google.Protobuf;

namespace Stint.Core.Resources;

/// <summary>A set of one node's cpu ids, as an immutable bitmap. <c>default</c> is the empty set.</summary>
public readonly struct CpuSet : IEquatable<CpuSet>
{
    // Invariant: null or without trailing zero words, so that equal sets have equal words.
    private readonly ulong[]? words;

    private CpuSet(ulong[] raw)
    {
        var length = raw.Length;
        while (length > 0 && raw[length - 1] == 0) length--;
        words = length == 0 ? null : length == raw.Length ? raw : raw[..length];
    }

    private ReadOnlySpan<ulong> Words => words;

    public static CpuSet Full(int cpus)
    {
        var raw = new ulong[(cpus + 63) / 64];
        for (var i = 0; i < raw.Length; i++) raw[i] = cpus - i * 64 >= 64 ? ulong.MaxValue : (1UL << (cpus - i * 64)) - 1;
        return new CpuSet(raw);
    }

    public static CpuSet Of(params ReadOnlySpan<int> ids)
    {
        var max = -1;
        foreach (var id in ids) max = Math.Max(max, id);
        var raw = new ulong[max / 64 + 1];
        foreach (var id in ids) raw[id >> 6] |= 1UL << (id & 63);
        return new CpuSet(raw);
    }

    public int Count
    {
        get
        {
            var count = 0;
            foreach (var word in Words) count += BitOperations.PopCount(word);
            return count;
        }
    }

    public bool IsEmpty => words is null;
    public bool Contains(int id) => id >= 0 && (id >> 6) < Words.Length && (Words[id >> 6] >> (id & 63) & 1) != 0;
    /// <summary>Largest id; -1 when empty.</summary>
    public int Max => words is null ? -1 : words.Length * 64 - 1 - BitOperations.LeadingZeroCount(words[^1]);

    public CpuSet Union(CpuSet other)
    {
        var raw = new ulong[Math.Max(Words.Length, other.Words.Length)];
        Words.CopyTo(raw);
        for (var i = 0; i < other.Words.Length; i++) raw[i] |= other.Words[i];
        return new CpuSet(raw);
    }

    public CpuSet Except(CpuSet other)
    {
        var raw = Words.ToArray();
        for (var i = 0; i < raw.Length && i < other.Words.Length; i++) raw[i] &= ~other.Words[i];
        return new CpuSet(raw);
    }

    public CpuSet Intersect(CpuSet other)
    {
        var raw = new ulong[Math.Min(Words.Length, other.Words.Length)];
        for (var i = 0; i < raw.Length; i++) raw[i] = Words[i] & other.Words[i];
        return new CpuSet(raw);
    }

    /// <summary>The size of what both have, without building it.</summary>
    public int CountIn(CpuSet other)
    {
        var count = 0;
        for (int i = 0, n = Math.Min(Words.Length, other.Words.Length); i < n; i++) count += BitOperations.PopCount(Words[i] & other.Words[i]);
        return count;
    }

    public bool Intersects(CpuSet other)
    {
        var n = Math.Min(Words.Length, other.Words.Length);
        for (var i = 0; i < n; i++)
            if ((Words[i] & other.Words[i]) != 0) return true;
        return false;
    }

    public bool IsSubsetOf(CpuSet other)
    {
        for (var i = 0; i < Words.Length; i++)
            if ((Words[i] & ~(i < other.Words.Length ? other.Words[i] : 0)) != 0) return false;
        return true;
    }

    /// <summary>The <paramref name="count"/> lowest ids of this set (fewer when it has fewer).</summary>
    public CpuSet Lowest(int count)
    {
        var raw = new ulong[Words.Length];
        for (var i = 0; i < raw.Length && count > 0; i++)
        {
            for (var rest = Words[i]; rest != 0 && count > 0; rest &= rest - 1, count--) raw[i] |= rest & (0 - rest);
        }
        return new CpuSet(raw);
    }

    /// <summary>All threads of the <paramref name="cores"/> lowest cores that are wholly in this set.</summary>
    /// <param name="threadsPerCore">Threads of one core have adjacent ids.</param>
    public CpuSet LowestCores(int cores, int threadsPerCore)
    {
        if (threadsPerCore <= 1) return Lowest(cores);
        var raw = new ulong[Words.Length];
        for (int first = 0, max = Max; first <= max && cores > 0; first += threadsPerCore)
        {
            if (!HoldsRun(first, threadsPerCore)) continue;
            for (var id = first; id < first + threadsPerCore; id++) raw[id >> 6] |= 1UL << (id & 63);
            cores--;
        }
        return new CpuSet(raw);
    }

    /// <summary>Number of cores that are wholly in this set.</summary>
    public int WholeCores(int threadsPerCore)
    {
        if (threadsPerCore <= 1) return Count;
        var cores = 0;
        if (threadsPerCore == 2)
        {
            foreach (var word in Words) cores += BitOperations.PopCount(word & word >> 1 & 0x5555_5555_5555_5555);
            return cores;
        }
        for (int first = 0, max = Max; first <= max; first += threadsPerCore)
            if (HoldsRun(first, threadsPerCore)) cores++;
        return cores;
    }

    private bool HoldsRun(int first, int length)
    {
        for (var id = first; id < first + length; id++)
            if (!Contains(id)) return false;
        return true;
    }

    public int[] ToIds()
    {
        var ids = new int[Count];
        var n = 0;
        for (var i = 0; i < Words.Length; i++)
            for (var rest = Words[i]; rest != 0; rest &= rest - 1) ids[n++] = i * 64 + BitOperations.TrailingZeroCount(rest);
        return ids;
    }

    /// <summary>The journal's form: bit i of byte i/8 is cpu id i; no trailing zero byte.</summary>
    public ByteString ToBytes()
    {
        if (words is null) return ByteString.Empty;
        var bytes = new byte[Max / 8 + 1];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)(words[i >> 3] >> (i & 7) * 8);
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    public static CpuSet FromBytes(ByteString bytes)
    {
        var raw = new ulong[(bytes.Length + 7) / 8];
        var span = bytes.Span;
        for (var i = 0; i < span.Length; i++) raw[i >> 3] |= (ulong)span[i] << (i & 7) * 8;
        return new CpuSet(raw);
    }

    public bool Equals(CpuSet other) => Words.SequenceEqual(other.Words);
    public override bool Equals(object? obj) => obj is CpuSet other && Equals(other);
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var word in Words) hash.Add(word);
        return hash.ToHashCode();
    }
    public static bool operator ==(CpuSet a, CpuSet b) => a.Equals(b);
    public static bool operator !=(CpuSet a, CpuSet b) => !a.Equals(b);

    /// <summary>Kernel's list form: <c>0-2,8</c>; empty string for the empty set.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        var ids = ToIds();
        for (var i = 0; i < ids.Length;)
        {
            var last = i;
            while (last + 1 < ids.Length && ids[last + 1] == ids[last] + 1) last++;
            if (text.Length > 0) text.Append(',');
            text.Append(ids[i]);
            if (last > i) text.Append('-').Append(ids[last]);
            i = last + 1;
        }
        return text.ToString();
    }
}
