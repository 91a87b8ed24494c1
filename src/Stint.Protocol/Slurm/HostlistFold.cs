using System.Globalization;
using System.Text;

namespace Stint.Protocol.Slurm;

// Folding keeps the order it is given: neighbours with the same prefix share brackets, consecutive numbers share a range when one
// zero padding prints both ends right (n9,n10 → n[9-10], n09,n10 → n[09-10], n8,n09 → n[8,09]). Only the last number of a name folds.
public static partial class Hostlist
{
    /// <summary>Folds names in the order given; expanding the result gives exactly these names again.</summary>
    public static string Fold(IEnumerable<string> hosts)
    {
        var output = new StringBuilder();
        var group = new List<FoldedRange>();
        string prefix = "";
        foreach (string host in hosts)
        {
            if (!Split(host, out string stem, out ulong value, out int digits, out bool padded))
            {
                Flush(output, prefix, group);
                Separate(output).Append(host);
                continue;
            }
            if (group.Count > 0 && stem != prefix) Flush(output, prefix, group);
            prefix = stem;
            int lowWidth = padded ? digits : 1;
            if (group.Count > 0 && group[^1].TryExtend(value, lowWidth, digits, out var longer)) group[^1] = longer;
            else group.Add(new FoldedRange(value, value, lowWidth, digits));
        }
        Flush(output, prefix, group);
        return output.ToString();
    }

    /// <summary>Sorts in natural order, then folds: <c>n10,n2,n1,b3,a</c> → <c>a,b3,n[1-2,10]</c>. Repetitions stay.</summary>
    public static string FoldSorted(IEnumerable<string> hosts)
    {
        var sorted = new List<string>(hosts);
        Sort(sorted);
        return Fold(sorted);
    }

    /// <summary>Slurm's order of node names: by prefix, then fewer digits first, then by number.</summary>
    public static void Sort(List<string> hosts) => hosts.Sort(Compare);

    /// <inheritdoc cref="Sort"/>
    public static int Compare(string left, string right)
    {
        bool leftNumber = Split(left, out string leftStem, out ulong leftValue, out int leftDigits, out _);
        bool rightNumber = Split(right, out string rightStem, out ulong rightValue, out int rightDigits, out _);
        int order = ComparePrefixes(leftStem, rightStem);
        if (order != 0) return order;
        if (leftNumber != rightNumber) return leftNumber ? 1 : -1;
        return leftDigits != rightDigits ? leftDigits.CompareTo(rightDigits) : leftValue.CompareTo(rightValue);
    }

    private static int ComparePrefixes(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        var l = left;
        var r = right;
        while (l.Length > 0 && r.Length > 0)
        {
            int ln = LeadingDigits(l), rn = LeadingDigits(r);
            if (ln > 0 && rn > 0)
            {
                var a = l[..ln].TrimStart('0');
                var b = r[..rn].TrimStart('0');
                if (a.Length != b.Length) return a.Length.CompareTo(b.Length);
                int digits = a.SequenceCompareTo(b);
                if (digits != 0) return digits;
                l = l[ln..];
                r = r[rn..];
                continue;
            }
            if (l[0] != r[0]) return l[0].CompareTo(r[0]);
            l = l[1..];
            r = r[1..];
        }
        return l.Length != r.Length ? l.Length.CompareTo(r.Length) : left.SequenceCompareTo(right);
    }

    private static int LeadingDigits(ReadOnlySpan<char> text)
    {
        int n = 0;
        while (n < text.Length && char.IsAsciiDigit(text[n])) n++;
        return n;
    }

    /// <summary>Name → prefix and trailing number; false when it has none (or one too long to count with).</summary>
    private static bool Split(string host, out string stem, out ulong value, out int digits, out bool padded)
    {
        int start = host.Length;
        while (start > 0 && char.IsAsciiDigit(host[start - 1])) start--;
        digits = host.Length - start;
        value = 0;
        padded = digits > 1 && host[start] == '0';
        bool foldable = digits is > 0 and <= 18 && host.AsSpan(0, start).IndexOfAny('[', ']') < 0;
        stem = foldable ? host[..start] : host;
        if (!foldable) { digits = 0; return false; }
        return Digits(host.AsSpan(start), out value);
    }

    private static StringBuilder Separate(StringBuilder output) => output.Length > 0 ? output.Append(',') : output;

    private static void Flush(StringBuilder output, string prefix, List<FoldedRange> group)
    {
        if (group.Count == 0) return;
        Separate(output).Append(prefix);
        bool alone = group.Count == 1 && group[0].Low == group[0].High;
        if (!alone) output.Append('[');
        for (int i = 0; i < group.Count; i++)
        {
            if (i > 0) output.Append(',');
            group[i].Print(output);
        }
        if (!alone) output.Append(']');
        group.Clear();
    }

    /// <summary>Numbers that share one padding; any width from <see cref="MinWidth"/> to <see cref="MaxWidth"/> prints all of them right.</summary>
    private readonly record struct FoldedRange(ulong Low, ulong High, int MinWidth, int MaxWidth)
    {
        public bool TryExtend(ulong value, int minWidth, int maxWidth, out FoldedRange longer)
        {
            int min = Math.Max(MinWidth, minWidth), max = Math.Min(MaxWidth, maxWidth);
            longer = new FoldedRange(Low, value, min, max);
            return value == High + 1 && min <= max && value - Low < MaxRange;
        }

        public void Print(StringBuilder output)
        {
            output.Append(Low.ToString(CultureInfo.InvariantCulture).PadLeft(MinWidth, '0'));
            if (High != Low) output.Append('-').Append(High.ToString(CultureInfo.InvariantCulture).PadLeft(MinWidth, '0'));
        }
    }
}
