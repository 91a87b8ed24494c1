using System.Globalization;

namespace Stint.Core.Resources;

/// <summary>A partition's OverSubscribe setting: <c>NO</c>, <c>EXCLUSIVE</c>, <c>YES[:n]</c> or <c>FORCE[:n]</c> (slurm.conf(5)).</summary>
/// <param name="Rows">Jobs that may use one cpu at a time.</param>
public readonly record struct OverSubscription(bool WholeNodes, bool OnRequest, bool Always, int Rows)
{
    private const int RowsDefault = 4;
    private const int RowsMax = 1024;

    public static OverSubscription Of(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var word = colon < 0 ? text : text[..colon];
        var rows = colon >= 0 && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 ? Math.Min(n, RowsMax) : RowsDefault;
        return word.ToUpperInvariant() switch
        {
            "EXCLUSIVE" => new(true, false, false, 1),
            "YES" => new(false, true, false, rows),
            "FORCE" => new(false, false, true, rows),
            _ => new(false, false, false, 1),
        };
    }
}
