using System.Globalization;

namespace Stint.Core.Resources;

/// <summary>So many of one licence.</summary>
public readonly record struct LicenseCount(string Name, int Count)
{
    public override string ToString() => Count == 1 ? Name : $"{Name}:{Count}";
}

/// <summary>What <c>--licenses</c> asks: <c>name[:count]</c> joined by <c>,</c> or <c>;</c> (all of them) or by <c>|</c> (any one).</summary>
public sealed record LicenseRequest(IReadOnlyList<LicenseCount> Counts, bool AnyOne)
{
    private const int CharsMax = 4096;

    public static readonly LicenseRequest Nothing = new([], false);

    /// <summary>Null, and why, when the text is no list of licences. A name that comes twice is added up.</summary>
    public static LicenseRequest? Parse(string text, out string error)
    {
        error = "";
        if (text.Length == 0) return Nothing;
        if (text.Length > CharsMax) return Wrong($"the list of licences has {text.Length} characters; the limit is {CharsMax}", out error);
        var any = text.Contains('|', StringComparison.Ordinal);
        if (any && text.AsSpan().ContainsAny(',', ';')) return Wrong("the list of licences mixes \"|\" and \",\"", out error);
        var counts = new List<LicenseCount>();
        foreach (var item in text.Split(any ? ['|'] : [',', ';']))
        {
            if (!Item(item.Trim(), out var name, out var count))
                return Wrong($"\"{(item.Length > 40 ? item[..40] + "…" : item)}\" is no licence: write name or name:count", out error);
            var same = counts.FindIndex(known => known.Name == name);
            if (same < 0) counts.Add(new LicenseCount(name, count));
            else if (!any) counts[same] = new LicenseCount(name, (int)Math.Min((long)counts[same].Count + count, int.MaxValue));
        }
        return new LicenseRequest(counts, any && counts.Count > 1);
    }

    private static bool Item(string item, out string name, out int count)
    {
        (name, count) = (item, 1);
        var at = item.LastIndexOfAny([':', '=', '*']);
        if (at >= 0)
        {
            name = item[..at];
            if (!int.TryParse(item.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out count) || count <= 0) return false;
        }
        return name.Length > 0 && name.All(static c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.' or '@' or '/');
    }

    private static LicenseRequest? Wrong(string why, out string error)
    {
        error = why;
        return null;
    }

    public override string ToString() => string.Join(AnyOne ? '|' : ',', Counts);
}
