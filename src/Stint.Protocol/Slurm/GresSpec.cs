using System.Globalization;
using System.Text;

namespace Stint.Protocol.Slurm;

/// <summary>One kind of generic resource and how many: <c>gpu:a100:2</c>.</summary>
public readonly record struct GresTerm(string Name, string Type, ulong Count)
{
    /// <summary><c>gpu:a100:2</c>, <c>gpu:2</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}{(Type.Length > 0 ? ":" : "")}{Type}:{Count}");
}

/// <summary>
/// What <c>--gres</c> takes (<c>name[[:type]:count]</c>, <c>gres:</c>, <c>gres/</c> in front and <c>=</c> before the count are fine), and what
/// <c>--gpus*</c> take (<c>[type:]count</c>). Several with commas. Counts may end in k, m, g, t or p (base 1024).
/// </summary>
public static class GresSpec
{
    public const int TermsMax = 64;
    /// <summary>Largest count of one kind on one node or of one job.</summary>
    public const ulong CountMax = 1UL << 40;
    private const int NameMax = 64;

    public static bool TryParse(string text, out List<GresTerm> terms, out string error) => TryParse(text, null, out terms, out error);

    /// <summary>Of <c>--gpus</c> and its kin: the name is gpu and not written.</summary>
    public static bool TryParseGpus(string text, out List<GresTerm> terms, out string error) => TryParse(text, "gpu", out terms, out error);

    private static bool TryParse(string text, string? name, out List<GresTerm> terms, out string error)
    {
        terms = [];
        error = $"Invalid generic resource (gres) specification: {MemorySize.Quote(text)}";
        if (text.Equals("none", StringComparison.OrdinalIgnoreCase) && name is null || text == "0") { error = ""; return true; }
        foreach (string part in text.Split(','))
        {
            if (terms.Count == TermsMax || !TryTerm(part, name, out var term)) return false;
            if (terms.Exists(t => t.Name == term.Name && t.Type == term.Type)) { error += $" ({term.Name}{(term.Type.Length > 0 ? ":" : "")}{term.Type} is there twice)"; return false; }
            if (term.Count > 0) terms.Add(term);
        }
        error = "";
        return true;
    }

    private static bool TryTerm(string part, string? name, out GresTerm term)
    {
        term = default;
        if (part.StartsWith("gres:", StringComparison.Ordinal) || part.StartsWith("gres/", StringComparison.Ordinal)) part = part[5..];
        if (name is not null && (part.StartsWith("gpu:", StringComparison.Ordinal) || part.StartsWith("gpu=", StringComparison.Ordinal))) part = part[4..];
        string[] words = part.Replace('=', ':').Split(':');
        string type = "";
        ulong count = 1;
        if (name is not null)
        {
            if (words.Length > 2 || !TryCount(words[^1], out count)) return false;
            if (words.Length == 2) type = words[0];
            if (words.Length == 2 && !IsName(type)) return false;
        }
        else
        {
            name = words[0];
            if (words.Length > 3 || !IsName(name)) return false;
            bool counted = words.Length > 1 && TryCount(words[^1], out count);
            if (words.Length == 3 && !counted) return false;
            if (words.Length == 3 || words.Length == 2 && !counted) type = words[1];
            if (!counted) count = 1;
            if ((words.Length == 3 || words.Length == 2 && !counted) && !IsName(type)) return false;
        }
        term = new GresTerm(name, type, count);
        return true;
    }

    private static bool TryCount(string text, out ulong count)
    {
        count = 0;
        if (text.Length == 0) return false;
        int shift = char.ToLowerInvariant(text[^1]) switch { 'k' => 10, 'm' => 20, 'g' => 30, 't' => 40, 'p' => 50, _ => 0 };
        if (!ulong.TryParse(shift > 0 ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) || number > CountMax >> shift) return false;
        count = number << shift;
        return true;
    }

    /// <summary>A type may begin with a digit (<c>1g.10gb</c>) but is never only digits with a unit: that is a count.</summary>
    private static bool IsName(string text)
    {
        if (text.Length is 0 or > NameMax || !char.IsAsciiLetterOrDigit(text[0])) return false;
        foreach (char c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.' or '+')) return false;
        var digits = text.AsSpan().TrimEnd("kmgtpKMGTP");
        return text.Length - digits.Length > 1 || digits.ContainsAnyExceptInRange('0', '9');
    }

    /// <summary><c>gres:gpu:a100:2,gres:shard:4</c>: Slurm's TRES_PER_NODE column.</summary>
    public static string Format(IReadOnlyList<GresTerm> terms)
    {
        var text = new StringBuilder();
        foreach (var term in terms) text.Append(text.Length > 0 ? "," : "").Append("gres:").Append(term);
        return text.ToString();
    }
}
