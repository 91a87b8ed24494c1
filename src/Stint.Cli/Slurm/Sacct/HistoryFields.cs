using System.Globalization;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Sacct;

/// <param name="Width">Negative: left justified.</param>
internal sealed record HistoryField(string Name, int Width, Func<HistoryRow, string> Value);

/// <summary>Everything <c>sacct --format</c> can print, in the order in which <c>-e</c> lists it. What nothing here measures is empty.</summary>
internal static class HistoryFields
{
    private const int TimeWidth = 19;

    public static readonly HistoryField[] All =
    [
        new("Account", 10, r => r.Job.Account ?? ""), JobOnly("AdminComment", 19, r => r.Job.AdminComment), new("AllocCPUS", 10, r => Text(r.Cpus)), new("AllocNodes", 10, r => Text(r.Nodes)),
        new("AllocTRES", 10, r => r.AllocatedTres), JobOnly("AssocID", 7, _ => "0"), new("AveCPU", 10, r => r.IsStep ? SlurmDuration.FormatFull((long)((r.CpuUs.User + r.CpuUs.System) / 1000)) : ""),
        StepOnly("AveCPUFreq", 10, _ => "0"), Empty("AveDiskRead", 14), Empty("AveDiskWrite", 14), Empty("AvePages", 10), StepOnly("AveRSS", 10, r => r.PeakMemory), Empty("AveVMSize", 10),
        Empty("BlockID", 16), new("Cluster", 10, r => r.Cluster), JobOnly("Comment", 14, r => r.Job.Comment), JobOnly("Constraints", 19, r => r.Job.Constraint ?? ""), new("ConsumedEnergy", 14, _ => "0"),
        new("ConsumedEnergyRaw", 17, _ => "0"), Empty("Container", 20), new("CPUTime", 10, r => SlurmDuration.FormatFull(r.ElapsedMs * r.Cpus)), new("CPUTimeRAW", 10, r => Text(r.ElapsedMs / 1000 * r.Cpus)),
        new("DBIndex", 10, r => Text(r.Job.JobId)), JobOnly("DerivedExitCode", 15, _ => "0:0"), new("Elapsed", 10, r => SlurmDuration.FormatFull(r.ElapsedMs)), new("ElapsedRaw", 10, r => Text(r.ElapsedMs / 1000)),
        new("Eligible", TimeWidth, r => r.IsStep ? r.Start : r.Clock.At(r.Job.EligibleMs, "Unknown")), new("End", TimeWidth, r => r.End), new("ExitCode", 8, r => r.Exit), Empty("Extra", 20), Empty("FailedNode", 20),
        JobOnly("Flags", 20, r => r.Started ? "SchedMain" : "None"), JobOnly("GID", 6, r => Text(r.Job.Gid)), JobOnly("Group", 9, r => r.Job.Group), new("JobID", -12, r => r.Id), new("JobIDRaw", -12, r => r.RawId),
        new("JobName", 10, r => r.Step?.Name ?? r.Job.Name), StepOnly("Layout", 9, r => r.StepName is "batch" ? "Unknown" : "Block"), JobOnly("Licenses", 20, r => r.Job.Licenses ?? ""), Empty("MaxDiskRead", 12), Empty("MaxDiskReadNode", 15),
        Empty("MaxDiskReadTask", 15), Empty("MaxDiskWrite", 12), Empty("MaxDiskWriteNode", 16), Empty("MaxDiskWriteTask", 16), Empty("MaxPages", 8), Empty("MaxPagesNode", 12),
        Empty("MaxPagesTask", 14), StepOnly("MaxRSS", 10, r => r.PeakMemory), StepOnly("MaxRSSNode", 10, r => r.PeakMemory.Length > 0 && r.Nodes == 1 ? r.NodeList : ""), StepOnly("MaxRSSTask", 10, r => r.PeakMemory.Length > 0 && r.Step!.Tasks == 1 ? "0" : ""),
        Empty("MaxVMSize", 10), Empty("MaxVMSizeNode", 14), Empty("MaxVMSizeTask", 14), Empty("McsLabel", 10), Empty("MinCPU", 10), Empty("MinCPUNode", 10), Empty("MinCPUTask", 10),
        new("NCPUS", 10, r => Text(r.Cpus)), new("NNodes", 8, r => Text(Math.Max(1, r.IsStep || r.Started ? r.Nodes : r.Job.NodesMin))), new("NodeList", 15, r => r.NodeList), StepOnly("NTasks", 8, r => Text(r.Step!.Tasks)),
        JobOnly("Partition", 10, r => r.Job.Partition), JobOnly("Planned", 10, Planned), JobOnly("PlannedCPU", 10, r => SlurmDuration.FormatFull(PlannedMs(r) * r.Cpus)), JobOnly("PlannedCPURAW", 13, r => Text(PlannedMs(r) / 1000 * r.Cpus)),
        JobOnly("Priority", 10, r => Text(r.Job.Priority)), JobOnly("QOS", 10, r => r.Job.Qos ?? ""), Empty("QOSRAW", 10), JobOnly("QOSREQ", 10, r => r.Job.Qos ?? ""), JobOnly("Reason", 22, r => r.Job.Reason),
        new("ReqCPUFreq", 10, Frequency), new("ReqCPUFreqGov", 13, Frequency), new("ReqCPUFreqMax", 13, Frequency), new("ReqCPUFreqMin", 13, Frequency), new("ReqCPUS", 8, r => Text(r.IsStep ? r.Cpus : Format.Tres.RequestedCpus(r.Job))),
        JobOnly("ReqMem", 10, r => MemorySize.Format(Format.Tres.RequestedMemory(r.Job))), JobOnly("ReqNodes", 8, r => Text(Math.Max(1, r.Job.NodesMin))), new("ReqTRES", 10, r => r.RequestedTres), JobOnly("Reservation", 20, r => r.Job.Reservation ?? ""),
        Empty("ReservationId", 18), JobOnly("Reserved", 10, Planned), JobOnly("ResvCPU", 10, r => SlurmDuration.FormatFull(PlannedMs(r) * r.Cpus)), JobOnly("ResvCPURAW", 10, r => Text(PlannedMs(r) / 1000 * r.Cpus)), JobOnly("Restarts", 8, r => Text(r.Job.Restarts)), new("Start", TimeWidth, r => r.Start),
        new("State", 10, r => r.State), JobOnly("StdErr", 20, r => r.Job.StdErr), JobOnly("StdIn", 20, r => r.Job.StdIn), JobOnly("StdOut", 20, r => r.Job.StdOut), new("Submit", TimeWidth, r => r.IsStep ? r.Start : r.Clock.At(r.Job.SubmitMs, "Unknown")),
        new("SubmitLine", 20, r => r.IsStep ? "" : r.Job.SubmitLine), new("Suspended", 10, _ => "00:00:00"), Empty("SystemComment", 20), new("SystemCPU", 10, r => HistoryRow.CpuTime(r.CpuUs.System)), new("Timelimit", 10, r => r.TimeLimit),
        JobOnly("TimelimitRaw", 12, r => r.Job.TimeLimitMs == 0 ? "UNLIMITED" : Text(r.Job.TimeLimitMs / 60_000)), new("TotalCPU", 10, r => HistoryRow.CpuTime(r.CpuUs.User + r.CpuUs.System)), Empty("TRESUsageInAve", 14),
        Empty("TRESUsageInMax", 14), Empty("TRESUsageInMaxNode", 18), Empty("TRESUsageInMaxTask", 18), Empty("TRESUsageInMin", 14), Empty("TRESUsageInMinNode", 18), Empty("TRESUsageInMinTask", 18), Empty("TRESUsageInTot", 14),
        Empty("TRESUsageOutAve", 15), Empty("TRESUsageOutMax", 15), Empty("TRESUsageOutMaxNode", 19), Empty("TRESUsageOutMaxTask", 19), Empty("TRESUsageOutMin", 15), Empty("TRESUsageOutMinNode", 19),
        Empty("TRESUsageOutMinTask", 19), Empty("TRESUsageOutTot", 15), JobOnly("UID", 6, r => Text(r.Job.Uid)), JobOnly("User", 9, r => r.Job.User), new("UserCPU", 10, r => HistoryRow.CpuTime(r.CpuUs.User)),
        JobOnly("WCKey", 10, r => r.Job.Wckey ?? ""), JobOnly("WCKeyID", 8, _ => "0"), JobOnly("WorkDir", 20, r => r.Job.WorkDir),
    ];

    public const string Default = "jobid,jobname,partition,account,alloccpus,state,exitcode";
    public const string Brief = "jobid,state,exitcode";
    public const string Long = "jobid,jobidraw,jobname,partition,maxvmsize,maxvmsizenode,maxvmsizetask,avevmsize,maxrss,maxrssnode,maxrsstask,averss,maxpages,maxpagesnode,maxpagestask,avepages,"
        + "mincpu,mincpunode,mincputask,avecpu,ntasks,alloccpus,elapsed,state,exitcode,avecpufreq,reqcpufreqmin,reqcpufreqmax,reqcpufreqgov,reqmem,consumedenergy,maxdiskread,maxdiskreadnode,"
        + "maxdiskreadtask,avediskread,maxdiskwrite,maxdiskwritenode,maxdiskwritetask,avediskwrite,reqtres,alloctres,tresusageinave,tresusageinmax,tresusageinmaxnode,tresusageinmaxtask,"
        + "tresusageinmin,tresusageinminnode,tresusageinmintask,tresusageintot,tresusageoutmax,tresusageoutmaxnode,tresusageoutmaxtask,tresusageoutave,tresusageouttot";

    /// <summary>In any case; a beginning means the first field that starts so, as in Slurm.</summary>
    public static HistoryField? Find(string name) => name.Length == 0 ? null
        : Array.Find(All, field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? Array.Find(All, field => field.Name.StartsWith(name, StringComparison.OrdinalIgnoreCase));

    private static HistoryField Empty(string name, int width) => new(name, width, _ => "");
    private static HistoryField JobOnly(string name, int width, Func<HistoryRow, string> value) => new(name, width, r => r.IsStep ? "" : value(r));
    private static HistoryField StepOnly(string name, int width, Func<HistoryRow, string> value) => new(name, width, r => r.IsStep ? value(r) : "");
    private static string Frequency(HistoryRow row) => row.StepName == "batch" ? "0" : "Unknown";
    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
    private static string Planned(HistoryRow row) => SlurmDuration.FormatFull(PlannedMs(row));

    private static long PlannedMs(HistoryRow row) => row.Job.EligibleMs <= 0 ? 0
        : Math.Max(0, (row.Started ? row.Job.StartMs : Format.JobStates.IsEnded(row.Job.State) ? row.Job.EndMs : row.Clock.NowMs) / 1000 - row.Job.EligibleMs / 1000) * 1000;
}
