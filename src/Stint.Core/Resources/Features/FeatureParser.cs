namespace Stint.Core.Resources;

/// <summary>Reads a constraint. Total: any text gives a constraint or a sentence. Depth and length are bounded.</summary>
internal sealed class FeatureParser(string text)
{
    private const int DepthMax = 32;
    private const int NodesMax = 65_536;

    private readonly List<FeatureCount> counts = [];
    private readonly List<FeatureTerm> oneOf = [];
    private FeatureTerm? each;
    private bool countsAreAll;
    private int at;
    private string error = "";

    public FeatureConstraint? Parse(out string why)
    {
        if (text.Length > FeatureConstraint.CharsMax) error = $"the constraint has {text.Length} characters; the limit is {FeatureConstraint.CharsMax}";
        else if (Conjunction() && at < text.Length) Fail("an operator");
        why = error;
        return error.Length > 0 ? null : new FeatureConstraint(each, counts, oneOf, countsAreAll);
    }

    private bool Fail(string expected)
    {
        if (error.Length == 0)
            error = at >= text.Length ? $"the constraint ends where {expected} should follow" : $"\"{text[at]}\" at character {at + 1} of the constraint: {expected} should stand there";
        return false;
    }

    private char Next => at < text.Length ? text[at] : '\0';

    private bool Skip(char c)
    {
        if (Next != c) return false;
        at++;
        return true;
    }

    /// <summary>The top level: plain terms, counts and brackets. Counts and brackets go with <c>&amp;</c> only.</summary>
    private bool Conjunction()
    {
        var special = false;
        for (var op = '&'; ; at++)
        {
            var begin = at;
            FeatureTerm? term = null;
            if (Skip('['))
            {
                special = true;
                if (!Bracket()) return false;
            }
            else
            {
                term = Unary(0);
                if (term is null) return false;
                if (Skip('*'))
                {
                    special = true;
                    if (Number() is not { } nodes) return false;
                    counts.Add(new FeatureCount(term, nodes));
                    term = null;
                }
            }
            if (op == '|' && term is null) { at = begin; return Fail("a feature without count or brackets, since it follows a \"|\","); }
            if (term is not null) each = each is null ? term : op == '|' ? new FeatureTerm.Either(each, term) : new FeatureTerm.Both(each, term);
            op = Next;
            if (op is not ('&' or '|')) return true;
            if (op == '|' && (special || each is null)) return Fail("\"&\", the only operator beside counts and brackets,");
        }
    }

    private bool Bracket()
    {
        if (oneOf.Count > 0 || countsAreAll) { at--; return Fail("no second bracket"); }
        var op = '\0';
        while (true)
        {
            var term = Unary(0);
            if (term is null) return false;
            if (Skip('*'))
            {
                if (Number() is not { } nodes) return false;
                counts.Add(new FeatureCount(term, nodes));
                countsAreAll = true;
            }
            else oneOf.Add(term);
            if (Skip(']')) break;
            if (Next is not ('&' or '|') || op != '\0' && Next != op) return Fail(op == '\0' ? "\"]\" or an operator" : $"\"]\" or \"{op}\"");
            op = Next;
            at++;
        }
        if (countsAreAll) return oneOf.Count == 0 && op != '|' || Fail("the same kind of term with a count each, joined by \"&\",");
        if (op == '|') return true;
        // [a&b] and [a]: plain terms.
        foreach (var term in oneOf) each = each is null ? term : new FeatureTerm.Both(each, term);
        oneOf.Clear();
        return true;
    }

    private FeatureTerm? Unary(int depth)
    {
        if (depth > DepthMax) { Fail($"less nesting (the limit is {DepthMax})"); return null; }
        if (Skip('!')) return Unary(depth + 1) is { } term ? new FeatureTerm.Not(term) : null;
        if (!Skip('(')) return Name();
        var inner = Unary(depth + 1);
        while (inner is not null && Next is '&' or '|')
        {
            var op = text[at++];
            if (Unary(depth + 1) is not { } right) return null;
            inner = op == '&' ? new FeatureTerm.Both(inner!, right) : new FeatureTerm.Either(inner!, right);
        }
        if (inner is null) return null;
        if (Skip(')')) return inner;
        Fail("\")\"");
        return null;
    }

    private FeatureTerm.Name? Name()
    {
        var start = at;
        while (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] is '_' or '-' or '.' or ':' or '=' or '/' or '+' or '%' or '@')) at++;
        if (at > start) return new FeatureTerm.Name(text[start..at]);
        Fail("a feature");
        return null;
    }

    private int? Number()
    {
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]) && at - start < 6) at++;
        if (at > start && int.TryParse(text.AsSpan(start, at - start), out var number) && number is > 0 and <= NodesMax) return number;
        at = start;
        Fail($"a number of nodes from 1 to {NodesMax}");
        return null;
    }
}
