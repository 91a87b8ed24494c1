namespace Stint.Core.Scheduling.Priorities;

/// <summary>An account or a user's association with the arithmetic of its fair share: what <c>sshare -l</c> prints.</summary>
/// <param name="Depth">In the tree; root is 0.</param>
/// <param name="SharesParent"><c>fairshare=parent</c>.</param>
/// <param name="RawUsageSeconds">Decayed billing units × seconds.</param>
/// <param name="NormUsage">Of all usage of the cluster.</param>
/// <param name="EffectiveUsage">Of the usage of the account that it is compared in.</param>
/// <param name="LevelFs">Shares over usage on its level; infinite without usage.</param>
/// <param name="FairShare">The factor: of users; null for accounts.</param>
/// <param name="WallSeconds">Decayed.</param>
/// <param name="UsedMinutes">Decayed minutes by trackable resource, what GrpTRESMins limits.</param>
/// <param name="RunMinutes">What running jobs may yet use, what GrpTRESRunMins limits.</param>
public sealed record FairShareLine(
    string Account, string User, string Partition, int Depth, uint RawShares, bool SharesParent, double NormShares, double RawUsageSeconds,
    double NormUsage, double EffectiveUsage, double LevelFs, double? FairShare, double WallSeconds,
    IReadOnlyList<(string Tres, double Minutes)> UsedMinutes, IReadOnlyList<(string Tres, double Minutes)> RunMinutes);
