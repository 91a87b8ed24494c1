using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Placing;

/// <summary>One way in which a request may be met beside others: with what it prefers or without, with one alternative of <c>[a|b]</c> or
/// another. They are tried in order.</summary>
internal readonly record struct Wish(FeatureConstraint? Prefer, FeatureTerm? All)
{
    private static readonly Wish[] Plain = [default];

    public static Wish[] Of(Request request)
    {
        if (request.Prefer is null && request.Constraint is not { OneOf.Count: > 0 }) return Plain;
        var wishes = new List<Wish>();
        var alternatives = request.Constraint?.OneOf ?? [];
        foreach (var prefer in request.Prefer is null ? [null] : new[] { request.Prefer, null })
        {
            IReadOnlyList<FeatureTerm> same = prefer?.OneOf.Count > 0 ? prefer.OneOf : alternatives;
            if (same.Count == 0) wishes.Add(new Wish(prefer, null));
            foreach (var term in same) wishes.Add(new Wish(prefer, term));
        }
        return [.. wishes];
    }

    public bool Allows(NodeKind kind) =>
        (Prefer is null || Prefer.Allows(kind.Features)) && (All is null || All.Holds(kind.Features));
}
