using System.Globalization;
using Stint.Core.Nodes;

namespace Stint.Core.Reservations;

/// <summary>Names to a hostlist: <c>n1,n2,n3,gpu7</c> → <c>gpu7,n[1-3]</c>. One dimension; the number at the end of the name.</summary>
internal static class NodeList
{
    public static string Fold(IEnumerable<string> names)
    {
        var sorted = names.ToList();
        sorted.Sort(NodeNames.CompareNaturally);
        var items = new List<string>();
        for (var i = 0; i < sorted.Count;)
        {
            var (prefix, width) = Split(sorted[i], out var first);
            var runs = new List<string>();
            var last = first;
            var start = first;
            var j = i + 1;
            for (; width > 0 && j < sorted.Count; j++)
            {
                var (otherPrefix, otherWidth) = Split(sorted[j], out var number);
                if (otherPrefix != prefix || !SameWidth(width, otherWidth, number)) break;
                if (number != last + 1) { runs.Add(Run(start, last, width)); start = number; }
                last = number;
            }
            if (width > 0) runs.Add(Run(start, last, width));
            items.Add(j == i + 1 ? sorted[i] : $"{prefix}[{string.Join(',', runs)}]");
            i = j;
        }
        return string.Join(',', items);
    }

    private static (string Prefix, int Width) Split(string name, out long number)
    {
        var at = name.Length;
        while (at > 0 && name.Length - at < 9 && char.IsAsciiDigit(name[at - 1])) at--;
        number = at == name.Length ? 0 : long.Parse(name.AsSpan(at), CultureInfo.InvariantCulture);
        return (name[..at], name.Length - at);
    }

    /// <summary>n9 and n10 have no padding and go together; n09 and n10 have it and do; n9 and n010 do not.</summary>
    private static bool SameWidth(int width, int otherWidth, long other) =>
        otherWidth == width || otherWidth > width && otherWidth == other.ToString(CultureInfo.InvariantCulture).Length;

    private static string Run(long start, long last, int width)
    {
        var from = start.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0');
        return start == last ? from : $"{from}-{last.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0')}";
    }
}
