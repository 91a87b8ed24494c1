namespace Stint.Core.Scheduling.Planning.Placement;

/// <summary>One kind of demand and how often it comes.</summary>
public readonly record struct DemandShare(GpuDemand Demand, double Share);

/// <summary>The workload that is expected: which demands come, how often. Fragmentation is measured against it.</summary>
public sealed class DemandMix
{
    private readonly DemandShare[] _shares;

    private DemandMix(DemandShare[] shares) => _shares = shares;

    /// <summary>The kinds in order of how often they come; the shares sum to one.</summary>
    public ReadOnlySpan<DemandShare> Shares => _shares;

    /// <summary>Counts a sample of demands. Equal samples, in any order, give equal mixes.</summary>
    public static DemandMix Of(IEnumerable<GpuDemand> sample)
    {
        var counts = new Dictionary<GpuDemand, int>();
        var total = 0;
        foreach (var demand in sample)
        {
            counts[demand] = counts.GetValueOrDefault(demand) + 1;
            total++;
        }
        var shares = new List<DemandShare>(counts.Count);
        foreach (var (demand, count) in counts) shares.Add(new DemandShare(demand, (double)count / total));
        shares.Sort(ByShare);
        return new DemandMix([.. shares]);
    }

    private static int ByShare(DemandShare a, DemandShare b)
    {
        var order = b.Share.CompareTo(a.Share);
        if (order == 0) order = a.Demand.CpuMilli.CompareTo(b.Demand.CpuMilli);
        if (order == 0) order = a.Demand.MemoryBytes.CompareTo(b.Demand.MemoryBytes);
        if (order == 0) order = a.Demand.GpuMilli.CompareTo(b.Demand.GpuMilli);
        if (order == 0) order = a.Demand.Gpus.CompareTo(b.Demand.Gpus);
        return order != 0 ? order : string.CompareOrdinal(a.Demand.Models, b.Demand.Models);
    }
}
