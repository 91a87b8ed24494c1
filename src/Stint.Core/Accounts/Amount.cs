using System.Globalization;
using Stint.Core.Resources;

namespace Stint.Core.Accounts;

/// <summary>Amounts of trackable resources as sentences have them.</summary>
internal static class Amount
{
    /// <summary><c>8 CPUs</c>, <c>64G of memory</c>, <c>2 nodes</c>, <c>4 gres/gpu</c>.</summary>
    public static string Of(string tres, long count) => tres switch
    {
        "cpu" => count == 1 ? "1 CPU" : Text(count) + " CPUs",
        "node" => count == 1 ? "1 node" : Text(count) + " nodes",
        "mem" => new ByteSize((ulong)Math.Max(0, count) << 20) + " of memory",
        "fs/disk" => new ByteSize((ulong)Math.Max(0, count) << 20) + " of disk",
        _ => $"{Text(count)} {tres}",
    };

    /// <summary><c>600 cpu-minutes</c>.</summary>
    public static string Minutes(string tres, long minutes) => $"{Text(minutes)} {tres}-minutes";

    /// <summary><c>90 minutes</c>, <c>unlimited time</c>.</summary>
    public static string Time(long ms) => ms <= 0 ? "unlimited time"
        : ms % 60_000 != 0 ? $"{Text(ms / 1000)} seconds" : ms == 60_000 ? "1 minute" : $"{Text(ms / 60_000)} minutes";

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
