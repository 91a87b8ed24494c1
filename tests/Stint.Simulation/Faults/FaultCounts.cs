namespace Stint.Simulation.Faults;

/// <summary>How often each kind of fault really happened.</summary>
internal sealed class FaultCounts
{
    private readonly SortedDictionary<string, long> counts = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, long> All => counts;
    public void Count(string kind) => counts[kind] = counts.GetValueOrDefault(kind) + 1;

    public void Add(FaultCounts others)
    {
        foreach (var (kind, count) in others.counts) counts[kind] = counts.GetValueOrDefault(kind) + count;
    }
}
