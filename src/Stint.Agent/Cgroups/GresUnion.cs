using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>Grants of devices as sets of units, however they are split over names and types.</summary>
internal static class GresUnion
{
    /// <summary>What both may open together. What is only counted is left out: no limit of the kernel comes of it.</summary>
    public static IEnumerable<GresGrant> Of(IEnumerable<GresGrant> a, IEnumerable<GresGrant> b)
    {
        foreach (var name in Set(a).Union(Set(b)).Order().GroupBy(u => u.Name))
        {
            var grant = new GresGrant { Name = name.Key, Count = (ulong)name.Count() };
            grant.Indices.AddRange(name.Select(u => u.Index));
            yield return grant;
        }
    }

    public static bool Same(IEnumerable<GresGrant> a, IEnumerable<GresGrant> b) => Set(a).SetEquals(Set(b));

    private static HashSet<(string Name, uint Index)> Set(IEnumerable<GresGrant> grants) => [.. grants.SelectMany(g => g.Indices, (g, index) => (g.Name, index))];
}
