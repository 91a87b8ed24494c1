using System.Globalization;

namespace Stint.Protocol.Slurm;

public enum GpuBindKind { None, Closest, PerTask, Single, Map, Mask }

/// <summary><c>--gpu-bind=[verbose,]closest | none | per_task:n | single:n | map_gpu:list | mask_gpu:list | map:… | mask:…</c></summary>
/// <param name="Count">GPUs for each task, or tasks for each GPU.</param>
/// <param name="List">Of a map or mask; counts from the first GPU of the step.</param>
public sealed record GpuBinding(GpuBindKind Kind, uint Count, string List, bool Verbose)
{
    private static readonly GpuBinding Unbound = new(GpuBindKind.None, 0, "", false);

    public static bool TryParse(string text) => TryParse(text, out _);

    public static bool TryParse(string text, out GpuBinding binding)
    {
        bool verbose = text.StartsWith("verbose,", StringComparison.OrdinalIgnoreCase) || text.StartsWith("v,", StringComparison.OrdinalIgnoreCase);
        string rest = verbose ? text[(text.IndexOf(',') + 1)..] : text;
        if (rest.StartsWith("gres/gpu:", StringComparison.Ordinal)) rest = rest[9..];
        int colon = rest.IndexOf(':');
        string kind = (colon < 0 ? rest : rest[..colon]).ToLowerInvariant(), value = colon < 0 ? "" : rest[(colon + 1)..];
        binding = Unbound with { Verbose = verbose };
        switch (kind)
        {
            case "closest": binding = binding with { Kind = GpuBindKind.Closest }; return colon < 0;
            case "none" or "verbose": return colon < 0;
            case "per_task" or "single":
                if (!uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint count) || count == 0) return false;
                binding = binding with { Kind = kind == "single" ? GpuBindKind.Single : GpuBindKind.PerTask, Count = count };
                return true;
            case "map_gpu" or "map":
                binding = binding with { Kind = GpuBindKind.Map, List = value };
                return BindList.TryNumbers(value, out _, out _);
            case "mask_gpu" or "mask":
                binding = binding with { Kind = GpuBindKind.Mask, List = value };
                return BindList.TryMasks(value, out _, out _);
            default: return false;
        }
    }
}
