using System.Globalization;
using Stint.Core.Scheduling.Planning;

namespace Stint.Server.Simulate.Traces;

/// <summary>Trackable resources as sacct prints them: cpu=12,gres/gpu=4,mem=4G,node=2.</summary>
internal static class Tres
{
    public static Amount Parse(string text)
    {
        long cpus = 0, memory = 0, gpus = 0, typed = 0, nodes = 0;
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            if (at < 0) continue;
            var value = part[(at + 1)..];
            switch (part[..at])
            {
                case "cpu": cpus = Bytes(value); break;
                case "mem": memory = Bytes(value); break;
                case "gres/gpu": gpus = Bytes(value); break; // the typed entries beside it are parts of this sum
                case ['g', 'r', 'e', 's', '/', 'g', 'p', 'u', ':', ..]: typed += Bytes(value); break;
                case "node": nodes = Bytes(value); break;
            }
        }
        return new Amount(cpus, memory, gpus > 0 ? gpus : typed, nodes);
    }

    /// <summary>A number with an optional binary suffix; 0 where it is none.</summary>
    private static long Bytes(string text)
    {
        var power = text.Length == 0 ? -1 : "KMGTP".IndexOf(text[^1], StringComparison.Ordinal);
        var digits = power < 0 ? text : text[..^1];
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            ? (long)(value * Math.Pow(1024, power + 1))
            : 0;
    }
}
