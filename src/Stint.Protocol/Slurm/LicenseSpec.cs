using System.Globalization;

namespace Stint.Protocol.Slurm;

/// <summary>Licences as <c>-L</c> takes them: <c>name[:count]</c> joined by <c>,</c> (all) or <c>|</c> (one of them). A cluster's own list is the same.</summary>
public sealed record LicenseSpec(IReadOnlyList<KeyValuePair<string, uint>> Terms, bool AnySuffices)
{
    private const int NameMax = 128, TermsMax = 256;
    private const uint CountMax = 100_000_000;

    public static bool TryParse(string text, out LicenseSpec? spec, out string error)
    {
        spec = null;
        error = $"Invalid license specification: {MemorySize.Quote(text)} (name[:count], joined by ',' or '|')";
        bool any = text.Contains('|');
        if (any && text.Contains(',')) return false;
        var terms = new List<KeyValuePair<string, uint>>();
        foreach (string part in text.Split(any ? '|' : ',', ';'))
        {
            int colon = part.LastIndexOfAny([':', '=']);
            string name = colon < 0 ? part : part[..colon];
            uint count = 1;
            if (colon >= 0 && (!uint.TryParse(part.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is 0 or > CountMax)) return false;
            if (!IsName(name) || terms.Count == TermsMax || terms.Exists(t => t.Key == name)) return false;
            terms.Add(new(name, count));
        }
        spec = new LicenseSpec(terms, any);
        error = "";
        return true;
    }

    private static bool IsName(string name)
    {
        if (name.Length is 0 or > NameMax) return false;
        foreach (char c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.' or '@' or '/')) return false;
        return true;
    }

    /// <summary><c>matlab:2,ansys:1</c></summary>
    public override string ToString() => string.Join(AnySuffices ? '|' : ',', Terms.Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Key}:{t.Value}")));
}
