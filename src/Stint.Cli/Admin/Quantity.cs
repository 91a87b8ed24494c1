using System.Globalization;

namespace Stint.Cli.Admin;

/// <summary>Numbers for people: <c>1.5G</c>, <c>64M</c>, <c>2 d 3 h</c>.</summary>
internal static class Quantity
{
    public static string Bytes(ulong bytes)
    {
        string[] units = ["B", "K", "M", "G", "T", "P"];
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.Length - 1) { value /= 1024; unit++; }
        // 99.96 would round to 100.0: a whole number from 100 on.
        string number = unit == 0 || value >= 99.95 || Math.Abs(value - Math.Round(value)) < 0.05 ? Math.Round(value).ToString(CultureInfo.InvariantCulture) : value.ToString("F1", CultureInfo.InvariantCulture);
        return number + units[unit];
    }

    public static string Span(long ms)
    {
        var span = TimeSpan.FromMilliseconds(Math.Max(0, ms));
        return span.TotalDays >= 1 ? $"{(int)span.TotalDays} d {span.Hours} h" : span.TotalHours >= 1 ? $"{span.Hours} h {span.Minutes} min"
            : span.TotalMinutes >= 1 ? $"{span.Minutes} min {span.Seconds} s" : $"{span.Seconds} s";
    }

    public static string Count(long number, string one, string? many = null) => string.Create(CultureInfo.InvariantCulture, $"{number} {(number == 1 ? one : many ?? one + "s")}");

    /// <summary><c>[######----]</c> in pipes, blocks on a terminal.</summary>
    public static string Bar(double share, int width, bool blocks)
    {
        int full = (int)Math.Round(Math.Clamp(double.IsNaN(share) ? 0 : share, 0, 1) * width);
        return blocks ? new string('█', full) + new string('░', width - full) : "[" + new string('#', full) + new string('-', width - full) + "]";
    }

    /// <summary><c>90s</c>, <c>45m</c>, <c>1h</c>, <c>7d</c>; a bare number counts minutes, as in Slurm.</summary>
    public static bool TryParseSpan(string text, out long seconds)
    {
        seconds = 0;
        if (text.Length == 0) return false;
        long unit = char.ToLowerInvariant(text[^1]) switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 };
        if (!long.TryParse(unit == 0 ? text : text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out long number) || number is < 1 or > 10_000_000) return false;
        seconds = number * (unit == 0 ? 60 : unit);
        return true;
    }
}
