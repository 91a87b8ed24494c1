using System.Globalization;

namespace Stint.Protocol.Slurm;

/// <summary>Memory as Slurm writes it: a whole number and K, M, G or T (base 1024, <c>64MB</c> too); without a unit it is MiB.</summary>
public static class MemorySize
{
    private const ulong Mebi = 1UL << 20;

    /// <summary>Largest size accepted: 2^53 - 1 MiB would overflow no sum; a PiB × 1024 is beyond any node.</summary>
    public const ulong MaxBytes = 1UL << 60;

    /// <summary>Bytes, rounded up to a whole MiB as Slurm does.</summary>
    public static bool TryParse(string text, out ulong bytes, out string error)
    {
        bytes = 0;
        error = $"Invalid memory size: {Quote(text)} (a whole number with K, M, G or T; without a unit MiB)";
        int digits = 0;
        ulong number = 0;
        for (; digits < text.Length && char.IsAsciiDigit(text[digits]); digits++)
        {
            if (number > MaxBytes) return false;
            number = number * 10 + (uint)(text[digits] - '0');
        }
        if (digits == 0) return false;
        var unit = text.AsSpan(digits);
        if (unit.Length == 2 && unit[1] is 'B' or 'b') unit = unit[..1];
        if (unit.Length > 1) return false;
        int shift = unit.Length == 0 ? 20 : unit[0] switch { 'K' or 'k' => 10, 'M' or 'm' => 20, 'G' or 'g' => 30, 'T' or 't' => 40, _ => -1 };
        if (shift < 0) return false;
        if (number > MaxBytes >> shift) { error = $"Invalid memory size: {Quote(text)} is over {MaxBytes >> 40}T"; return false; }
        bytes = ((number << shift) + Mebi - 1) / Mebi * Mebi;
        error = "";
        return true;
    }

    /// <summary>As squeue and scontrol print it: the largest unit that divides exactly: <c>16M</c>, <c>1500M</c>, <c>4G</c>; 0 is <c>0</c>.</summary>
    public static string Format(ulong bytes)
    {
        if (bytes == 0) return "0";
        ulong value = bytes / Mebi + (bytes % Mebi == 0 ? 0UL : 1);
        int unit = 0;
        while (value % 1024 == 0 && unit < 3) { value /= 1024; unit++; }
        return value.ToString(CultureInfo.InvariantCulture) + "MGTP"[unit];
    }

    /// <summary>Whole MiB, rounded up, without a unit: <c>sinfo</c>'s MEMORY column.</summary>
    public static string FormatMebibytes(ulong bytes) => (bytes / Mebi + (bytes % Mebi == 0 ? 0UL : 1)).ToString(CultureInfo.InvariantCulture);

    internal static string Quote(string text) => text.Length <= 64 ? $"'{text}'" : $"'{text.AsSpan(0, 61)}...'";
}
