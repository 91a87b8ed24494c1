using System.Globalization;

namespace Stint.Protocol.Slurm;

/// <summary><c>-m</c>: how tasks are laid over nodes, sockets and cores: <c>block[:cyclic[:fcyclic]][,Pack]</c>, <c>plane=4</c>, <c>arbitrary</c>.</summary>
public static class Distribution
{
    private static readonly string[] First = ["*", "block", "cyclic", "arbitrary"], Next = ["*", "block", "cyclic", "fcyclic"];

    /// <param name="canonical">Lower case, <c>*</c> kept.</param>
    public static bool TryParse(string text, out string canonical)
    {
        canonical = text.ToLowerInvariant();
        string[] parts = canonical.Split(',');
        if (parts.Length > 2 || parts.Length == 2 && parts[1] is not ("pack" or "nopack")) return false;
        if (parts.Length == 1 && parts[0] is "pack" or "nopack") return true;
        string[] levels = parts[0].Split(':');
        if (levels.Length > 3) return false;
        if (levels[0].StartsWith("plane=", StringComparison.Ordinal))
            return levels.Length == 1 && uint.TryParse(levels[0].AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out uint size) && size is > 0 and <= 65_536;
        if (Array.IndexOf(First, levels[0]) < 0) return false;
        for (int i = 1; i < levels.Length; i++)
            if (Array.IndexOf(Next, levels[i]) < 0) return false;
        return true;
    }
}
