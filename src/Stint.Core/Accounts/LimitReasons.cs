using Stint.Core.Jobs;
using static Stint.Core.Jobs.PendingReason;

namespace Stint.Core.Accounts;

/// <summary>A family of limits on trackable resources; each has a reason of its own per kind of resource.</summary>
internal enum LimitFamily
{
    AssocGrp, AssocGrpMins, AssocGrpRunMins, AssocPerJob, AssocPerNode, AssocMinsPerJob,
    QosGrp, QosGrpMins, QosGrpRunMins, QosPerJob, QosPerNode, QosMinsPerJob,
    QosMin, QosPerUser, QosPerAccount, QosRunMinsPerUser, QosRunMinsPerAccount,
}

/// <summary>Which of Slurm's reasons names a limit. What has no name of its own is "Unknown" there, and so it is here.</summary>
internal static class LimitReasons
{
    // Columns: cpu, memory, energy, node, billing, gres, license, anything else (the order of TresKind).
    private static readonly PendingReason[][] Table =
    [
        [AssocGrpCpuLimit, AssocGrpMemLimit, AssocGrpEnergy, AssocGrpNodeLimit, AssocGrpBilling, AssocGrpGRES, AssocGrpLicense, AssocGrpUnknown],
        [AssocGrpCPUMinutesLimit, AssocGrpMemMinutes, AssocGrpEnergyMinutes, AssocGrpNodeMinutes, AssocGrpBillingMinutes, AssocGrpGRESMinutes,
            AssocGrpLicenseMinutes, AssocGrpUnknownMinutes],
        [AssocGrpCPURunMinutesLimit, AssocGrpMemRunMinutes, AssocGrpEnergyRunMinutes, AssocGrpNodeRunMinutes, AssocGrpBillingRunMinutes,
            AssocGrpGRESRunMinutes, AssocGrpLicenseRunMinutes, AssocGrpUnknownRunMinutes],
        [AssocMaxCpuPerJobLimit, AssocMaxMemPerJob, AssocMaxEnergyPerJob, AssocMaxNodePerJobLimit, AssocMaxBillingPerJob, AssocMaxGRESPerJob,
            AssocMaxLicensePerJob, AssocMaxUnknownPerJob],
        [AssocMaxCpuPerNode, AssocMaxMemPerNode, AssocMaxEnergyPerNode, AssocMaxUnknownPerNode, AssocMaxBillingPerNode, AssocMaxGRESPerNode,
            AssocMaxUnknownPerNode, AssocMaxUnknownPerNode],
        [AssocMaxCpuMinutesPerJobLimit, AssocMaxMemMinutesPerJob, AssocMaxEnergyMinutesPerJob, AssocMaxNodeMinutesPerJob,
            AssocMaxBillingMinutesPerJob, AssocMaxGRESMinutesPerJob, AssocMaxLicenseMinutesPerJob, AssocMaxUnknownMinutesPerJob],
        [QOSGrpCpuLimit, QOSGrpMemLimit, QOSGrpEnergy, QOSGrpNodeLimit, QOSGrpBilling, QOSGrpGRES, QOSGrpLicense, QOSGrpUnknown],
        [QOSGrpCPUMinutesLimit, QOSGrpMemoryMinutes, QOSGrpEnergyMinutes, QOSGrpNodeMinutes, QOSGrpBillingMinutes, QOSGrpGRESMinutes,
            QOSGrpLicenseMinutes, QOSGrpUnknownMinutes],
        [QOSGrpCPURunMinutesLimit, QOSGrpMemoryRunMinutes, QOSGrpEnergyRunMinutes, QOSGrpNodeRunMinutes, QOSGrpBillingRunMinutes,
            QOSGrpGRESRunMinutes, QOSGrpLicenseRunMinutes, QOSGrpUnknownRunMinutes],
        [QOSMaxCpuPerJobLimit, QOSMaxMemoryPerJob, QOSMaxEnergyPerJob, QOSMaxNodePerJobLimit, QOSMaxBillingPerJob, QOSMaxGRESPerJob,
            QOSMaxLicensePerJob, QOSMaxUnknownPerJob],
        [QOSMaxCpuPerNode, QOSMaxMemoryPerNode, QOSMaxEnergyPerNode, QOSMaxUnknownPerNode, QOSMaxBillingPerNode, QOSMaxGRESPerNode,
            QOSMaxUnknownPerNode, QOSMaxUnknownPerNode],
        [QOSMaxCpuMinutesPerJobLimit, QOSMaxMemoryMinutesPerJob, QOSMaxEnergyMinutesPerJob, QOSMaxNodeMinutesPerJob,
            QOSMaxBillingMinutesPerJob, QOSMaxGRESMinutesPerJob, QOSMaxLicenseMinutesPerJob, QOSMaxUnknownMinutesPerJob],
        [QOSMinCpuNotSatisfied, QOSMinMemory, QOSMinEnergy, QOSMinNode, QOSMinBilling, QOSMinGRES, QOSMinLicense, QOSMinUnknown],
        [QOSMaxCpuPerUserLimit, QOSMaxMemoryPerUser, QOSMaxEnergyPerUser, QOSMaxNodePerUserLimit, QOSMaxBillingPerUser, QOSMaxGRESPerUser,
            QOSMaxLicensePerUser, QOSMaxUnknownPerUser],
        [MaxCpuPerAccount, MaxMemoryPerAccount, MaxEnergyPerAccount, MaxNodePerAccount, MaxBillingPerAccount, MaxGRESPerAccount,
            MaxLicensePerAccount, MaxUnknownPerAccount],
        [MaxCpuRunMinsPerUser, MaxMemoryRunMinsPerUser, MaxEnergyRunMinsPerUser, MaxNodeRunMinsPerUser, MaxBillingRunMinsPerUser,
            MaxGRESRunMinsPerUser, MaxLicenseRunMinsPerUser, MaxUnknownRunMinsPerUser],
        [MaxCpuRunMinsPerAccount, MaxMemoryRunMinsPerAccount, MaxEnergyRunMinsPerAccount, MaxNodeRunMinsPerAccount,
            MaxBillingRunMinsPerAccount, MaxGRESRunMinsPerAccount, MaxLicenseRunMinsPerAccount, MaxUnknownRunMinsPerAccount],
    ];

    public static PendingReason Of(LimitFamily family, TresKind kind) => Table[(int)family][(int)kind];
}
