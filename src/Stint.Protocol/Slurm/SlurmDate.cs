using System.Globalization;

namespace Stint.Protocol.Slurm;

/// <summary>
/// Points in time for <c>--begin</c>, <c>sacct -S</c> and the like: <c>now[±count[unit]]</c>, <c>today tomorrow midnight noon elevenses fika
/// teatime</c>, <c>HH:MM[:SS] [AM|PM]</c>, <c>MMDD[YY] MM/DD[/YY] MM.DD[.YY]</c>, <c>YYYY-MM-DD[THH:MM[:SS]]</c>, <c>uts1234567890</c>.
/// Local time of the given zone; a time of day that has passed means tomorrow, unless <c>past</c> is asked for.
/// </summary>
public static class SlurmDate
{
    private const long MaxOffsetSeconds = 3L * 365 * 86400 * 30;

    public const string Complaint = "Invalid time specification (pos=";

    /// <param name="past">A time or a date without year stays in the past, as sacct reads it.</param>
    public static bool TryParse(string text, DateTimeOffset now, TimeZoneInfo zone, bool past, out DateTimeOffset instant, out string error)
    {
        instant = default;
        error = "";
        if (text.Length is > 0 and <= 64 && Parse(text.Trim(), now, zone, past, out instant)) return true;
        error = text.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"Invalid time specification (pos={Position(text)}): {ArraySpec.Shorten(text)}");
        return false;
    }

    /// <summary>Where Slurm's parser stops at a text that is no time.</summary>
    private static int Position(string text)
    {
        if (text.StartsWith("now", StringComparison.OrdinalIgnoreCase)) return text.Length > 3 && text[3] is '+' or '-' ? 4 : 3;
        foreach (var word in (ReadOnlySpan<string>)["today", "tomorrow", "midnight", "elevenses", "noon", "fika", "teatime"])
            if (text.StartsWith(word, StringComparison.OrdinalIgnoreCase)) return word.Length;
        var parts = text.Split(':', '-');
        ReadOnlySpan<uint> most = text.Contains(':') ? [23, 59, 59] : [9999, 12, 31];
        if (parts.Length < 2) return 0;
        for (int i = 0, at = 0; i < parts.Length; at += parts[i++].Length + 1)
            if (i >= most.Length || !uint.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value > most[i]) return Math.Min(at, text.Length - 1);
        return text.Length - 1;
    }

    /// <summary><c>2026-11-22T02:20:08</c> in the zone; 0 is <c>Unknown</c>.</summary>
    public static string Format(long unixMs, TimeZoneInfo zone) => unixMs == 0
        ? "Unknown"
        : TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(unixMs), zone).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);

    private static bool Parse(string text, DateTimeOffset now, TimeZoneInfo zone, bool past, out DateTimeOffset instant)
    {
        instant = default;
        var local = TimeZoneInfo.ConvertTime(now, zone);
        if (text.StartsWith("now", StringComparison.OrdinalIgnoreCase)) return Relative(text.AsSpan(3), now, out instant);
        if (text.StartsWith("uts", StringComparison.OrdinalIgnoreCase))
        {
            if (!long.TryParse(text.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out long epoch) || epoch > 253_402_300_799) return false;
            instant = DateTimeOffset.FromUnixTimeSeconds(epoch);
            return true;
        }
        if (!Fields(text, local, out var date, out TimeSpan? time)) return false;
        if (date is null && time is null) return false;
        var day = date ?? DateOnly.FromDateTime(local.DateTime);
        var moment = day.ToDateTime(TimeOnly.MinValue) + (time ?? TimeSpan.Zero);
        if (date is null && !past && moment < local.DateTime)
        {
            if (day.DayNumber >= DateOnly.MaxValue.DayNumber) return false;
            moment = moment.AddDays(1);
        }
        return ToInstant(moment, zone, out instant);
    }

    private static bool ToInstant(DateTime moment, TimeZoneInfo zone, out DateTimeOffset instant)
    {
        instant = default;
        if (moment.Year is < 1970 or > 9998) return false;
        if (zone.IsInvalidTime(moment)) moment = moment.AddHours(1);
        instant = new DateTimeOffset(moment, zone.GetUtcOffset(moment));
        return true;
    }

    private static bool Relative(ReadOnlySpan<char> rest, DateTimeOffset now, out DateTimeOffset instant)
    {
        instant = now;
        if (rest.Length == 0) return true;
        int sign = rest[0] switch { '+' => 1, '-' => -1, _ => 0 };
        int digits = 1;
        while (digits < rest.Length && char.IsAsciiDigit(rest[digits])) digits++;
        if (sign == 0 || !ArraySpec.Number(rest[1..digits], out uint count)) return false;
        long unit = Unit(rest[digits..]);
        long seconds = unit * count;
        if (unit == 0 || seconds > MaxOffsetSeconds) return false;
        instant = now.AddSeconds(sign * seconds);
        return true;
    }

    /// <summary>Any prefix of a unit's name counts, as in Slurm: <c>h</c>, <c>hour</c>, <c>hours</c>.</summary>
    private static long Unit(ReadOnlySpan<char> name)
    {
        if (name.Length == 0) return 1;
        ReadOnlySpan<(string Name, long Seconds)> units = [("seconds", 1), ("minutes", 60), ("hours", 3600), ("days", 86400), ("weeks", 7 * 86400)];
        foreach (var (unit, seconds) in units)
            if (unit.AsSpan().StartsWith(name, StringComparison.OrdinalIgnoreCase)) return seconds;
        return 0;
    }

    private static bool Fields(string text, DateTimeOffset local, out DateOnly? date, out TimeSpan? time)
    {
        date = null;
        time = null;
        int t = text.Length > 10 && text[4] == '-' && text[10] is 'T' or 't' ? 10 : -1;
        string[] words = t > 0 ? [text[..t], text[(t + 1)..]] : text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length > 3) return false;
        foreach (string word in words)
        {
            var today = DateOnly.FromDateTime(local.DateTime);
            switch (word.ToLowerInvariant())
            {
                case "today": date = today; continue;
                case "tomorrow": date = today.AddDays(1); continue;
                case "midnight": time = TimeSpan.Zero; continue;
                case "elevenses": time = TimeSpan.FromHours(11); continue;
                case "noon": time = TimeSpan.FromHours(12); continue;
                case "fika": time = TimeSpan.FromHours(15); continue;
                case "teatime": time = TimeSpan.FromHours(16); continue;
                case "am" or "pm" when time is { } clock && clock.Hours is >= 1 and <= 12:
                    time = Half(clock, word[0] is 'p' or 'P');
                    continue;
            }
            if (time is null && Clock(word, out var parsed)) time = parsed;
            else if (date is null && Day(word, local, out var day)) date = day;
            else return false;
        }
        return true;
    }

    private static TimeSpan Half(TimeSpan clock, bool afternoon) =>
        clock - TimeSpan.FromHours(clock.Hours) + TimeSpan.FromHours(clock.Hours % 12 + (afternoon ? 12 : 0));

    private static bool Clock(string word, out TimeSpan time)
    {
        time = default;
        var body = word.AsSpan();
        bool? afternoon = body.EndsWith("pm", StringComparison.OrdinalIgnoreCase) ? true : body.EndsWith("am", StringComparison.OrdinalIgnoreCase) ? false : null;
        if (afternoon is not null) body = body[..^2];
        Span<Range> parts = stackalloc Range[4];
        int count = body.Split(parts, ':');
        if (count is not (2 or 3)) return false;
        uint seconds = 0;
        if (!TwoDigits(body[parts[0]], 23, out uint hours) || !TwoDigits(body[parts[1]], 59, out uint minutes)) return false;
        if (count == 3 && !TwoDigits(body[parts[2]], 59, out seconds)) return false;
        time = new TimeSpan((int)hours, (int)minutes, (int)seconds);
        if (afternoon is null) return true;
        if (hours is 0 or > 12) return false;
        time = Half(time, afternoon.Value);
        return true;
    }

    private static bool TwoDigits(ReadOnlySpan<char> text, uint max, out uint value) => ArraySpec.Number(text, out value) && text.Length <= 2 && value <= max;

    private static bool Day(string word, DateTimeOffset local, out DateOnly day)
    {
        day = default;
        if (DateOnly.TryParseExact(word, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out day)) return true;
        char separator = word.Contains('/') ? '/' : word.Contains('.') ? '.' : '\0';
        string[] parts = separator != '\0' ? word.Split(separator)
            : word.Length == 4 ? [word[..2], word[2..]]
            : word.Length == 6 ? [word[..2], word[2..4], word[4..]] : [];
        if (parts.Length is not (2 or 3)) return false;
        if (!TwoDigits(parts[0], 12, out uint month) || !TwoDigits(parts[1], 31, out uint dayOfMonth) || month == 0 || dayOfMonth == 0) return false;
        uint year = (uint)local.Year;
        if (parts.Length == 3)
        {
            if (!TwoDigits(parts[2], 99, out uint twoDigits)) return false;
            year = 2000 + twoDigits;
        }
        if (dayOfMonth > DateTime.DaysInMonth((int)year, (int)month)) return false;
        day = new DateOnly((int)year, (int)month, (int)dayOfMonth);
        return true;
    }
}
