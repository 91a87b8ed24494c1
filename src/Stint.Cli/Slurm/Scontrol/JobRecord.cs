using System.Globalization;
using System.Text;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary>A job as <c>scontrol show job</c> prints it: lines and order of 26.05.</summary>
internal static class JobRecord
{
    public static RecordText Of(JobView job, Clock clock, bool details, IReadOnlyList<StepReceiptView> receipts)
    {
        bool pending = job.State == "PENDING";
        var record = new RecordText().Line(Identity(job))
            .Line($"UserId={job.User}({job.Uid}) GroupId={job.Group}({job.Gid}) MCS_label=N/A")
            .Line($"Priority={job.Priority} Nice={job.Nice} Account={OrNull(job.Account)} QOS=(null)")
            .Line($"JobState={job.State} Reason={job.Reason.Replace(' ', '_')} Dependency={OrNull(job.Dependency)}")
            .Line($"Requeue={Bit(job.Requeue)} Restarts={job.Restarts} BatchFlag={Bit(job.IsBatch)} Reboot=0 ExitCode={job.ExitCode}:{job.Signal}");
        if (details) record.Line("DerivedExitCode=0:0");
        record.Line($"RunTime={SlurmDuration.FormatFull(clock.ElapsedMs(job))} TimeLimit={SlurmDuration.FormatLimitFull(job.TimeLimitMs)} TimeMin=N/A")
            .Line($"SubmitTime={clock.At(job.SubmitMs, "Unknown")} EligibleTime={clock.At(Eligible(job), "Unknown")}")
            .Line($"AccrueTime={clock.At(Eligible(job), "Unknown")}")
            .Line($"StartTime={clock.At(job.StartMs, "Unknown")} EndTime={clock.At(Clock.EndMs(job), "Unknown")} Deadline=N/A")
            .Line($"SuspendTime=None SecsPreSuspend=0 LastSchedEval={clock.At(pending || job.StartMs == 0 ? job.SubmitMs : job.StartMs, "Unknown")} Scheduler=Main")
            .Line($"Partition={job.Partition} AllocNode:Sid={(job.SubmitHost.Length > 0 ? job.SubmitHost : "localhost")}:{job.SubmitSid}")
            .Line($"ReqNodeList={OrNull(job.RequestedNodes)} ExcNodeList={OrNull(job.ExcludedNodes)}")
            .Line($"NodeList={job.NodeList}");
        if (job.BatchHost.Length > 0) record.Line($"BatchHost={job.BatchHost}");
        Resources(record, job, pending);
        if (details) Details(record, job, receipts);
        record.Line($"MinCPUsNode={Math.Max(1, job.TasksPerNode) * Math.Max(1, job.CpusPerTask)} {MinMemory(job)} MinTmpDiskNode=0")
            .Line("Features=(null) DelayBoot=00:00:00")
            .Line($"OverSubscribe=NO Exclusive={(job.Exclusive ? "YES" : "NO")} Contiguous=0 Licenses=(null) LicensesAlloc=(null) Network=(null)")
            .Line($"Command={OrNull(job.Command)}");
        if (job.SubmitLine.Length > 0) record.Line($"SubmitLine={job.SubmitLine}");
        record.Line($"WorkDir={job.WorkDir}");
        if (job.Comment.Length > 0) record.Line($"Comment={job.Comment} ");
        if (job.IsBatch) record.Line($"StdErr={(job.StdErr == job.StdOut ? "" : job.StdErr)}").Line($"StdIn={job.StdIn}").Line($"StdOut={job.StdOut}");
        if (job.CpusPerTask > 1) record.Line($"TresPerTask=cpu={job.CpusPerTask}");
        return record;
    }

    private static string Identity(JobView job)
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"JobId={job.JobId}"));
        if (job.ArrayTasks is { } tasks) text.Append(CultureInfo.InvariantCulture, $" ArrayJobId={job.ArrayJobId ?? job.JobId} ArrayTaskId={tasks}");
        else if (job.ArrayTaskId is { } task) text.Append(CultureInfo.InvariantCulture, $" ArrayJobId={job.ArrayJobId} ArrayTaskId={task}");
        if (job.ArrayThrottle > 0) text.Append(CultureInfo.InvariantCulture, $" ArrayTaskThrottle={job.ArrayThrottle}");
        return text.Append(" JobName=").Append(job.Name).ToString();
    }

    private static void Resources(RecordText record, JobView job, bool pending)
    {
        string nodes = pending && job.NodesMax > 0 ? $"{Math.Max(1, job.NodesMin)}-{job.NodesMax}" : $"{(job.NodeCount > 0 ? job.NodeCount : Math.Max(1, job.NodesMin))}";
        record.Line($"NumNodes={nodes} NumCPUs={job.Cpus} NumTasks={Math.Max(1, job.Tasks)} CPUs/Task={Math.Max(1, job.CpusPerTask)} ReqB:S:C:T=0:0:*:*")
            .Line($"ReqTRES={Tres.Requested(job)}")
            .Line($"AllocTRES={(Tres.IsAllocated(job) ? Tres.Allocated(job) : "(null)")}")
            .Line($"Socks/Node=* NtasksPerN:B:S:C={job.TasksPerNode}:0:*:* CoreSpec=*");
    }

    private static void Details(RecordText record, JobView job, IReadOnlyList<StepReceiptView> receipts)
    {
        record.Line("JOB_GRES=(null)");
        foreach (var group in job.Shares.GroupBy(share => (Cpus: CpuRanges.Print(share.Cpus), share.MemoryBytes)))
            record.Inner($"Nodes={Hostlist.Fold(group.Select(share => share.Node))} CPU_IDs={group.Key.Cpus} Mem={group.Key.MemoryBytes >> 20} GRES=");
        foreach (var receipt in receipts) ReceiptRecord.Append(record, receipt);
    }

    /// <summary>A held job, or one that waits for another, is not eligible at any known time.</summary>
    private static long Eligible(JobView job) => job.State == "PENDING" && job.Reason is "JobHeldUser" or "JobHeldAdmin" ? 0 : job.EligibleMs;

    private static string MinMemory(JobView job) => job.MemoryPerCpuBytes is { } perCpu ? $"MinMemoryCPU={MemorySize.Format(perCpu)}" : $"MinMemoryNode={MemorySize.Format(job.MemoryPerNodeBytes ?? 0)}";
    private static string OrNull(string? text) => string.IsNullOrEmpty(text) ? "(null)" : text;
    private static int Bit(bool value) => value ? 1 : 0;
}
