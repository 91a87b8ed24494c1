using System.Globalization;
using System.Numerics;

namespace Stint.Protocol.Slurm;

/// <summary>Lists of <c>map_…</c> and <c>mask_…</c>: numbers or hexadecimal masks with commas, each <c>*n</c> for n times.</summary>
public static class BindList
{
    private const int ItemsMax = 65_536, CpuMax = 65_535, MaskDigitsMax = 16_384;

    /// <summary>Decimal unless they begin with 0x.</summary>
    public static bool TryNumbers(string list, out List<int> numbers, out string error)
    {
        numbers = [];
        foreach (var (item, times) in Items(list, out error))
        {
            bool hex = item.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
            var digits = hex ? item.AsSpan(2) : item;
            if (!int.TryParse(digits, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is < 0 or > CpuMax)
            {
                error = $"\"{Shorten(item)}\" is no number";
                return false;
            }
            for (int i = 0; i < times; i++) numbers.Add(number);
        }
        return Checked(numbers.Count, ref error);
    }

    /// <summary>The positions of the bits of each mask, ascending. 0x in front may be left out.</summary>
    public static bool TryMasks(string list, out List<int[]> masks, out string error)
    {
        masks = [];
        foreach (var (item, times) in Items(list, out error))
        {
            var digits = item.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? item.AsSpan(2) : item;
            if (digits.Length is 0 or > MaskDigitsMax || digits.ContainsAnyExcept("0123456789abcdefABCDEF"))
            {
                error = $"\"{Shorten(item)}\" is no hexadecimal mask";
                return false;
            }
            int[] bits = Bits(digits);
            if (bits.Length == 0 || bits[^1] > CpuMax)
            {
                error = $"\"{Shorten(item)}\" names no CPU";
                return false;
            }
            for (int i = 0; i < times; i++) masks.Add(bits);
        }
        return Checked(masks.Count, ref error);
    }

    private static int[] Bits(ReadOnlySpan<char> digits)
    {
        var bits = new List<int>();
        for (int i = digits.Length - 1, first = 0; i >= 0; i--, first += 4)
            for (int nibble = Convert.ToInt32(digits[i].ToString(), 16); nibble != 0; nibble &= nibble - 1) bits.Add(first + BitOperations.TrailingZeroCount(nibble));
        return [.. bits];
    }

    private static List<(string Item, int Times)> Items(string list, out string error)
    {
        var items = new List<(string, int)>();
        error = list.Length == 0 ? "the list is empty" : "";
        foreach (string part in list.Length == 0 ? [] : list.Split(','))
        {
            int star = part.IndexOf('*'), times = 1;
            if (star >= 0 && (!int.TryParse(part.AsSpan(star + 1), NumberStyles.None, CultureInfo.InvariantCulture, out times) || times is 0 or > ItemsMax))
            {
                error = $"\"{Shorten(part)}\" repeats nothing";
                return [];
            }
            items.Add((star < 0 ? part : part[..star], times));
            if (items.Count > ItemsMax) { error = $"the list has more than {ItemsMax} entries"; return []; }
        }
        return items;
    }

    private static bool Checked(int count, ref string error)
    {
        if (error.Length > 0) return false;
        if (count <= ItemsMax) return true;
        error = $"the list has more than {ItemsMax} entries";
        return false;
    }

    private static string Shorten(string text) => text.Length <= 64 ? text : text[..64];
}
