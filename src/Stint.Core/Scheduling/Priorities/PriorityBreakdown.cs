namespace Stint.Core.Scheduling.Priorities;

/// <summary>
/// A pending job's priority in one partition, factor by factor: what <c>sprio</c> prints. Factors lie between 0 and 1
/// (<see cref="Nice"/> and <see cref="Site"/> are plain numbers).
/// </summary>
/// <param name="Total">The sum of all weighted factors and the site's, less nice; whole, at least 1.</param>
/// <param name="SetByAdmin">The number was set; no factor counts.</param>
/// <param name="Tres">Each weighted resource: factor and weighted amount.</param>
public sealed record PriorityBreakdown(
    uint JobId, string Partition, double Total, bool SetByAdmin,
    PriorityPart Age, PriorityPart FairShare, PriorityPart JobSize, PriorityPart PartitionFactor, PriorityPart Qos, PriorityPart Association,
    IReadOnlyList<(string Name, PriorityPart Part)> Tres, int Nice, int Site)
{
    public override string ToString() => FormattableString.Invariant(
        $"{Total:0} = age {Age} + fair share {FairShare} + size {JobSize} + partition {PartitionFactor} + QOS {Qos} + association {Association}{TresText()} + site {Site} - nice {Nice}");

    private string TresText() => string.Concat(Tres.Select(static tres => FormattableString.Invariant($" + {tres.Name} {tres.Part}")));
}

/// <param name="Factor">Normalised, 0 to 1.</param>
/// <param name="Weight">From the configuration.</param>
public readonly record struct PriorityPart(double Factor, double Weight)
{
    public double Weighted => Factor * Weight;
    public override string ToString() => FormattableString.Invariant($"{Factor:0.####} x {Weight:0}");
}
