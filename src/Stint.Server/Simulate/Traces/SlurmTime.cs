using System.Globalization;

namespace Stint.Server.Simulate.Traces;

/// <summary>Durations as sacct prints them: [days-]hours:minutes:seconds[.fraction], minutes:seconds, or a bare number.</summary>
internal static class SlurmTime
{
    /// <returns>Null for UNLIMITED, Partition_Limit, and anything else that is no duration.</returns>
    public static long? Milliseconds(string text, bool inMinutes)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        double days = 0;
        if (dash > 0 && !Number(text[..dash], out days)) return null;
        double seconds = 0;
        var parts = text[(dash + 1)..].Split(':');
        foreach (var part in parts)
        {
            if (!Number(part, out var value)) return null;
            seconds = seconds * 60 + value;
        }
        if (parts.Length == 1 && inMinutes) seconds *= 60;
        return (long)Math.Round((days * 86_400 + seconds) * 1000);
    }

    private static bool Number(string text, out double value) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
}
