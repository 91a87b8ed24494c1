using Google.Protobuf.Collections;
using Stint.Core.Journal;

namespace Stint.Core.Accounts;

/// <summary>The limits on trackable resources, by the names that sacctmgr has for them.</summary>
internal static class LimitLists
{
    public static (string Name, RepeatedField<TresValue> Values)[] Of(UsageLimits limits) =>
    [
        ("GrpTRES", limits.GrpTres), ("GrpTRESMins", limits.GrpTresMins), ("GrpTRESRunMins", limits.GrpTresRunMins),
        ("MaxTRESPerJob", limits.MaxTresPerJob), ("MaxTRESPerNode", limits.MaxTresPerNode), ("MaxTRESMinsPerJob", limits.MaxTresMinsPerJob),
        ("MaxTRESPerAccount", limits.MaxTresPerAccount), ("MaxTRESPerUser", limits.MaxTresPerUser),
        ("MaxTRESRunMinsPerAccount", limits.MaxTresRunMinsPerAccount), ("MaxTRESRunMinsPerUser", limits.MaxTresRunMinsPerUser),
        ("MinTRESPerJob", limits.MinTresPerJob),
    ];

    /// <summary>What is wrong with a set of limits; null: nothing.</summary>
    public static string? Fault(UsageLimits? limits, bool forQos)
    {
        if (limits is null) return null;
        foreach (var (name, values) in Of(limits))
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var value in values)
            {
                if (!TresTable.IsName(value.Tres)) return $"{name}: \"{value.Tres}\" is not a trackable resource";
                if (!seen.Add(value.Tres)) return $"{name} names {value.Tres} twice";
                if (!(value.Value is >= 0 and <= 1e15)) return FormattableString.Invariant($"{name}: {value.Tres}={value.Value} is not an amount");
            }
        }
        if (limits.GrpWallMs < 0 || limits.MaxWallMs < 0) return "a wall time limit is negative";
        return forQos || limits is { MaxTresPerAccount.Count: 0, MaxTresPerUser.Count: 0, MaxTresRunMinsPerAccount.Count: 0,
            MaxTresRunMinsPerUser.Count: 0, MinTresPerJob.Count: 0, HasMaxJobsPerAccount: false, HasMaxJobsPerUser: false,
            HasMaxSubmitPerAccount: false, HasMaxSubmitPerUser: false }
            ? null : "limits per user, per account and at least are limits of a QOS, not of an association";
    }
}
