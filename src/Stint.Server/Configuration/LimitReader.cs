using Stint.Core.Journal;
using YamlDotNet.RepresentationModel;
using static Stint.Server.Configuration.ConfigValues;

namespace Stint.Server.Configuration;

/// <summary>The limits of an account, a user or a QOS, under Slurm's names in our spelling (sacctmgr(1)).</summary>
internal static class LimitReader
{
    public static UsageLimits Read(YamlNode node, bool ofQos)
    {
        var limits = new UsageLimits();
        foreach (var (key, value) in Entries(node, "limits"))
        {
            if (Text(key) is "grp_jobs_accrue" or "max_jobs_accrue" or "max_jobs_accrue_per_account" or "max_jobs_accrue_per_user")
                throw new ConfigException(key, $"'{Text(key)}' is not there yet: every waiting job gains priority by its age. Leave it out");
            if (Shared(limits, Text(key), value) || ofQos && OfQos(limits, Text(key), value)) continue;
            throw Unknown(key, ofQos ? "the limits of a QOS" : "the limits of an account or user");
        }
        return limits;
    }

    private static bool Shared(UsageLimits limits, string key, YamlNode value)
    {
        switch (key)
        {
            case "grp_tres": TresReader.Read(value, key, limits.GrpTres); return true;
            case "grp_tres_mins": TresReader.Read(value, key, limits.GrpTresMins); return true;
            case "grp_tres_run_mins": TresReader.Read(value, key, limits.GrpTresRunMins); return true;
            case "grp_jobs": limits.GrpJobs = Number(value); return true;
            case "grp_submit_jobs": limits.GrpSubmitJobs = Number(value); return true;
            case "grp_wall": limits.GrpWallMs = TimeMs(value); return true;
            case "max_tres_per_job": TresReader.Read(value, key, limits.MaxTresPerJob); return true;
            case "max_tres_per_node": TresReader.Read(value, key, limits.MaxTresPerNode); return true;
            case "max_tres_mins_per_job": TresReader.Read(value, key, limits.MaxTresMinsPerJob); return true;
            case "max_jobs": limits.MaxJobs = Number(value); return true;
            case "max_submit_jobs": limits.MaxSubmitJobs = Number(value); return true;
            case "max_wall": limits.MaxWallMs = TimeMs(value); return true;
            case "min_priority_threshold": limits.MinPriorityThreshold = Number(value); return true;
            default: return false;
        }
    }

    private static bool OfQos(UsageLimits limits, string key, YamlNode value)
    {
        switch (key)
        {
            case "max_tres_per_account": TresReader.Read(value, key, limits.MaxTresPerAccount); return true;
            case "max_tres_per_user": TresReader.Read(value, key, limits.MaxTresPerUser); return true;
            case "max_tres_run_mins_per_account": TresReader.Read(value, key, limits.MaxTresRunMinsPerAccount); return true;
            case "max_tres_run_mins_per_user": TresReader.Read(value, key, limits.MaxTresRunMinsPerUser); return true;
            case "max_jobs_per_account": limits.MaxJobsPerAccount = Number(value); return true;
            case "max_jobs_per_user": limits.MaxJobsPerUser = Number(value); return true;
            case "max_submit_per_account": limits.MaxSubmitPerAccount = Number(value); return true;
            case "max_submit_per_user": limits.MaxSubmitPerUser = Number(value); return true;
            case "min_tres_per_job": TresReader.Read(value, key, limits.MinTresPerJob); return true;
            default: return false;
        }
    }
}
