using System.Globalization;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Squeue;

/// <summary>Everything <c>squeue -o</c> and <c>-O</c> can print of a job; headings and empty values are Slurm's.</summary>
public static partial class JobFields
{
    public static readonly FieldTable<JobRow> Table = new([.. Lettered(), .. Named()]);

    private static Field<JobRow>[] Lettered() =>
    [
        new('a', "ACCOUNT", r => OrNull(r.Job.Account), "Account"),
        new('b', "TRES_PER_NODE", r => r.Job.TresPerNode ?? "N/A", "tres-per-node", "gres"),
        Number('c', "MIN_CPUS", r => r.MinCpus, "MinCpus"),
        new('d', "MIN_TMP_DISK", r => MemorySize.Format(r.Job.DiskBytes), "MinTmpDisk"),
        Time('e', "END_TIME", r => r.EndMs, "EndTime"),
        new('f', "FEATURES", r => OrNull(r.Job.Constraint), "Feature"),
        new('g', "GROUP", r => r.Job.Group, "GroupName"),
        new('h', "OVER_SUBSCRIBE", r => r.Job.OverSubscribe, "OverSubscribe"),
        new('i', "JOBID", r => r.ArrayId, "JobArrayID") { Order = ById },
        new('j', "NAME", r => r.Job.Name, "Name"),
        new('k', "COMMENT", r => OrNull(r.Job.Comment), "Comment"),
        new('l', "TIME_LIMIT", r => SlurmDuration.FormatLimit(r.Job.TimeLimitMs), "TimeLimit") { WholeOnTheRight = true, Order = By(r => Endless(r.Job.TimeLimitMs)) },
        new('m', "MIN_MEMORY", r => r.MinMemory, "MinMemory") { Order = By(r => (long)(r.Job.MemoryPerCpuBytes ?? r.Job.MemoryPerNodeBytes ?? 0)) },
        new('n', "REQ_NODES", r => r.Job.RequestedNodes ?? "", "ReqNodes"),
        new('o', "COMMAND", r => OrNull(r.Job.Command), "Command"),
        new('p', "PRIORITY", r => (r.Job.Priority / 4294967296.0).ToString("F14", CultureInfo.InvariantCulture), "Priority") { Order = By(r => r.Job.Priority) },
        new('q', "QOS", r => OrNull(r.Job.Qos), "QOS"),
        new('r', "REASON", r => r.Job.Reason, "Reason"),
        new('s', "SLUID", _ => "(null)", "SLUID"),
        new('t', "ST", r => JobStates.Code(r.Job.State), "StateCompact") { Order = ByState },
        new('u', "USER", r => r.Job.User, "UserName"),
        new('v', "RESERVATION", r => OrNull(r.Job.Reservation), "Reservation"),
        new('w', "WCKEY", r => OrNull(r.Job.Wckey), "WCKey"),
        new('x', "EXC_NODES", r => r.Job.ExcludedNodes ?? "", "ExcNodes"),
        Number('y', "NICE", r => r.Job.Nice, "Nice"),
        new('z', "S:C:T", r => $"{Star(r.Job.SocketsPerNode)}:{Star(r.Job.CoresPerSocket)}:{Star(r.Job.ThreadsPerCore)}", "SCT"),
        Number('A', "JOBID", r => r.Job.JobId, "JobID"),
        new('B', "EXEC_HOST", r => r.Job.BatchHost.Length > 0 ? r.Job.BatchHost : "n/a", "BatchHost"),
        Number('C', "CPUS", r => r.Job.Cpus, "NumCPUs"),
        Number('D', "NODES", r => r.Nodes, "NumNodes", "Nodes"),
        new('E', "DEPENDENCY", r => OrNull(r.Job.Dependency), "Dependency"),
        Number('F', "ARRAY_JOB_ID", r => r.ArrayJobId, "ArrayJobID"),
        Number('G', "GROUP", r => r.Job.Gid, "GroupID"),
        new('H', "SOCKETS_PER_NODE", r => Star(r.Job.SocketsPerNode), "Sockets"),
        new('I', "CORES_PER_SOCKET", r => Star(r.Job.CoresPerSocket), "Cores"),
        new('J', "THREADS_PER_CORE", r => Star(r.Job.ThreadsPerCore), "Threads"),
        new('K', "ARRAY_TASK_ID", r => r.ArrayTask, "ArrayTaskID"),
        new('L', "TIME_LEFT", r => r.Left, "TimeLeft") { WholeOnTheRight = true, Order = By(r => Endless(r.Job.TimeLimitMs) - r.Clock.ElapsedMs(r.Job)) },
        new('M', "TIME", r => SlurmDuration.Format(r.Clock.ElapsedMs(r.Job)), "TimeUsed") { WholeOnTheRight = true, Order = By(r => r.Clock.ElapsedMs(r.Job)) },
        new('N', "NODELIST", r => r.Job.NodeList, "NodeList") { WholeOnTheRight = true, WholeHeadingOnTheRight = true },
        new('O', "CONTIGUOUS", r => r.Job.Contiguous ? "1" : "0", "Contiguous"),
        new('P', "PARTITION", r => r.Job.Partition, "Partition"),
        Number('Q', "PRIORITY", r => r.Job.Priority, "PriorityLong"),
        new('R', "NODELIST(REASON)", r => r.NodesOrReason, "ReasonList") { WholeOnTheRight = true, WholeHeadingOnTheRight = true },
        Time('S', "START_TIME", r => r.StartMs, "StartTime"),
        new('T', "STATE", r => r.Job.State, "State") { Order = ByState },
        Number('U', "UID", r => r.Job.Uid, "UserID"),
        Time('V', "SUBMIT_TIME", r => r.Job.SubmitMs, "SubmitTime"),
        new('W', "LICENSES", r => OrNull(r.Job.Licenses), "Licenses"),
        new('X', "CORE_SPEC", r => r.Specialized, "CoreSpec"),
        new('Y', "SCHEDNODES", r => OrNull(r.IsPending ? r.Job.PlannedNodes : null), "SchedNodes") { WholeOnTheRight = true, WholeHeadingOnTheRight = true },
        new('Z', "WORK_DIR", r => r.Job.WorkDir, "WorkDir"),
    ];

    private static string Star(uint count) => count == 0 ? "*" : count.ToString(CultureInfo.InvariantCulture);
    private static string OrNull(string? text) => string.IsNullOrEmpty(text) ? "(null)" : text;
    private static long Endless(long limitMs) => limitMs == 0 ? long.MaxValue / 2 : limitMs;
    private static Comparison<JobRow> By(Func<JobRow, long> key) => (left, right) => key(left).CompareTo(key(right));
    private static int ByState(JobRow left, JobRow right) => JobStates.Rank(left.Job.State).CompareTo(JobStates.Rank(right.Job.State));

    /// <summary>An array's unstarted record stands after its started tasks.</summary>
    private static int ById(JobRow left, JobRow right) =>
        (left.ArrayJobId, left.Job.ArrayTaskId ?? uint.MaxValue, left.Job.JobId).CompareTo((right.ArrayJobId, right.Job.ArrayTaskId ?? uint.MaxValue, right.Job.JobId));

    private static Field<JobRow> Number(char letter, string heading, Func<JobRow, long> value, params string[] names) =>
        new(letter, heading, r => value(r).ToString(CultureInfo.InvariantCulture), names) { Order = By(value) };

    /// <summary>A time that is not known sorts last.</summary>
    private static Field<JobRow> Time(char letter, string heading, Func<JobRow, long> at, params string[] names) =>
        new(letter, heading, r => r.Clock.At(at(r), "N/A"), names) { Order = By(r => at(r) is var ms and > 0 ? ms : long.MaxValue) };
}
