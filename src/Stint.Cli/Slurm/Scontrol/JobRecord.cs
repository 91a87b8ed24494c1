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
        long start = pending && job.StartMs == 0 ? job.PlannedStartMs : job.StartMs;
        var record = new RecordText().Line(Identity(job))
            .Line($"UserId={job.User}({job.Uid}) GroupId={job.Group}({job.Gid}) MCS_label=N/A")
            .Line($"Priority={job.Priority} Nice={job.Nice} Account={OrNull(job.Account)} QOS={OrNull(job.Qos)}")
            .Line($"JobState={job.State} Reason={job.Reason.Replace(' ', '_')} Dependency={OrNull(job.Dependency)}")
            .Line($"Requeue={Bit(job.Requeue)} Restarts={job.Restarts} BatchFlag={Bit(job.IsBatch)} Reboot={Bit(job.Reboot)} ExitCode={job.ExitCode}:{job.Signal}");
        if (details) record.Line("DerivedExitCode=0:0");
        record.Line($"RunTime={SlurmDuration.FormatFull(clock.ElapsedMs(job))} TimeLimit={SlurmDuration.FormatLimitFull(job.TimeLimitMs)} TimeMin={(job.TimeMinMs > 0 ? SlurmDuration.FormatFull(job.TimeMinMs) : "N/A")}")
            .Line($"SubmitTime={clock.At(job.SubmitMs, "Unknown")} EligibleTime={clock.At(Eligible(job), "Unknown")}")
            .Line($"AccrueTime={clock.At(Eligible(job), "Unknown")}")
            .Line($"StartTime={clock.At(start, "Unknown")} EndTime={clock.At(pending && start > 0 && job.TimeLimitMs > 0 ? start + job.TimeLimitMs : Clock.EndMs(job), "Unknown")} Deadline={clock.At(job.DeadlineMs, "N/A")}")
            .Line($"SuspendTime={clock.At(job.SuspendedAtMs, "None")} SecsPreSuspend={(job.State == "SUSPENDED" ? clock.ElapsedMs(job) / 1000 : 0)} LastSchedEval={clock.At(pending || job.StartMs == 0 ? job.SubmitMs : job.StartMs, "Unknown")} Scheduler=Main")
            .Line($"Partition={job.Partition} AllocNode:Sid={(job.SubmitHost.Length > 0 ? job.SubmitHost : "localhost")}:{job.SubmitSid}")
            .Line($"ReqNodeList={OrNull(job.RequestedNodes)} ExcNodeList={OrNull(job.ExcludedNodes)}")
            .Line($"NodeList={job.NodeList}{(pending && job.PlannedNodes.Length > 0 ? $" SchedNodeList={job.PlannedNodes}" : "")}");
        if (job.BatchHost.Length > 0) record.Line($"BatchHost={job.BatchHost}");
        Resources(record, job, pending);
        if (details) Details(record, job, receipts);
        record.Line($"MinCPUsNode={(job.CpusPerNodeMin > 0 ? job.CpusPerNodeMin : Math.Max(1, job.TasksPerNode) * Math.Max(1, job.CpusPerTask))} {MinMemory(job)} MinTmpDiskNode={MemorySize.Format(job.DiskBytes)}")
            .Line($"Features={OrNull(job.Constraint)} DelayBoot=00:00:00");
        if (job.Prefer is { } prefer) record.Line($"Prefer={prefer}");
        if (job.Reservation is { } reservation) record.Line($"Reservation={reservation}");
        record.Line($"OverSubscribe={job.OverSubscribe} Exclusive={(job.Exclusive ? "YES" : job.OverSubscribe is "USER" or "TOPO" ? job.OverSubscribe : "NO")} Contiguous={Bit(job.Contiguous)} Licenses={OrNull(job.Licenses)} LicensesAlloc={OrNull(job.LicensesAllocated)} Network=(null)")
            .Line($"Command={OrNull(job.Command)}");
        if (job.SubmitLine.Length > 0) record.Line($"SubmitLine={job.SubmitLine}");
        record.Line($"WorkDir={job.WorkDir}");
        if (job.Comment.Length > 0) record.Line($"Comment={job.Comment} ");
        if (job.IsBatch) record.Line($"StdErr={(job.StdErr == job.StdOut ? "" : job.StdErr)}").Line($"StdIn={job.StdIn}").Line($"StdOut={job.StdOut}");
        Asked(record, job);
        return record;
    }

    private static string Identity(JobView job)
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"JobId={job.JobId}"));
        if (job.ArrayTasks is { } tasks) text.Append(CultureInfo.InvariantCulture, $" ArrayJobId={job.ArrayJobId ?? job.JobId} ArrayTaskId={tasks}");
        else if (job.ArrayTaskId is { } task) text.Append(CultureInfo.InvariantCulture, $" ArrayJobId={job.ArrayJobId} ArrayTaskId={task}");
        if (job.HetJobId > 0) text.Append(CultureInfo.InvariantCulture, $" HetJobId={job.HetJobId} HetJobOffset={job.HetOffset}");
        if (job.ArrayThrottle > 0) text.Append(CultureInfo.InvariantCulture, $" ArrayTaskThrottle={job.ArrayThrottle}");
        return text.Append(" JobName=").Append(job.Name).ToString();
    }

    private static void Resources(RecordText record, JobView job, bool pending)
    {
        string nodes = pending && job.NodesMax > 0 ? $"{Math.Max(1, job.NodesMin)}-{job.NodesMax}" : $"{(job.NodeCount > 0 ? job.NodeCount : Math.Max(1, job.NodesMin))}";
        record.Line($"NumNodes={nodes} NumCPUs={job.Cpus} NumTasks={Math.Max(1, job.Tasks)} CPUs/Task={Math.Max(1, job.CpusPerTask)} ReqB:S:C:T=0:{job.SocketsPerNode}:{Star(job.CoresPerSocket)}:{Star(job.ThreadsPerCore)}")
            .Line($"ReqTRES={Tres.Requested(job)}")
            .Line($"AllocTRES={(Tres.IsAllocated(job) ? Tres.Allocated(job) : "(null)")}")
            .Line($"Socks/Node={Star(job.SocketsPerNode)} NtasksPerN:B:S:C={job.TasksPerNode}:0:{Star(job.TasksPerSocket)}:{Star(job.TasksPerCore)} CoreSpec={Specialized(job)}");
    }

    private static void Details(RecordText record, JobView job, IReadOnlyList<StepReceiptView> receipts)
    {
        record.Line($"JOB_GRES={GresTotals(job)}");
        foreach (var group in job.Shares.GroupBy(share => (Cpus: CpuRanges.Print(share.Cpus), share.MemoryBytes, share.Gres)))
            record.Inner($"Nodes={Hostlist.Fold(group.Select(share => share.Node))} CPU_IDs={group.Key.Cpus} Mem={group.Key.MemoryBytes >> 20} GRES={group.Key.Gres}");
        foreach (var receipt in receipts) ReceiptRecord.Append(record, receipt);
    }

    /// <summary>What was asked for by task, node, GPU and switch: only what was asked is there.</summary>
    private static void Asked(RecordText record, JobView job)
    {
        if (job.SwitchesMax > 0) record.Line($"Switches={job.SwitchesMax}@{SlurmDuration.FormatFull(job.SwitchesWaitMs)}");
        if (job.CpusPerGpu > 0) record.Line($"CpusPerTres=gres:gpu:{job.CpusPerGpu}");
        if (job.MemoryPerGpuBytes is { } perGpu) record.Line($"MemPerTres=gres:gpu:{perGpu >> 20}");
        if (job.GpuBind is { Length: > 0 } bind) record.Line($"TresBind=gres:gpu:{bind}");
        if (job.TresPerJob is { } perJob) record.Line($"TresPerJob={perJob}");
        if (job.TresPerNode is { } perNode) record.Line($"TresPerNode={perNode}");
        if (job.TresPerSocket is { } perSocket) record.Line($"TresPerSocket={perSocket}");
        if (Tres.PerTask(job) is { Length: > 0 } perTask) record.Line($"TresPerTask={perTask}");
        if (job.MailType.Length > 0) record.Line($"MailUser={(job.MailUser.Length > 0 ? job.MailUser : job.User)} MailType={job.MailType}");
        if (job.AdminComment.Length > 0) record.Line($"AdminComment={job.AdminComment} ");
    }

    /// <summary><c>gpu:a100:4</c>: typed counts, and the rest of a name without a type.</summary>
    private static string GresTotals(JobView job)
    {
        var text = new List<string>();
        foreach (var total in job.GresAllocated.Where(one => !one.Tres.Contains(':')))
        {
            ulong typed = 0;
            foreach (var one in job.GresAllocated.Where(one => one.Tres.StartsWith(total.Tres + ":", StringComparison.Ordinal)))
            {
                typed += one.Count;
                text.Add($"{one.Tres[5..]}:{one.Count}");
            }
            if (total.Count > typed) text.Add($"{total.Tres[5..]}:{total.Count - typed}");
        }
        return text.Count == 0 ? "(null)" : string.Join(',', text);
    }

    private static string Specialized(JobView job) => job.CoreSpec?.ToString(CultureInfo.InvariantCulture) ?? (job.ThreadSpec is { } threads ? $"{threads} Threads" : "*");
    private static string Star(uint count) => count == 0 ? "*" : count.ToString(CultureInfo.InvariantCulture);

    /// <summary>A held job, or one that waits for another, is not eligible at any known time.</summary>
    private static long Eligible(JobView job) => job.State == "PENDING" && job.Reason is "JobHeldUser" or "JobHeldAdmin" ? 0 : job.EligibleMs;

    private static string MinMemory(JobView job) => job.MemoryPerCpuBytes is { } perCpu ? $"MinMemoryCPU={MemorySize.Format(perCpu)}" : $"MinMemoryNode={MemorySize.Format(job.MemoryPerNodeBytes ?? 0)}";
    private static string OrNull(string? text) => string.IsNullOrEmpty(text) ? "(null)" : text;
    private static int Bit(bool value) => value ? 1 : 0;
}
