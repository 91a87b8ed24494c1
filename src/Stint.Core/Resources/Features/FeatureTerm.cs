namespace Stint.Core.Resources;

/// <summary>A condition on the features of one node.</summary>
public abstract record FeatureTerm
{
    /// <param name="features">Sorted by ordinal.</param>
    public abstract bool Holds(IReadOnlyList<string> features);

    public sealed record Name(string Feature) : FeatureTerm
    {
        public override bool Holds(IReadOnlyList<string> features)
        {
            for (var i = 0; i < features.Count; i++)
                if (string.Equals(features[i], Feature, StringComparison.Ordinal)) return true;
            return false;
        }
        public override string ToString() => Feature;
    }

    public sealed record Not(FeatureTerm Of) : FeatureTerm
    {
        public override bool Holds(IReadOnlyList<string> features) => !Of.Holds(features);
        public override string ToString() => Of is Name or Not ? $"!{Of}" : $"!({Of})";
    }

    public sealed record Both(FeatureTerm Left, FeatureTerm Right) : FeatureTerm
    {
        public override bool Holds(IReadOnlyList<string> features) => Left.Holds(features) && Right.Holds(features);
        public override string ToString() => $"{Left}&{Right switch { Both or Either => $"({Right})", _ => Right.ToString() }}";
    }

    public sealed record Either(FeatureTerm Left, FeatureTerm Right) : FeatureTerm
    {
        public override bool Holds(IReadOnlyList<string> features) => Left.Holds(features) || Right.Holds(features);
        public override string ToString() => $"{Left}|{Right switch { Both or Either => $"({Right})", _ => Right.ToString() }}";
    }
}

/// <summary>So many of the nodes must fulfil the term.</summary>
public readonly record struct FeatureCount(FeatureTerm Term, int Nodes)
{
    public override string ToString() => $"{(Term is FeatureTerm.Name or FeatureTerm.Not ? Term.ToString() : $"({Term})")}*{Nodes}";
}
