using Stint.Protocol.Api;
using Stint.Protocol.Wording;

namespace Stint.Cli.Slurm;

/// <summary>Our refusals in Slurm's words, where scripts match them, and Slurm's error numbers, whose low byte is an exit code.</summary>
internal static class SlurmErrors
{
    public const string Unreachable = "Unable to contact slurm controller (connect failure)";

    public static string Sentence(RefusalView refusal) => refusal.Code switch
    {
        "invalid_partition" => "Invalid partition name specified",
        "partition_down" => "Required partition not available (inactive or drain)",
        "node_config_unavailable" => "Requested node configuration is not available",
        "invalid_time_limit" => "Requested time limit is invalid (missing or exceeds some limit)",
        "invalid_job_id" => "Invalid job id specified",
        "invalid_array" => "Invalid job array specification",
        "invalid_dependency" => "Job dependency problem",
        "invalid_node_name" => "Invalid node name specified",
        "access_denied" => "Access/permission denied",
        "already_done" => "Job/step already completing or completed",
        "job_pending" => "Job is pending execution",
        "job_not_running" => "Job/step already completing or completed",
        "job_not_pending" => "Job is no longer pending execution",
        "step_resources_busy" => "Requested nodes are busy",
        "step_too_large" => "More processors requested than permitted",
        "step_memory" => "Memory required by task is not available",
        "too_many_jobs" => "Slurm temporarily unable to accept job, sleeping and retrying",
        "disabled" => "Requested operation is presently disabled",
        "invalid_gres" => "Invalid generic resource (gres) specification",
        "invalid_license" or "invalid_licenses" => "Invalid license specification",
        "invalid_feature" or "invalid_features" => "Invalid feature specification",
        "invalid_account" => "Invalid account or account/partition combination specified",
        "invalid_qos" => "Invalid qos specification",
        "invalid_wckey" => "Invalid wckey specification",
        "partition_unavailable" => "Required partition not available (inactive or drain)",
        "group_not_allowed" => "User's group not permitted to use this partition",
        "accounting_policy" or "tier_limit" => "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
        "reservation_invalid" => "Requested reservation is invalid",
        "reservation_access" => "Access denied to requested reservation",
        "invalid_user" => "Invalid user id",
        "reservation_name_taken" => "Reservation name already exists",
        "reservation_overlap" => "Requested reservation overlaps with another reservation",
        "reservation_in_use" => "Requested reservation is in use",
        "reservation_no_access_list" => "Either Accounts and/or Users must be specified",
        "reservation_not_skippable" => "Reservation can not be skipped",
        "nodes_busy" => "Requested nodes are busy",
        "invalid_time" => "Invalid time specified",
        "circular_dependency" => "Job dependency would be circular",
        "invalid_deadline" => "Job deadline is before its earliest end",
        "job_suspended" => "Job is currently suspended",
        "job_not_suspended" => "Job is not suspended",
        "not_het_job_leader" => "Not heterogeneous job leader job id",
        _ => refusal.Sentence,
    };

    /// <summary>slurm_errno.h; 0: none of ours has that number.</summary>
    public static int Number(string code) => code switch
    {
        "invalid_partition" => 2000,
        "access_denied" => 2002,
        "invalid_node_name" => 2007,
        "node_config_unavailable" => 2014,
        "step_resources_busy" => 2016,
        "invalid_job_id" => 2017,
        "already_done" or "job_not_running" => 2021,
        "job_pending" => 2032,
        "disabled" => 2056,
        _ => 0,
    };

    /// <summary>Our own sentence and remedy, when they say more than Slurm's: when there are numbers in them.</summary>
    public static string? Detail(RefusalView refusal)
    {
        if (Sentence(refusal) == refusal.Sentence) return refusal.Remedy.Length > 0 ? refusal.Remedy : null;
        bool numbers = refusal.Sentence.AsSpan().IndexOfAnyInRange('0', '9') >= 0;
        if (!numbers || refusal.Code == "invalid_partition") return null;
        return refusal.Remedy.Length == 0 ? refusal.Sentence : $"{refusal.Sentence}. {refusal.Remedy}";
    }

    /// <summary>The lines after <c>sbatch: error: </c>, from what was wrong to what it means.</summary>
    public static IEnumerable<string> Lines(string action, RefusalView refusal, string? partition)
    {
        if (refusal.Code == "tier_limit") yield return $"refused: {LimitsText.Denial(refusal.Sentence, refusal.Remedy)}";
        if (refusal.Code == "invalid_partition" && partition is not null) yield return $"invalid partition specified: {partition}";
        if (refusal.Code == "node_config_unavailable" && Shortage(refusal.Sentence) is { } shortage) yield return shortage;
        yield return $"{action}: {Sentence(refusal)}";
        if (refusal.Code != "tier_limit" && Detail(refusal) is { } detail) yield return detail;
    }

    /// <summary>What Slurm's controller says first where one node alone has too little.</summary>
    private static string? Shortage(string sentence) =>
        sentence.StartsWith("memory specification", StringComparison.OrdinalIgnoreCase) ? "Memory specification can not be satisfied"
        : sentence.Contains("; the largest has ", StringComparison.Ordinal) ? "CPU count per node can not be satisfied"
        : sentence.Contains(" of disk on ", StringComparison.Ordinal) ? "Temporary disk specification can not be satisfied"
        : null;
}
