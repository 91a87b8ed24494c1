using System.Globalization;

namespace Stint.Core.Nodes;

/// <summary>Hostlists as far as the core needs them: the names in a partition's or a request's list. Bounded.</summary>
public static class NodeNames
{
    /// <summary>Names that one list may stand for.</summary>
    public const int Max = 65_536;

    /// <summary>Letters, digits, '-', '_' and '.', the first a letter or digit: safe as a file name and in a certificate.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= 255 && char.IsAsciiLetterOrDigit(name[0])
            && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    /// <summary><c>n[01-03,7],gpu1</c> → its names, in order and without repetition; null when it is no hostlist or too long.</summary>
    public static IReadOnlyList<string>? Expand(string list)
    {
        if (list.Length == 0) return [];
        var names = new List<string>();
        foreach (var item in SplitOutsideBrackets(list))
        {
            if (item.Length == 0 || !ExpandItem("", item, names)) return null;
        }
        return names.Count == names.Distinct(StringComparer.Ordinal).Count() ? names : names.Distinct(StringComparer.Ordinal).ToList();
    }

    private static IEnumerable<string> SplitOutsideBrackets(string list)
    {
        int depth = 0, start = 0;
        for (var i = 0; i < list.Length; i++)
        {
            if (list[i] == '[') depth++;
            else if (list[i] == ']') depth--;
            else if (list[i] == ',' && depth == 0)
            {
                yield return list[start..i];
                start = i + 1;
            }
        }
        yield return list[start..];
    }

    private static bool ExpandItem(string prefix, string rest, List<string> names)
    {
        var open = rest.IndexOf('[', StringComparison.Ordinal);
        if (open < 0)
        {
            if (rest.Contains(']', StringComparison.Ordinal) || names.Count >= Max) return false;
            names.Add(prefix + rest);
            return true;
        }
        var close = rest.IndexOf(']', open);
        if (close < 0) return false;
        foreach (var range in rest[(open + 1)..close].Split(','))
        {
            var dash = range.IndexOf('-', StringComparison.Ordinal);
            var low = dash < 0 ? range : range[..dash];
            if (!Number(low, out var first) || !Number(dash < 0 ? range : range[(dash + 1)..], out var last) || last < first
                || last - first >= Max) return false;
            for (var n = first; n <= last; n++)
            {
                var number = n.ToString(CultureInfo.InvariantCulture).PadLeft(low.Length, '0');
                if (!ExpandItem(prefix + rest[..open] + number, rest[(close + 1)..], names)) return false;
            }
        }
        return true;
    }

    private static bool Number(string text, out long value) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && text.Length <= 10;

    /// <summary>n2 before n10: runs of digits compare as numbers.</summary>
    public static int CompareNaturally(string a, string b)
    {
        int i = 0, j = 0;
        while (i < a.Length && j < b.Length)
        {
            if (char.IsAsciiDigit(a[i]) && char.IsAsciiDigit(b[j]))
            {
                var x = DigitRun(a, ref i);
                var y = DigitRun(b, ref j);
                var byValue = x.Length != y.Length ? x.Length.CompareTo(y.Length) : x.CompareTo(y, StringComparison.Ordinal);
                if (byValue != 0) return byValue;
            }
            else if (a[i] != b[j]) return a[i].CompareTo(b[j]);
            else { i++; j++; }
        }
        var byLength = (a.Length - i).CompareTo(b.Length - j);
        return byLength != 0 ? byLength : string.CompareOrdinal(a, b);
    }

    private static ReadOnlySpan<char> DigitRun(string text, ref int at)
    {
        while (at < text.Length && text[at] == '0') at++;
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        return text.AsSpan(start, at - start);
    }
}
