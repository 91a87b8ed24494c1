using Stint.Core.Journal;

namespace Stint.Core.Resources;

internal static class GresDemands
{
    /// <summary>One entry per (kind, per), typed ones first, so that an untyped demand takes from what is left.</summary>
    public static GresDemand[] Of(JobSpec spec)
    {
        if (spec.Gres.Count == 0) return [];
        var demands = new List<GresDemand>();
        foreach (var asked in spec.Gres)
        {
            if (asked.Count == 0) continue;
            var demand = new GresDemand(asked.Name, asked.Type, (int)Math.Min(asked.Count, int.MaxValue), asked.Per);
            var same = demands.FindIndex(known => known.Name == demand.Name && known.Type == demand.Type && known.Per == demand.Per);
            if (same < 0) demands.Add(demand);
            else demands[same] = demands[same] with { Count = (int)Math.Min((long)demands[same].Count + demand.Count, int.MaxValue) };
        }
        return [.. demands.OrderBy(static demand => demand.Type.Length == 0)];
    }
}
