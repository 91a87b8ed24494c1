using System.Globalization;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Squeue;

/// <summary>Fields that only <c>-O</c> knows. Those of parts of Slurm that do not exist here print what Slurm prints without them.</summary>
public static partial class JobFields
{
    private static Field<JobRow>[] Named() =>
    [
        Time('\0', "ACCRUE_TIME", r => r.Job.State == "PENDING" && r.Job.Reason is "JobHeldUser" or "JobHeldAdmin" or "Dependency" ? 0 : r.Job.EligibleMs, "AccrueTime"),
        new('\0', "ADMIN_COMMENT", r => OrNull(r.Job.AdminComment), "admin_comment"),
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
        new('\0', "CPUS_PER_TRES", r => r.Job.CpusPerGpu == 0 ? "N/A" : string.Create(CultureInfo.InvariantCulture, $"gres:gpu:{r.Job.CpusPerGpu}"), "cpus-per-tres"),
        Time('\0', "DEADLINE", r => r.Job.DeadlineMs, "Deadline"),
        Constant("DELAY_BOOT", "0:00", "DelayBoot"),
        Constant("DERIVED_EC", "0", "DerivedEC"),
        Time('\0', "ELIGIBLE_TIME", r => r.Job.EligibleMs, "EligibleTime"),
        Number('\0', "EXIT_CODE", r => r.Job.ExitCode, "exit_code"),
        new('\0', "HET_JOB_ID", r => r.Job.HetJobId == 0 ? "N/A" : r.Job.HetJobId.ToString(CultureInfo.InvariantCulture), "HetJobID"),
        Constant("HET_JOB_ID_SET", "N/A", "HetJobIDSet"),
        new('\0', "HET_JOB_OFFSET", r => r.Job.HetJobId == 0 ? "N/A" : r.Job.HetOffset.ToString(CultureInfo.InvariantCulture), "HetJobOffset"),
        Time('\0', "LAST_SCHED_EVAL", r => r.Job.StartMs > 0 ? r.Job.StartMs : r.Job.SubmitMs, "LastSchedEval"),
        new('\0', "LICENSES_ALLOC", r => OrNull(r.Job.LicensesAllocated), "LicensesAlloc"),
        Number('\0', "MAX_CPUS", r => r.Job.Cpus, "MaxCPUs"),
        Number('\0', "MAX_NODES", r => r.Job.NodesMax, "MaxNodes"),
        Constant("MCSLABEL", "(null)", "MCSLabel"),
        new('\0', "MEM_PER_TRES", r => r.Job.MemoryPerGpuBytes is { } perGpu ? string.Create(CultureInfo.InvariantCulture, $"gres:gpu:{perGpu >> 20}") : "N/A", "mem-per-tres"),
        new('\0', "TIME_MIN", r => SlurmDuration.Format(r.Job.TimeMinMs), "MinTime"),
        Constant("NETWORK", "(null)", "Network"),
        Constant("NTASKS_PER_BOARD", "0", "NTPerBoard"),
        new('\0', "NTASKS_PER_CORE", r => r.Job.TasksPerCore == 0 ? "N/A" : r.Job.TasksPerCore.ToString(CultureInfo.InvariantCulture), "NTPerCore"),
        Number('\0', "NTASKS_PER_NODE", r => r.Job.TasksPerNode, "NTPerNode"),
        new('\0', "NTASKS_PER_SOCKET", r => r.Job.TasksPerSocket == 0 ? "N/A" : r.Job.TasksPerSocket.ToString(CultureInfo.InvariantCulture), "NTPerSocket"),
        Number('\0', "TASKS", r => r.Job.Tasks, "NumTasks"),
        Constant("ORIGIN", "NA", "Origin"),
        Constant("ORIGIN_RAW", "NA", "OriginRaw"),
        Number('\0', "PENDING_TIME", r => Pending(r), "PendingTime"),
        Constant("PREEMPT_TIME", "N/A", "PreemptTime"),
        new('\0', "PREFER", r => OrNull(r.Job.Prefer), "Prefer"),
        Constant("PROFILE", "NotSet", "Profile"),
        new('\0', "REBOOT", r => r.Job.Reboot ? "1" : "0", "Reboot"),
        Number('\0', "REQ_SWITCH", r => r.Job.SwitchesMax, "ReqSwitch"),
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
        new('\0', "TRES_BIND", r => r.Job.GpuBind is { Length: > 0 } bind ? "gres:gpu:" + bind : "N/A", "tres-bind"),
        Constant("TRES_FREQ", "N/A", "tres-freq"),
        new('\0', "TRES_PER_JOB", r => r.Job.TresPerJob ?? "N/A", "tres-per-job"),
        new('\0', "TRES_PER_SOCKET", r => r.Job.TresPerSocket ?? "N/A", "tres-per-socket"),
        Constant("TRES_PER_STEP", "N/A", "tres-per-step"),
        new('\0', "TRES_PER_TASK", r => Format.Tres.PerTask(r.Job) is { Length: > 0 } perTask ? perTask : "N/A", "tres-per-task"),
        new('\0', "WAIT4SWITCH", r => SlurmDuration.Format(r.Job.SwitchesWaitMs), "Wait4Switch"),
    ];

    private static Field<JobRow> Constant(string heading, string value, params string[] names) => new('\0', heading, _ => value, names);

    private static long Pending(JobRow row) => row.Job.SubmitMs == 0 ? 0
        : ((row.Job.StartMs > 0 && !row.IsPending ? row.Job.StartMs : row.Clock.NowMs) - row.Job.SubmitMs) / 1000;
}
