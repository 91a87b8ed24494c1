using System.Globalization;

namespace Stint.Server.Configuration;

/// <summary>Units of stint.yaml. A bare number is refused, because Slurm's own files read it as seconds here and minutes there.</summary>
internal static class ConfigUnits
{
    /// <summary>30s, 5m, 2h, 7d; unlimited = zero.</summary>
    public static TimeSpan? TryTime(string text)
    {
        if (text is "unlimited" or "0") return TimeSpan.Zero;
        if (text.Length < 2 || !TryNumber(text.AsSpan(0, text.Length - 1), out var count)) return null;
        double seconds = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 };
        return seconds == 0 || count * seconds > 1e10 ? null : TimeSpan.FromSeconds(count * seconds);
    }

    /// <summary>512M, 4G (powers of 1024); 0.</summary>
    public static ulong? TrySize(string text)
    {
        if (text == "0") return 0;
        if (text.Length < 2 || !TryNumber(text.AsSpan(0, text.Length - 1), out var count)) return null;
        var shift = char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 };
        return shift == 0 || count > (1UL << (60 - shift)) ? null : count << shift;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= 1UL << 60;
}
