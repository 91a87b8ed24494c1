namespace Stint.Core.Resources;

/// <summary>
/// The cluster's licences: how many there are and how many jobs hold. More may be held than there are, after the configuration lowered
/// them; then none are free.
/// </summary>
public sealed class Licenses
{
    private readonly SortedDictionary<string, (int Total, int InUse)> counts = new(StringComparer.Ordinal);

    public IEnumerable<string> Names => counts.Keys;
    public int Total(string name) => counts.GetValueOrDefault(name).Total;
    public int InUse(string name) => counts.GetValueOrDefault(name).InUse;
    public int Free(string name) => Math.Max(0, Total(name) - InUse(name));

    /// <summary>The same, to count a pass's own starts in.</summary>
    public Licenses Copy()
    {
        var copy = new Licenses();
        foreach (var (name, count) in counts) copy.counts.Add(name, count);
        return copy;
    }

    /// <summary>Sets how many there are; what is in use stays.</summary>
    internal void Configure(string list)
    {
        foreach (var name in counts.Keys.ToArray()) counts[name] = (0, counts[name].InUse);
        foreach (var (name, count) in LicenseRequest.Parse(list, out _)?.Counts ?? []) counts[name] = (count, InUse(name));
    }

    /// <summary>What the request is given now, as it is written to the journal (<c>name:count,...</c>): all of it, or the first that is free
    /// of those any of which will do. Null: not free.</summary>
    public string? Choose(LicenseRequest request)
    {
        if (request.AnyOne)
        {
            foreach (var wanted in request.Counts)
                if (wanted.Count <= Free(wanted.Name)) return wanted.ToString();
            return null;
        }
        foreach (var wanted in request.Counts)
            if (wanted.Count > Free(wanted.Name)) return null;
        return string.Join(',', request.Counts);
    }

    /// <summary>Why the request is not given now, with the numbers; null when it is.</summary>
    public string? Missing(LicenseRequest request)
    {
        if (Choose(request) is not null) return null;
        var lacking = request.Counts.Where(wanted => wanted.Count > Free(wanted.Name))
            .Select(wanted => $"{wanted.Count} of licence {wanted.Name} ({InUse(wanted.Name)} of {Total(wanted.Name)} are in use)");
        return "needs " + string.Join(request.AnyOne ? " or " : " and ", lacking);
    }

    /// <summary>Whether it could ever be given, all being free.</summary>
    public bool CouldGive(LicenseRequest request) => request.AnyOne
        ? request.Counts.Any(wanted => wanted.Count <= Total(wanted.Name))
        : request.Counts.All(wanted => wanted.Count <= Total(wanted.Name));

    /// <param name="taken">As <see cref="Choose"/> wrote it.</param>
    public void Take(string taken) => Add(taken, 1);
    public void GiveBack(string taken) => Add(taken, -1);

    private void Add(string taken, int sign)
    {
        if (taken.Length == 0) return;
        foreach (var (name, count) in LicenseRequest.Parse(taken, out _)?.Counts ?? [])
        {
            var (total, inUse) = counts.GetValueOrDefault(name);
            counts[name] = (total, inUse + sign * count);
        }
    }
}
