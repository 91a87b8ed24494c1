namespace Stint.Core.Resources;

/// <summary>
/// What <c>--constraint</c> asks of the nodes of a job. Grammar as in sbatch(1), operators from left to right:
/// <c>a&amp;b</c>, <c>a|b</c>, <c>!a</c>, <c>(a|b)&amp;c</c>; <c>a*2</c>: at least two of the nodes; <c>[a*2&amp;b*4]</c>: two of one and
/// four of the other; <c>[a|b]</c>: any, but all nodes the same one.
/// </summary>
/// <param name="Each">Every node; null: nothing.</param>
/// <param name="Counts">So many of the nodes.</param>
/// <param name="OneOf">All nodes fulfil the same one of these; empty: nothing.</param>
/// <param name="CountsAreAll">The counts say the whole of it: a node that fulfils none of them is not wanted.</param>
public sealed record FeatureConstraint(FeatureTerm? Each, IReadOnlyList<FeatureCount> Counts, IReadOnlyList<FeatureTerm> OneOf, bool CountsAreAll)
{
    public const int CharsMax = 4096;

    /// <summary>Null, and why, when the text is no constraint.</summary>
    public static FeatureConstraint? Parse(string text, out string error) => new FeatureParser(text).Parse(out error);

    /// <summary>Whether a node could be one of the job's nodes.</summary>
    public bool Allows(IReadOnlyList<string> features)
    {
        if (Each is not null && !Each.Holds(features)) return false;
        if (CountsAreAll && !AnyCount(features)) return false;
        if (OneOf.Count == 0) return true;
        foreach (var term in OneOf)
            if (term.Holds(features)) return true;
        return false;
    }

    /// <summary>All features that it names.</summary>
    public IEnumerable<string> Names()
    {
        var terms = new Stack<FeatureTerm>(Counts.Select(static count => count.Term).Concat(OneOf));
        if (Each is not null) terms.Push(Each);
        while (terms.TryPop(out var term))
        {
            switch (term)
            {
                case FeatureTerm.Name name: yield return name.Feature; break;
                case FeatureTerm.Not not: terms.Push(not.Of); break;
                case FeatureTerm.Both both: terms.Push(both.Left); terms.Push(both.Right); break;
                case FeatureTerm.Either either: terms.Push(either.Left); terms.Push(either.Right); break;
            }
        }
    }

    private bool AnyCount(IReadOnlyList<string> features)
    {
        foreach (var count in Counts)
            if (count.Term.Holds(features)) return true;
        return false;
    }

    public int NodesCounted
    {
        get
        {
            var sum = 0;
            foreach (var count in Counts) sum += count.Nodes;
            return sum;
        }
    }

    public override string ToString()
    {
        var parts = new List<string>();
        if (Each is not null) parts.Add(Each is FeatureTerm.Either && (Counts.Count > 0 || OneOf.Count > 0) ? $"({Each})" : Each.ToString());
        if (CountsAreAll) parts.Add($"[{string.Join('&', Counts)}]");
        else parts.AddRange(Counts.Select(static count => count.ToString()));
        if (OneOf.Count > 0) parts.Add($"[{string.Join('|', OneOf.Select(static term => term is FeatureTerm.Name or FeatureTerm.Not ? term.ToString() : $"({term})"))}]");
        return string.Join('&', parts);
    }
}
