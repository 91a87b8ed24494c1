using System.Globalization;
using System.Text;

namespace Stint.Protocol.Slurm;

/// <summary>Inclusive; <see cref="Step"/> is at least 1, and First + n × Step reaches Last exactly.</summary>
public readonly record struct ArrayRange(uint First, uint Last, uint Step = 1)
{
    public uint Count => (Last - First) / Step + 1;
    public bool Contains(uint index) => index >= First && index <= Last && (index - First) % Step == 0;
}

/// <summary>
/// <c>--array=0-15:4%2</c>: ranges, sorted and without repetition, and how many may run at once (0: any number).
/// Kept as ranges, so that a million tasks cost nothing.
/// </summary>
public sealed record ArraySpec(IReadOnlyList<ArrayRange> Ranges, uint Throttle)
{
    /// <summary>No index may be larger, whatever MaxArraySize says (Slurm's own ceiling).</summary>
    public const uint MaxIndex = 4_000_000;
    private const int MaxItems = 65536;
    private const ulong MaxNamed = 4UL * MaxIndex;
    /// <summary>Slurm prints at most this many characters of task ids, then <c>...</c> (SLURM_BITSTR_LEN).</summary>
    public const int PrintedLength = 64;

    public uint Count
    {
        get
        {
            uint count = 0;
            foreach (var range in Ranges) count += range.Count;
            return count;
        }
    }

    public IEnumerable<uint> Indices()
    {
        foreach (var range in Ranges)
            for (uint i = range.First; i <= range.Last; i += range.Step)
                yield return i;
    }

    /// <param name="maxIndex">Largest index allowed: MaxArraySize - 1.</param>
    public static bool TryParse(string text, uint maxIndex, out ArraySpec? spec, out string error)
    {
        spec = null;
        error = $"Invalid job array specification {Shorten(text)}";
        var rest = text.AsSpan();
        uint throttle = 0;
        int percent = rest.IndexOf('%');
        if (percent >= 0)
        {
            if (!Number(rest[(percent + 1)..], out throttle)) return false;
            rest = rest[..percent];
        }
        if (rest.Length > 2 && rest[0] == '[' && rest[^1] == ']') rest = rest[1..^1];
        var ranges = new List<ArrayRange>();
        ulong named = 0;
        while (true)
        {
            int comma = rest.IndexOf(',');
            if (comma == 0) { rest = rest[1..]; continue; }      // "1,,2" is 1 and 2
            if (ranges.Count == MaxItems || !ParseRange(comma < 0 ? rest : rest[..comma], out var range)) return false;
            if (range.Last > Math.Min(maxIndex, MaxIndex)) { error = $"{error}: index {range.Last} is over the limit of {Math.Min(maxIndex, MaxIndex)}"; return false; }
            named += range.Count;
            if (named > MaxNamed) { error = $"{error}: more than {MaxNamed} indices named"; return false; }
            ranges.Add(range);
            if (comma < 0) break;
            rest = rest[(comma + 1)..];
        }
        spec = new ArraySpec(ArrayRanges.Normalize(ranges), throttle);
        error = "";
        return true;
    }

    private static bool ParseRange(ReadOnlySpan<char> text, out ArrayRange range)
    {
        range = default;
        uint step = 1;
        int colon = text.IndexOf(':');
        int dash = text.IndexOf('-');
        if (colon >= 0)
        {
            if (dash < 0 || !Number(text[(colon + 1)..], out step) || step == 0) return false;
            text = text[..colon];
        }
        if (!Number(dash < 0 ? text : text[..dash], out uint first)) return false;
        uint last = first;
        if (dash >= 0 && !Number(text[(dash + 1)..], out last)) return false;
        if (last < first) return false;
        range = new ArrayRange(first, first + (last - first) / step * step, first == last || step > last - first ? 1 : step);
        return true;
    }

    internal static bool Number(ReadOnlySpan<char> text, out uint value)
    {
        value = 0;
        if (text.Length is 0 or > 9) return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c)) return false;
            value = value * 10 + (uint)(c - '0');
        }
        return true;
    }

    internal static string Shorten(string text) => text.Length <= 64 ? text : $"{text.AsSpan(0, 61)}...";

    /// <summary><c>3-9%3</c>; an even stride prints as <c>0-12:4</c>.</summary>
    public override string ToString() => Print(Ranges) + (Throttle > 0 ? string.Create(CultureInfo.InvariantCulture, $"%{Throttle}") : "");

    /// <summary>Whole, not shortened.</summary>
    public static string Print(IReadOnlyList<ArrayRange> ranges)
    {
        var text = new StringBuilder();
        foreach (var range in ranges)
        {
            if (text.Length > 0) text.Append(',');
            text.Append(CultureInfo.InvariantCulture, $"{range.First}");
            if (range.Last != range.First) text.Append(CultureInfo.InvariantCulture, $"-{range.Last}");
            if (range.Step > 1 && range.Last != range.First) text.Append(CultureInfo.InvariantCulture, $":{range.Step}");
        }
        return text.ToString();
    }

    /// <summary>As squeue prints it: cut at a whole number before <see cref="PrintedLength"/> characters and followed by <c>...</c>.</summary>
    public static string Abbreviate(string tasks, int length = PrintedLength)
    {
        int percent = tasks.IndexOf('%');
        string throttle = percent < 0 ? "" : tasks[percent..];
        string ids = percent < 0 ? tasks : tasks[..percent];
        if (length <= 0 || ids.Length <= length) return tasks;
        int comma = ids.LastIndexOf(',', length - 1);
        return (comma < 0 ? ids : ids[..(comma + 1)] + "...") + throttle;
    }
}
