using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Server.Features.Jobs;

/// <summary>Slurm's names of job states (squeue(1), JOB STATE CODES).</summary>
internal static class JobStates
{
    public static string Name(Job job) => Name(job.State);

    public static string Name(JobState state) => state switch
    {
        JobState.Pending => "PENDING",
        JobState.Running => "RUNNING",
        JobState.Suspended => "SUSPENDED",
        JobState.Completed => "COMPLETED",
        JobState.Cancelled => "CANCELLED",
        JobState.Failed => "FAILED",
        JobState.Timeout => "TIMEOUT",
        JobState.NodeFail => "NODE_FAIL",
        JobState.Preempted => "PREEMPTED",
        JobState.BootFail => "BOOT_FAIL",
        JobState.Deadline => "DEADLINE",
        JobState.OutOfMemory => "OUT_OF_MEMORY",
        JobState.Completing => "COMPLETING",
        _ => "UNKNOWN",
    };

    /// <summary>How a step (or a job) that ended as <paramref name="kind"/> is called.</summary>
    public static string Name(EndKind kind) => kind switch
    {
        EndKind.EndCompleted => "COMPLETED",
        EndKind.EndCancelled => "CANCELLED",
        EndKind.EndTimeout => "TIMEOUT",
        EndKind.EndNodeFail => "NODE_FAIL",
        EndKind.EndOutOfMemory => "OUT_OF_MEMORY",
        EndKind.EndPreempted => "PREEMPTED",
        EndKind.EndDeadline => "DEADLINE",
        _ => "FAILED",
    };

    /// <summary>The long name of a state given long or by its two letters (squeue(1)); an unknown text stays itself and matches nothing.</summary>
    public static string Long(string state) => state.ToUpperInvariant() switch
    {
        "PD" => "PENDING", "R" => "RUNNING", "S" => "SUSPENDED", "CD" => "COMPLETED", "CA" => "CANCELLED", "F" => "FAILED", "TO" => "TIMEOUT",
        "NF" => "NODE_FAIL", "PR" => "PREEMPTED", "BF" => "BOOT_FAIL", "DL" => "DEADLINE", "OOM" => "OUT_OF_MEMORY", "CG" => "COMPLETING",
        var other => other,
    };
}
