namespace Stint.Protocol.Slurm;

/// <summary>Ranges as sets: sorted, disjoint, as few as possible.</summary>
internal static class ArrayRanges
{
    /// <summary>Overlapping strides are resolved index by index; the caller bounds the sum of their counts.</summary>
    public static List<ArrayRange> Normalize(List<ArrayRange> ranges)
    {
        ranges.Sort(static (a, b) => a.First != b.First ? a.First.CompareTo(b.First) : a.Last.CompareTo(b.Last));
        if (!Overlap(ranges)) return Join(ranges);
        uint last = 0;
        foreach (var range in ranges) last = Math.Max(last, range.Last);
        var bits = new System.Collections.BitArray((int)last + 1);
        foreach (var range in ranges)
            for (uint i = range.First; i <= range.Last; i += range.Step)
                bits[(int)i] = true;
        return FromBits(bits);
    }

    private static bool Overlap(List<ArrayRange> sorted)
    {
        for (int i = 1; i < sorted.Count; i++)
            if (sorted[i].First <= sorted[i - 1].Last) return true;
        return false;
    }

    private static List<ArrayRange> Join(List<ArrayRange> sorted)
    {
        var joined = new List<ArrayRange>(sorted.Count);
        foreach (var range in sorted)
        {
            if (joined.Count > 0 && joined[^1] is var before && before.Step == 1 && range.Step == 1 && range.First == before.Last + 1)
                joined[^1] = before with { Last = range.Last };
            else
                joined.Add(range);
        }
        return joined;
    }

    private static List<ArrayRange> FromBits(System.Collections.BitArray bits)
    {
        var ranges = new List<ArrayRange>();
        for (int i = 0; i < bits.Length; i++)
        {
            if (!bits[i]) continue;
            int end = i;
            while (end + 1 < bits.Length && bits[end + 1]) end++;
            ranges.Add(new ArrayRange((uint)i, (uint)end));
            i = end;
        }
        return ranges;
    }
}
