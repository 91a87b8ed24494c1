using System.Globalization;
using Stint.Cli.Slurm.Format;

namespace Stint.Cli.Slurm.Squeue;

/// <summary>Fields that only <c>-O</c> knows. Those of parts of Slurm that do not exist here print what Slurm prints without them.</summary>
public static partial class JobFields
{
    private static Field<JobRow>[] Named() =>
    [
        Time('\0', "ACCRUE_TIME", r => r.Job.State == "PENDING" && r.Job.Reason is "JobHeldUser" or "JobHeldAdmin" or "Dependency" ? 0 : r.Job.EligibleMs, "AccrueTime"),
        Constant("ADMIN_COMMENT", "(null)", "admin_comment"),
        new('\0', "ALLOC_NODES", r => OrNull(r.Job.SubmitHost), "AllocNodes"),
        Number('\0', "ALLOC_SID", r => r.Job.SubmitSid, "AllocSID"),
        Constant("ASSOC_ID", "0", "AssocID"),
        new('\0', "BATCH_FLAG", r => r.Job.IsBatch ? "1" : "0", "BatchFlag"),
        Constant("BOARDS_PER_NODE", "0", "BoardsPerNode"),
        Constant("BURST_BUFFER", "(null)", "BurstBuffer"),
        Constant("BURST_BUFFER_STATE", "(null)", "BurstBufferState"),
        new('\0', "CLUSTER", r => r.Cluster, "Cluster"),
        Constant("CLUSTER_FEATURES", "(null)", "ClusterFeature"),
        Constant("CONTAINER", "(null)", "Container"),
        Constant("CONTAINER_ID", "(null)", "ContainerID"),
        Constant("CPU_FREQ", "N/A", "CPUFreq"),
        Number('\0', "CPUS_PER_TASK", r => Math.Max(1, r.Job.CpusPerTask), "cpus-per-task"),
        Constant("CPUS_PER_TRES", "N/A", "cpus-per-tres"),
        Constant("DEADLINE", "N/A", "Deadline"),
        Constant("DELAY_BOOT", "0:00", "DelayBoot"),
        Constant("DERIVED_EC", "0", "DerivedEC"),
        Time('\0', "ELIGIBLE_TIME", r => r.Job.EligibleMs, "EligibleTime"),
        Number('\0', "EXIT_CODE", r => r.Job.ExitCode, "exit_code"),
        Constant("HET_JOB_ID", "N/A", "HetJobID"),
        Constant("HET_JOB_ID_SET", "N/A", "HetJobIDSet"),
        Constant("HET_JOB_OFFSET", "N/A", "HetJobOffset"),
        Time('\0', "LAST_SCHED_EVAL", r => r.Job.StartMs > 0 ? r.Job.StartMs : r.Job.SubmitMs, "LastSchedEval"),
        Constant("LICENSES_ALLOC", "(null)", "LicensesAlloc"),
        Number('\0', "MAX_CPUS", r => r.Job.Cpus, "MaxCPUs"),
        Number('\0', "MAX_NODES", r => r.Job.NodesMax, "MaxNodes"),
        Constant("MCSLABEL", "(null)", "MCSLabel"),
        Constant("MEM_PER_TRES", "N/A", "mem-per-tres"),
        Constant("TIME_MIN", "0:00", "MinTime"),
        Constant("NETWORK", "(null)", "Network"),
        Constant("NTASKS_PER_BOARD", "0", "NTPerBoard"),
        Constant("NTASKS_PER_CORE", "N/A", "NTPerCore"),
        Number('\0', "NTASKS_PER_NODE", r => r.Job.TasksPerNode, "NTPerNode"),
        Constant("NTASKS_PER_SOCKET", "N/A", "NTPerSocket"),
        Number('\0', "TASKS", r => r.Job.Tasks, "NumTasks"),
        Constant("ORIGIN", "NA", "Origin"),
        Constant("ORIGIN_RAW", "NA", "OriginRaw"),
        Number('\0', "PENDING_TIME", r => Pending(r), "PendingTime"),
        Constant("PREEMPT_TIME", "N/A", "PreemptTime"),
        Constant("PREFER", "(null)", "Prefer"),
        Constant("PROFILE", "NotSet", "Profile"),
        Constant("REBOOT", "0", "Reboot"),
        Constant("REQ_SWITCH", "0", "ReqSwitch"),
        new('\0', "REQUEUE", r => r.Job.Requeue ? "1" : "0", "Requeue"),
        Constant("RESIZE_TIME", "N/A", "ResizeTime"),
        Number('\0', "RESTART_COUNT", r => r.Job.Restarts, "RestartCnt"),
        Constant("RESERVED_PORTS", "(null)", "ResvPort"),
        Constant("", "", "SelectJobInfo"),
        Constant("ACTIVE_SIBLINGS", "NA", "SiblingsActive"),
        Constant("ACTIVE_SIBLINGS_RAW", "NA", "SiblingsActiveRaw"),
        Constant("VIABLE_SIBLINGS", "NA", "SiblingsViable"),
        Constant("VIALBLE_SIBLINGS_RAW", "NA", "SiblingsViableRaw"),
        Constant("SOCKETS_PER_BOARD", "0", "SPerBoard"),
        new('\0', "STDERR", r => r.Job.StdErr, "STDERR"),
        new('\0', "STDIN", r => r.Job.StdIn, "STDIN"),
        new('\0', "STDOUT", r => r.Job.StdOut, "STDOUT"),
        Constant("SYSTEM_COMMENT", "(null)", "system_comment"),
        new('\0', "TRES_ALLOC", r => r.Tres, "tres-alloc", "tres"),
        Constant("TRES_BIND", "N/A", "tres-bind"),
        Constant("TRES_FREQ", "N/A", "tres-freq"),
        Constant("TRES_PER_JOB", "N/A", "tres-per-job"),
        Constant("TRES_PER_SOCKET", "N/A", "tres-per-socket"),
        Constant("TRES_PER_STEP", "N/A", "tres-per-step"),
        new('\0', "TRES_PER_TASK", r => r.Job.CpusPerTask > 1 ? string.Create(CultureInfo.InvariantCulture, $"cpu={r.Job.CpusPerTask}") : "N/A", "tres-per-task"),
        Constant("WAIT4SWITCH", "0:00", "Wait4Switch"),
    ];

    private static Field<JobRow> Constant(string heading, string value, params string[] names) => new('\0', heading, _ => value, names);

    private static long Pending(JobRow row) => row.Job.SubmitMs == 0 ? 0
        : ((row.Job.StartMs > 0 && !row.IsPending ? row.Job.StartMs : row.Clock.NowMs) - row.Job.SubmitMs) / 1000;
}
