using System.Globalization;

namespace Stint.Protocol.Slurm;

/// <summary>
/// Time limits: <c>minutes</c>, <c>mm:ss</c>, <c>hh:mm:ss</c>, <c>d-hh</c>, <c>d-hh:mm</c>, <c>d-hh:mm:ss</c>, UNLIMITED, INFINITE, -1.
/// Slurm counts limits in minutes: seconds are rounded up to the next minute, and 0 is no limit.
/// </summary>
public static class SlurmDuration
{
    public const long MinuteMs = 60_000;
    /// <summary>Limits from here on (about 8,100 years) are refused.</summary>
    private const ulong MaxSeconds = 1UL << 38;

    /// <summary>Milliseconds of a limit, a multiple of a minute; 0: unlimited.</summary>
    public static bool TryParseLimit(string text, out long limitMs, out string error)
    {
        if (!TryParseSeconds(text, out long seconds, out error)) { limitMs = 0; return false; }
        limitMs = (seconds + 59) / 60 * MinuteMs;
        return true;
    }

    /// <summary>The same in seconds, not rounded; 0: unlimited.</summary>
    public static bool TryParseSeconds(string text, out long seconds, out string error)
    {
        seconds = 0;
        error = "";
        if (text is "-1" || text.Equals("UNLIMITED", StringComparison.OrdinalIgnoreCase) || text.Equals("INFINITE", StringComparison.OrdinalIgnoreCase)) return true;
        error = $"Invalid time: {MemorySize.Quote(text)} (minutes, mm:ss, hh:mm:ss, days-hh[:mm[:ss]] or UNLIMITED)";
        var rest = text.AsSpan();
        int dash = rest.IndexOf('-');
        ulong days = 0;
        if (dash >= 0 && !Number(rest[..dash], out days)) return false;
        Span<ulong> fields = stackalloc ulong[3];
        int count = 0;
        rest = rest[(dash + 1)..];
        while (true)
        {
            int colon = rest.IndexOf(':');
            if (count == 3 || !Number(colon < 0 ? rest : rest[..colon], out fields[count++])) return false;
            if (colon < 0) break;
            rest = rest[(colon + 1)..];
        }
        ulong total = dash >= 0
            ? days * 86400 + fields[0] * 3600 + fields[1] * 60 + fields[2]
            : count switch { 1 => fields[0] * 60, 2 => fields[0] * 60 + fields[1], _ => fields[0] * 3600 + fields[1] * 60 + fields[2] };
        if (total > MaxSeconds) return false;
        seconds = (long)total;
        error = "";
        return true;
    }

    private static bool Number(ReadOnlySpan<char> text, out ulong value)
    {
        value = 0;
        if (text.Length is 0 or > 12) return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c)) return false;
            value = value * 10 + (uint)(c - '0');
        }
        return true;
    }

    /// <summary>Elapsed and limits in squeue: <c>0:05</c>, <c>5:00</c>, <c>1:00:00</c>, <c>2-00:00:00</c>.</summary>
    public static string Format(long ms)
    {
        var (days, hours, minutes, seconds) = Split(ms);
        return days > 0 ? string.Create(CultureInfo.InvariantCulture, $"{days}-{hours:00}:{minutes:00}:{seconds:00}")
            : hours > 0 ? string.Create(CultureInfo.InvariantCulture, $"{hours}:{minutes:00}:{seconds:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{minutes}:{seconds:00}");
    }

    /// <summary>A limit in squeue; 0: <c>UNLIMITED</c>.</summary>
    public static string FormatLimit(long ms) => ms == 0 ? "UNLIMITED" : Format(ms);

    /// <summary>scontrol and sacct: <c>00:05:00</c>, <c>2-00:00:00</c>.</summary>
    public static string FormatFull(long ms)
    {
        var (days, hours, minutes, seconds) = Split(ms);
        return days > 0 ? string.Create(CultureInfo.InvariantCulture, $"{days}-{hours:00}:{minutes:00}:{seconds:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{hours:00}:{minutes:00}:{seconds:00}");
    }

    /// <summary>A limit in scontrol; 0: <c>UNLIMITED</c>.</summary>
    public static string FormatLimitFull(long ms) => ms == 0 ? "UNLIMITED" : FormatFull(ms);

    private static (long Days, long Hours, long Minutes, long Seconds) Split(long ms)
    {
        long s = Math.Max(0, ms) / 1000;
        return (s / 86400, s / 3600 % 24, s / 60 % 60, s % 60);
    }
}
