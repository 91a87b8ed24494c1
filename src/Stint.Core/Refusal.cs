namespace Stint.Core;

/// <summary>An expected "no": a value, not an exception.</summary>
/// <param name="Code">Stable machine name, e.g. <c>invalid_partition</c>; see <see cref="RefusalCodes"/>.</param>
/// <param name="Sentence">What is wrong, with the thing, the value and the limit. Ends without a full stop.</param>
/// <param name="Remedy">What to do next; empty when nothing can be done.</param>
public sealed record Refusal(string Code, string Sentence, string Remedy = "")
{
    /// <summary>With <see cref="RefusalCodes.TierLimit"/>: the numbers behind the sentence.</summary>
    public Accounts.TierDenial? Denial { get; init; }

    public override string ToString() => Remedy.Length == 0 ? Sentence : $"{Sentence}. {Remedy}";
}

/// <summary>The codes the command line maps to Slurm's own words and exit codes.</summary>
public static class RefusalCodes
{
    public const string InvalidPartition = "invalid_partition";
    public const string PartitionDown = "partition_down";
    public const string NodeConfigUnavailable = "node_config_unavailable";
    public const string InvalidTimeLimit = "invalid_time_limit";
    public const string InvalidJobId = "invalid_job_id";
    public const string InvalidArray = "invalid_array";
    public const string InvalidDependency = "invalid_dependency";
    public const string InvalidNodeName = "invalid_node_name";
    public const string InvalidRequest = "invalid_request";
    public const string AccessDenied = "access_denied";
    public const string NoSpace = "no_space";
    public const string AlreadyDone = "already_done";
    public const string JobPending = "job_pending";
    public const string JobNotRunning = "job_not_running";
    public const string JobNotPending = "job_not_pending";
    public const string StepResourcesBusy = "step_resources_busy";
    public const string StepTooLarge = "step_too_large";
    public const string StepMemory = "step_memory";
    public const string TooManyJobs = "too_many_jobs";
    public const string TokenInvalid = "token_invalid";
    public const string TokenExpired = "token_expired";
    public const string TokenUsed = "token_used";
    public const string NodeNameTaken = "node_name_taken";
    public const string Disabled = "disabled";
    public const string InvalidUser = "invalid_user";
    public const string ReservationInvalid = "reservation_invalid";
    public const string ReservationAccess = "reservation_access";
    public const string ReservationNameTaken = "reservation_name_taken";
    public const string ReservationOverlap = "reservation_overlap";
    public const string ReservationInUse = "reservation_in_use";
    public const string ReservationNoAccess = "reservation_no_access_list";
    public const string ReservationNotSkippable = "reservation_not_skippable";
    public const string NodesBusy = "nodes_busy";
    public const string InvalidTime = "invalid_time";
    public const string CircularDependency = "circular_dependency";
    public const string InvalidDeadline = "invalid_deadline";
    public const string JobSuspended = "job_suspended";
    public const string JobNotSuspended = "job_not_suspended";
    public const string NotHetJobLeader = "not_het_job_leader";
    public const string InvalidAccount = "invalid_account";
    public const string InvalidQos = "invalid_qos";
    public const string AccountingPolicy = "accounting_policy";
    public const string TierLimit = "tier_limit";
    public const string TierInUse = "tier_in_use";
    public const string PartitionUnavailable = "partition_unavailable";
    public const string GroupNotAllowed = "group_not_allowed";
    public const string InvalidLimit = "invalid_limit";
    public const string InUse = "in_use";
    public const string InvalidFeature = "invalid_feature";
    public const string InvalidGres = "invalid_gres";
    public const string InvalidLicense = "invalid_license";
}
