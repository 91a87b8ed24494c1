using System.Globalization;
using System.Text;

namespace Stint.Protocol.Slurm;

/// <summary>
/// Slurm's hostlists: <c>node[001-010,20],gpu[1-2]n[0-3]</c>. Order and repetitions are kept, padding is kept, a suffix after the
/// last bracket is refused. A name without brackets is taken as it is. Work is bounded: 64K hosts in a range, <see cref="MaxHosts"/> in all.
/// </summary>
public static partial class Hostlist
{
    public const int MaxRange = 65536;
    public const int MaxHosts = 1 << 18;
    public const int MaxNameLength = 1024;
    private const int MaxDimensions = 5;

    /// <summary>Expands; the first dimension runs slowest.</summary>
    /// <param name="error">Slurm's sentence: <c>Invalid range: `3-1'</c>, <c>Too many hosts in range `0-70000'</c>, <c>Invalid hostlist: n[1-2]-ib</c>.</param>
    public static bool TryExpand(string text, out List<string> hosts, out string error)
    {
        hosts = [];
        error = "";
        for (int at = 0; at < text.Length;)
        {
            if (IsSeparator(text[at])) { at++; continue; }
            int end = EndOfItem(text, at);
            if (end < 0) return Fail(text, out hosts, out error);
            if (!ExpandItem(text, text.AsSpan(at, end - at), hosts, out error)) { hosts = []; return false; }
            at = end;
        }
        return true;
    }

    /// <summary>How many hosts the text stands for, without keeping them; an invalid text counts 0.</summary>
    public static int Count(string text) => TryExpand(text, out var hosts, out _) ? hosts.Count : 0;

    private static bool IsSeparator(char c) => c is ',' or ' ' or '\t' or '\n' or '\r';

    private static int EndOfItem(string text, int at)
    {
        bool inside = false;
        for (int i = at; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '[') { if (inside) return -1; inside = true; }
            else if (c == ']') { if (!inside) return -1; inside = false; }
            else if (!inside && IsSeparator(c)) return i;
        }
        return inside ? -1 : text.Length;
    }

    private static bool Fail(string text, out List<string> hosts, out string error)
    {
        hosts = [];
        error = $"Invalid hostlist: {Shorten(text)}";
        return false;
    }

    private static bool ExpandItem(string text, ReadOnlySpan<char> item, List<string> hosts, out string error)
    {
        error = "";
        if (item.Length > MaxNameLength && item.IndexOf('[') < 0) { error = $"Invalid hostlist: a name of {item.Length} characters is over {MaxNameLength}"; return false; }
        if (item.IndexOf('[') < 0) return Add(hosts, item.ToString(), out error);
        if (item[^1] != ']') { error = $"Invalid hostlist: {Shorten(text)}"; return false; }

        var names = new List<string> { "" };
        for (int dimension = 0; item.Length > 0; dimension++)
        {
            int open = item.IndexOf('['), close = item.IndexOf(']');
            if (dimension == MaxDimensions) { error = $"Invalid hostlist: more than {MaxDimensions} brackets in {Shorten(text)}"; return false; }
            if (!ParseRanges(item[(open + 1)..close], out var ranges, out error)) return false;
            if (!Multiply(ref names, item[..open], ranges, out error)) return false;
            item = item[(close + 1)..];
        }
        foreach (string name in names)
            if (!Add(hosts, name, out error)) return false;
        return true;
    }

    private static bool Add(List<string> hosts, string name, out string error)
    {
        error = hosts.Count < MaxHosts ? "" : $"Invalid hostlist: more than {MaxHosts} hosts";
        if (error.Length > 0) return false;
        hosts.Add(name);
        return true;
    }

    private static bool Multiply(ref List<string> names, ReadOnlySpan<char> prefix, List<HostRange> ranges, out string error)
    {
        long count = 0;
        foreach (var range in ranges) count += (long)(range.High - range.Low) + 1;
        error = count * names.Count > MaxHosts ? $"Invalid hostlist: more than {MaxHosts} hosts" : prefix.Length > MaxNameLength ? "Invalid hostlist: name too long" : "";
        if (error.Length > 0) return false;
        var product = new List<string>((int)count * names.Count);
        foreach (string name in names)
        {
            string start = string.Concat(name, prefix);
            foreach (var range in ranges)
                for (ulong value = range.Low; value <= range.High; value++)
                    product.Add(start + value.ToString(CultureInfo.InvariantCulture).PadLeft(range.Width, '0'));
        }
        names = product;
        return true;
    }

    private static bool ParseRanges(ReadOnlySpan<char> inside, out List<HostRange> ranges, out string error)
    {
        ranges = [];
        error = "";
        long total = 0;
        while (true)
        {
            int comma = inside.IndexOf(',');
            var one = comma < 0 ? inside : inside[..comma];
            if (!ParseRange(one, out var range, out error)) return false;
            total += (long)(range.High - range.Low) + 1;
            if (total > MaxHosts) { error = $"Invalid hostlist: more than {MaxHosts} hosts"; return false; }
            ranges.Add(range);
            if (comma < 0) return true;
            inside = inside[(comma + 1)..];
        }
    }

    private static bool ParseRange(ReadOnlySpan<char> text, out HostRange range, out string error)
    {
        int dash = text.IndexOf('-');
        var low = dash < 0 ? text : text[..dash];
        var high = dash < 0 ? low : text[(dash + 1)..];
        range = default;
        error = "";
        if (!Digits(low, out ulong from) || !Digits(high, out ulong to) || to < from) error = $"Invalid range: `{Shorten(text.ToString())}'";
        else if (to - from >= MaxRange) error = $"Too many hosts in range `{text}'";
        else range = new HostRange(from, to, low.Length);
        return error.Length == 0;
    }

    /// <summary>At most 18 digits: more would not fit the arithmetic, and Slurm saturates there.</summary>
    private static bool Digits(ReadOnlySpan<char> text, out ulong value)
    {
        value = 0;
        if (text.Length is 0 or > 18) return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c)) return false;
            value = value * 10 + (uint)(c - '0');
        }
        return true;
    }

    private static string Shorten(string text) => text.Length <= 256 ? text : string.Concat(text.AsSpan(0, 253), "...");

    private readonly record struct HostRange(ulong Low, ulong High, int Width);
}
