using System.Globalization;

namespace Stint.Protocol.Slurm;

/// <summary><c>--gpu-bind=[verbose,]closest | none | per_task:n | single:n | map_gpu:list | mask_gpu:list | map:… | mask:…</c></summary>
public static class GpuBinding
{
    public static bool TryParse(string text)
    {
        string rest = text.StartsWith("verbose,", StringComparison.OrdinalIgnoreCase) ? text[8..] : text.StartsWith("v,", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        if (rest.StartsWith("gres/gpu:", StringComparison.Ordinal)) rest = rest[9..];
        int colon = rest.IndexOf(':');
        string kind = (colon < 0 ? rest : rest[..colon]).ToLowerInvariant(), value = colon < 0 ? "" : rest[(colon + 1)..];
        return kind switch
        {
            "closest" or "none" or "verbose" => colon < 0,
            "per_task" or "single" => uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint count) && count > 0,
            "map_gpu" or "map" => value.Split(',').All(v => TryIndex(v)),
            "mask_gpu" or "mask" => value.Split(',').All(v => TryMask(v)),
            _ => false,
        };
    }

    /// <summary><c>2</c>, <c>0x3</c>, <c>1*4</c> (repeated).</summary>
    private static bool TryIndex(string text) => Repeated(text) is { } one && (one.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? uint.TryParse(one.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _)
        : uint.TryParse(one, NumberStyles.None, CultureInfo.InvariantCulture, out _));

    private static bool TryMask(string text) => Repeated(text) is { } one
        && ulong.TryParse(one.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? one.AsSpan(2) : one, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);

    private static string? Repeated(string text)
    {
        int star = text.IndexOf('*');
        if (star < 0) return text;
        return uint.TryParse(text.AsSpan(star + 1), NumberStyles.None, CultureInfo.InvariantCulture, out uint times) && times is > 0 and <= 65_536 ? text[..star] : null;
    }
}
