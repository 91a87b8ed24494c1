using System.Globalization;
using System.Text;
using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;
using Stint.Server.Agents;

namespace Stint.Server.Features.Jobs;

/// <summary>A job as the API shows it. On the engine's thread for jobs of the state; what it makes is independent of it.</summary>
internal static class JobViews
{
    private const uint PriorityTop = 4_294_901_760;

    public static JobView Of(Cluster cluster, Job job, bool steps, Instant now)
    {
        var spec = job.Spec;
        var (plannedMs, plannedNodes) = job.State == JobState.Pending ? Plans.Of(cluster, job) : (0, []);
        var shares = job.Shares;
        var (cpus, memory) = Allocated(shares);
        var isArray = job.IsArray && job.State == JobState.Pending;
        return ResourceViews.Given(Asked(spec), job) with
        {
            PlannedStartMs = plannedMs, PlannedNodes = plannedNodes.Count > 0 ? Hostlist.FoldSorted(plannedNodes) : "", Billing = Billings.Of(cluster, job),
            SuspendedMs = job.SuspendedMs, SuspendedAtMs = job.SuspendedAt.Milliseconds,
            TimeLimitMs = job.RunLimitMs > 0 ? job.RunLimitMs : spec.TimeLimitMs,
            JobId = job.Id, ArrayJobId = job.ArrayJobId ?? (isArray ? job.Id : null), ArrayTaskId = job.ArrayTask,
            ArrayTasks = isArray ? Tasks(job.PendingTasks, spec.ArrayThrottle) : null,
            State = JobStates.Name(job), Reason = Reason(cluster, job), ReasonDetail = job.State == JobState.Pending ? job.ReasonDetail : "",
            Priority = Priority(cluster, job, now),
            NodeCount = shares.Count > 0 ? (uint)shares.Count : spec.NodesMin,
            Cpus = shares.Count > 0 ? cpus : Math.Max(1, spec.Tasks) * Math.Max(1, spec.CpusPerTask),
            MemoryBytes = shares.Count > 0 ? memory : AskedMemory(spec),
            NodeList = shares.Count > 0 ? JobEnvironment.NodeList(shares) : "", BatchHost = shares.Count > 0 && spec.IsBatch ? shares[0].Node : "",
            Shares = Shares(shares),
            SubmitMs = job.Submitted.Milliseconds, EligibleMs = job.Eligible.Milliseconds, StartMs = job.Started.Milliseconds,
            EndMs = job.Ended.IsSet ? job.Ended.Milliseconds : job.EndLimit.Milliseconds,
            Dependency = cluster.DependencyWords(job, now) is { Length: > 0 } waits ? waits : null, Restarts = job.Attempt, ExitCode = job.ExitCode, Signal = job.Signal,
            CancelledBy = job.Kind == EndKind.EndCancelled ? job.EndedBy : null, Cause = job.Cause,
            StdOut = spec.IsBatch ? OutputPaths.Expand(job, OutputPaths.BatchOut(job)) : "",
            StdErr = spec.IsBatch ? OutputPaths.Expand(job, spec.StdErr.Length > 0 ? spec.StdErr : OutputPaths.BatchOut(job)) : "",
            StdIn = spec.IsBatch ? spec.StdIn.Length > 0 ? OutputPaths.Expand(job, spec.StdIn) : "/dev/null" : "",
            Steps = steps ? StepViews.Of(job) : [],
        };
    }

    /// <summary>What the submission said; the rest is filled in by the caller.</summary>
    public static JobView Asked(JobSpec spec) => ResourceViews.Asked(new JobView
    {
        Name = spec.Name, Uid = spec.Uid, Gid = spec.Gid, User = spec.User, Group = spec.Group, Account = spec.Account.Length > 0 ? spec.Account : null,
        Partition = spec.Partition, Nice = spec.Nice, NodesMin = spec.NodesMin, NodesMax = spec.NodesMax, Tasks = spec.Tasks, CpusPerTask = spec.CpusPerTask,
        TasksPerNode = spec.TasksPerNode, ArrayThrottle = spec.ArrayThrottle,
        MemoryPerNodeBytes = spec.HasMemoryPerNodeBytes ? spec.MemoryPerNodeBytes : null, MemoryPerCpuBytes = spec.HasMemoryPerCpuBytes ? spec.MemoryPerCpuBytes : null,
        RequestedNodes = spec.NodeList.Length > 0 ? spec.NodeList : null, ExcludedNodes = spec.ExcludeList.Length > 0 ? spec.ExcludeList : null,
        TimeLimitMs = spec.TimeLimitMs, IsBatch = spec.IsBatch, Requeue = spec.Requeue, Comment = spec.Comment, Command = spec.Command,
        SubmitLine = spec.SubmitLine, SubmitHost = spec.SubmitHost, SubmitSid = spec.SubmitSid, WorkDir = spec.WorkDir, Exclusive = spec.Exclusive,
    }, spec);

    public static NodeShareView[] Shares(IReadOnlyList<NodeShare> shares)
    {
        if (shares.Count == 0) return [];
        var views = new NodeShareView[shares.Count];
        for (var i = 0; i < views.Length; i++) views[i] = new NodeShareView(shares[i].Node, Bitmaps.ToIds(shares[i].Cpus.Span), shares[i].MemoryBytes, shares[i].Tasks) { Gres = ResourceViews.WithIndices(shares[i].Gres) };
        return views;
    }

    public static (uint Cpus, ulong MemoryBytes) Allocated(IReadOnlyList<NodeShare> shares)
    {
        uint cpus = 0;
        ulong memory = 0;
        for (var i = 0; i < shares.Count; i++)
        {
            cpus += (uint)Bitmaps.Count(shares[i].Cpus.Span);
            memory += shares[i].MemoryBytes;
        }
        return (cpus, memory);
    }

    public static ulong AskedMemory(JobSpec spec) => spec.HasMemoryPerCpuBytes ? spec.MemoryPerCpuBytes * Math.Max(1, spec.Tasks) * Math.Max(1, spec.CpusPerTask)
        : spec.HasMemoryPerGpuBytes ? spec.MemoryPerGpuBytes * Gpus(spec)
        : spec.HasMemoryPerNodeBytes ? spec.MemoryPerNodeBytes * Math.Max(1, spec.NodesMin) : 0;

    private static ulong Gpus(JobSpec spec)
    {
        foreach (var one in ResourceViews.Requested(spec))
            if (one.Tres == "gres/gpu") return one.Count;
        return 0;
    }

    /// <summary>FIFO ranks shown as Slurm's basic priorities: they begin just below 2³² − 65536 and fall.</summary>
    private static uint Priority(Cluster cluster, Job job, Instant now) => job.Held || job.HeldByAdmin ? 0
        : PendingViews.Multifactor(cluster) ? (uint)Math.Min(cluster.PriorityBreakdownOf(job.Id, "", now)?.Total ?? 1, PriorityTop)
        : job.Spec.HasPriority ? job.Spec.Priority : PriorityTop - (uint)Math.Min(job.Order, PriorityTop - 1);

    private static string Reason(Cluster cluster, Job job)
    {
        if (job.State == JobState.Pending) return WithNodes(cluster, job);
        return job.State switch
        {
            JobState.Timeout => "TimeLimit",
            JobState.OutOfMemory => "OutOfMemory",
            JobState.Failed => job.Kind == EndKind.EndLaunchFailed ? "JobLaunchFailure" : job.Signal != 0 ? "RaisedSignal:" + Signal(job.Signal) : "NonZeroExitCode",
            JobState.NodeFail => "NodeDown",
            _ => "None",
        };
    }

    /// <summary>As slurmctld describes the state: which of the nodes asked for are not there.</summary>
    private static string WithNodes(Cluster cluster, Job job)
    {
        if (job.Reason is not (PendingReason.ReqNodeNotAvail or PendingReason.NodeDown) || job.Spec.NodeList.Length == 0 || !Hostlist.TryExpand(job.Spec.NodeList, out var asked, out _)) return job.Reason.ToString();
        var missing = new List<string>();
        foreach (var name in asked)
            if (!cluster.Nodes.TryGetValue(name, out var node) || !node.TakesJobs) missing.Add(name);
        return missing.Count == 0 ? "ReqNodeNotAvail, Reserved for maintenance" : $"ReqNodeNotAvail, UnavailableNodes:{Hostlist.FoldSorted(missing)}";
    }

    private static string Signal(int signal) => string.Create(CultureInfo.InvariantCulture, $"{signal}({SignalName.Describe(signal)})");

    private static string Tasks(IReadOnlyList<Core.Journal.ArrayRange> ranges, uint throttle)
    {
        var text = new StringBuilder();
        for (var i = 0; i < ranges.Count; i++)
        {
            var range = ranges[i];
            if (i > 0) text.Append(',');
            text.Append(CultureInfo.InvariantCulture, $"{range.First}");
            if (range.Last > range.First) text.Append(CultureInfo.InvariantCulture, $"-{range.Last}");
            if (range.Last > range.First && range.Step > 1) text.Append(CultureInfo.InvariantCulture, $":{range.Step}");
        }
        if (throttle > 0) text.Append(CultureInfo.InvariantCulture, $"%{throttle}");
        return text.ToString();
    }
}
