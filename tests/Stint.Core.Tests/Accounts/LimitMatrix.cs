using Stint.Core.Journal;

namespace Stint.Core.Tests.Accounts;

/// <summary>Every limit that has counters, at every level: how it is set, what squeue says, and whose jobs count.</summary>
internal static class LimitMatrix
{
    /// <param name="Set">Sets the limit to the amount.</param>
    /// <param name="Holder">What the sentence calls the holder.</param>
    /// <param name="Other">A job that counts under the same holder as the standard job, though it need not be the same user's or account's.</param>
    /// <param name="Apart">A job that does not; null: there is none.</param>
    internal sealed record Level(string Name, string Holder, string Family, Action<PolicyLab, Action<UsageLimits>> Set, Action<JobSpec> Other,
        Action<JobSpec>? Apart, Action<JobSpec>? Mine = null);

    private static readonly Action<JobSpec> Low = spec => spec.Qos = "low";
    private static readonly Action<JobSpec> InChem = spec => spec.Account = "chem";

    private static void PartitionQos(PolicyLab lab, Action<UsageLimits> limit)
    {
        lab.LimitQos("ofmain", limit);
        lab.Configure(c => c.Partitions[0].Qos = "ofmain");
    }

    public static readonly Level[] Groups =
    [
        new("user association", "association physics/alice", "Assoc", (lab, limit) => lab.Limit("physics", "alice", limit), _ => { }, PolicyLab.AsBob),
        new("account", "account physics", "Assoc", (lab, limit) => lab.Limit("physics", "", limit), PolicyLab.AsBob, InChem),
        new("parent account", "account science", "Assoc", (lab, limit) => lab.Limit("science", "", limit), InChem, null),
        new("job QOS", "QOS low", "QOS", (lab, limit) => lab.LimitQos("low", limit), Low + PolicyLab.AsBob, _ => { }, Low),
        new("partition QOS", "QOS ofmain", "QOS", PartitionQos, Low + PolicyLab.AsBob, null),
    ];

    public static readonly Level[] PerUser =
    [
        new("job QOS per user", "QOS low per user", "User", (lab, limit) => lab.LimitQos("low", limit), Low + InChem, Low + PolicyLab.AsBob, Low),
        new("partition QOS per user", "QOS ofmain per user", "User", PartitionQos, InChem, PolicyLab.AsBob),
    ];

    public static readonly Level[] PerAccount =
    [
        new("job QOS per account", "QOS low per account", "Account", (lab, limit) => lab.LimitQos("low", limit), Low + PolicyLab.AsBob, Low + InChem, Low),
        new("partition QOS per account", "QOS ofmain per account", "Account", PartitionQos, PolicyLab.AsBob, InChem),
    ];

    public static readonly Level[] All = [.. Groups, .. PerUser, .. PerAccount];

    /// <summary>A trackable resource with what the standard job has of it, as numbers and as sentences have it.</summary>
    internal sealed record Resource(string Tres, long Each, string One, string Two);

    public static readonly Resource[] Resources =
    [
        new("cpu", 2, "2 CPUs", "4 CPUs"), new("mem", 1024, "1G of memory", "2G of memory"), new("node", 1, "1 node", "2 nodes"),
        new("billing", 2, "2 billing", "4 billing"), new("gres/gpu", 1, "1 gres/gpu", "2 gres/gpu"),
        new("gres/gpu:a100", 1, "1 gres/gpu:a100", "2 gres/gpu:a100"), new("license/matlab", 1, "1 license/matlab", "2 license/matlab"),
        new("fs/disk", 1024, "1G of disk", "2G of disk"),
    ];

    // Slurm's names, written out: cpu, mem, node, billing, gres, license, other.
    private static readonly Dictionary<string, string[]> Names = new(StringComparer.Ordinal)
    {
        ["Assoc Grp"] = ["AssocGrpCpuLimit", "AssocGrpMemLimit", "AssocGrpNodeLimit", "AssocGrpBilling", "AssocGrpGRES", "AssocGrpLicense", "AssocGrpUnknown"],
        ["Assoc RunMins"] = ["AssocGrpCPURunMinutesLimit", "AssocGrpMemRunMinutes", "AssocGrpNodeRunMinutes", "AssocGrpBillingRunMinutes", "AssocGrpGRESRunMinutes", "AssocGrpLicenseRunMinutes", "AssocGrpUnknownRunMinutes"],
        ["Assoc Mins"] = ["AssocGrpCPUMinutesLimit", "AssocGrpMemMinutes", "AssocGrpNodeMinutes", "AssocGrpBillingMinutes", "AssocGrpGRESMinutes", "AssocGrpLicenseMinutes", "AssocGrpUnknownMinutes"],
        ["Assoc PerJob"] = ["AssocMaxCpuPerJobLimit", "AssocMaxMemPerJob", "AssocMaxNodePerJobLimit", "AssocMaxBillingPerJob", "AssocMaxGRESPerJob", "AssocMaxLicensePerJob", "AssocMaxUnknownPerJob"],
        ["Assoc PerNode"] = ["AssocMaxCpuPerNode", "AssocMaxMemPerNode", "AssocMaxUnknownPerNode", "AssocMaxBillingPerNode", "AssocMaxGRESPerNode", "AssocMaxUnknownPerNode", "AssocMaxUnknownPerNode"],
        ["Assoc MinsPerJob"] = ["AssocMaxCpuMinutesPerJobLimit", "AssocMaxMemMinutesPerJob", "AssocMaxNodeMinutesPerJob", "AssocMaxBillingMinutesPerJob", "AssocMaxGRESMinutesPerJob", "AssocMaxLicenseMinutesPerJob", "AssocMaxUnknownMinutesPerJob"],
        ["QOS Grp"] = ["QOSGrpCpuLimit", "QOSGrpMemLimit", "QOSGrpNodeLimit", "QOSGrpBilling", "QOSGrpGRES", "QOSGrpLicense", "QOSGrpUnknown"],
        ["QOS RunMins"] = ["QOSGrpCPURunMinutesLimit", "QOSGrpMemoryRunMinutes", "QOSGrpNodeRunMinutes", "QOSGrpBillingRunMinutes", "QOSGrpGRESRunMinutes", "QOSGrpLicenseRunMinutes", "QOSGrpUnknownRunMinutes"],
        ["QOS Mins"] = ["QOSGrpCPUMinutesLimit", "QOSGrpMemoryMinutes", "QOSGrpNodeMinutes", "QOSGrpBillingMinutes", "QOSGrpGRESMinutes", "QOSGrpLicenseMinutes", "QOSGrpUnknownMinutes"],
        ["QOS PerJob"] = ["QOSMaxCpuPerJobLimit", "QOSMaxMemoryPerJob", "QOSMaxNodePerJobLimit", "QOSMaxBillingPerJob", "QOSMaxGRESPerJob", "QOSMaxLicensePerJob", "QOSMaxUnknownPerJob"],
        ["QOS PerNode"] = ["QOSMaxCpuPerNode", "QOSMaxMemoryPerNode", "QOSMaxUnknownPerNode", "QOSMaxBillingPerNode", "QOSMaxGRESPerNode", "QOSMaxUnknownPerNode", "QOSMaxUnknownPerNode"],
        ["QOS MinsPerJob"] = ["QOSMaxCpuMinutesPerJobLimit", "QOSMaxMemoryMinutesPerJob", "QOSMaxNodeMinutesPerJob", "QOSMaxBillingMinutesPerJob", "QOSMaxGRESMinutesPerJob", "QOSMaxLicenseMinutesPerJob", "QOSMaxUnknownMinutesPerJob"],
        ["QOS Min"] = ["QOSMinCpuNotSatisfied", "QOSMinMemory", "QOSMinNode", "QOSMinBilling", "QOSMinGRES", "QOSMinLicense", "QOSMinUnknown"],
        ["User Grp"] = ["QOSMaxCpuPerUserLimit", "QOSMaxMemoryPerUser", "QOSMaxNodePerUserLimit", "QOSMaxBillingPerUser", "QOSMaxGRESPerUser", "QOSMaxLicensePerUser", "QOSMaxUnknownPerUser"],
        ["User RunMins"] = ["MaxCpuRunMinsPerUser", "MaxMemoryRunMinsPerUser", "MaxNodeRunMinsPerUser", "MaxBillingRunMinsPerUser", "MaxGRESRunMinsPerUser", "MaxLicenseRunMinsPerUser", "MaxUnknownRunMinsPerUser"],
        ["Account Grp"] = ["MaxCpuPerAccount", "MaxMemoryPerAccount", "MaxNodePerAccount", "MaxBillingPerAccount", "MaxGRESPerAccount", "MaxLicensePerAccount", "MaxUnknownPerAccount"],
        ["Account RunMins"] = ["MaxCpuRunMinsPerAccount", "MaxMemoryRunMinsPerAccount", "MaxNodeRunMinsPerAccount", "MaxBillingRunMinsPerAccount", "MaxGRESRunMinsPerAccount", "MaxLicenseRunMinsPerAccount", "MaxUnknownRunMinsPerAccount"],
    };

    public static string Reason(string family, string kind, string tres) => Names[$"{family} {kind}"][tres switch
    {
        "cpu" => 0, "mem" => 1, "node" => 2, "billing" => 3, _ when tres.StartsWith("gres/", StringComparison.Ordinal) => 4,
        _ when tres.StartsWith("license/", StringComparison.Ordinal) => 5, _ => 6,
    }];

    public static TheoryData<string, string> Over(IEnumerable<Level> levels, IEnumerable<Resource>? resources = null)
    {
        var data = new TheoryData<string, string>();
        foreach (var level in levels)
            foreach (var resource in resources ?? Resources) data.Add(level.Name, resource.Tres);
        return data;
    }

    public static TheoryData<string> NamesOf(IEnumerable<Level> levels) => new(levels.Select(level => level.Name));

    public static (Level Level, Resource Resource) Find(string level, string tres) =>
        (All.Single(l => l.Name == level), Resources.Single(r => r.Tres == tres));
}
