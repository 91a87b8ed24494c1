using System.Globalization;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Squeue;

/// <summary>A line of <c>squeue</c>: a job with what the line needs to know around it.</summary>
public sealed record JobRow(JobView Job, Clock Clock, string Cluster)
{
    public bool IsPending => Job.State == "PENDING";
    public uint ArrayJobId => Job.ArrayJobId ?? Job.JobId;

    /// <summary><c>12</c>, <c>7_3</c>, <c>7_[3-9%3]</c>.</summary>
    public string ArrayId => Job.ArrayTaskId is { } task ? string.Create(CultureInfo.InvariantCulture, $"{ArrayJobId}_{task}")
        : Job.ArrayTasks is { } tasks ? string.Create(CultureInfo.InvariantCulture, $"{ArrayJobId}_[{Shorten(tasks)}]")
        : Job.JobId.ToString(CultureInfo.InvariantCulture);

    public string ArrayTask => Job.ArrayTaskId is { } task ? task.ToString(CultureInfo.InvariantCulture) : Job.ArrayTasks is { } tasks ? Shorten(tasks) : "N/A";

    public string Left
    {
        get
        {
            if (Job.TimeLimitMs == 0) return "UNLIMITED";
            return SlurmDuration.Format(Math.Max(0, Job.TimeLimitMs - Clock.ElapsedMs(Job)));
        }
    }

    public string MinMemory => MemorySize.Format(Job.MemoryPerCpuBytes ?? Job.MemoryPerNodeBytes ?? 0);
    /// <summary>When it began, or will according to the plan; 0: not known.</summary>
    public long StartMs => IsPending && Job.StartMs == 0 ? Job.PlannedStartMs : Job.StartMs;
    public long EndMs => IsPending && Job.PlannedStartMs > 0 && Job.TimeLimitMs > 0 ? Job.PlannedStartMs + Job.TimeLimitMs : Clock.EndMs(Job);
    public string Specialized => Job.CoreSpec is { } cores ? cores.ToString(CultureInfo.InvariantCulture)
        : Job.ThreadSpec is { } threads ? threads.ToString(CultureInfo.InvariantCulture) + " Threads" : "N/A";
    public uint MinCpus => Job.CpusPerNodeMin > 0 ? Job.CpusPerNodeMin : Math.Max(1, Job.TasksPerNode) * Math.Max(1, Job.CpusPerTask);
    public uint Nodes => Job.NodeCount > 0 ? Job.NodeCount : Math.Max(1, Job.NodesMin);

    /// <summary>Why it waits or what ended it, else where it is.</summary>
    public string NodesOrReason => Job.State is "PENDING" or "TIMEOUT" or "OUT_OF_MEMORY" or "DEADLINE" or "FAILED" ? $"({Job.Reason})" : Job.NodeList;

    public string Tres => IsPending ? Format.Tres.Requested(Job) : Format.Tres.Allocated(Job);

    /// <summary>Tasks that this record stands for: 1, or the unstarted tasks of an array.</summary>
    public uint TaskCount => Job.ArrayTasks is { } tasks && TryParseTasks(tasks, out var spec) ? spec!.Count : 1;

    /// <summary>One row for each unstarted task of an array's record.</summary>
    public IEnumerable<JobRow> Expand()
    {
        if (Job.ArrayTasks is not { } tasks || !TryParseTasks(tasks, out var spec)) { yield return this; yield break; }
        foreach (uint task in spec!.Indices()) yield return this with { Job = Job with { ArrayTaskId = task, ArrayTasks = null } };
    }

    /// <summary>Whether the unstarted tasks of an array's record include this one.</summary>
    public bool HoldsTask(uint task) => Job.ArrayTasks is { } tasks && TryParseTasks(tasks, out var spec) && spec!.Ranges.Any(range => range.Contains(task));

    private static bool TryParseTasks(string text, out ArraySpec? spec) => ArraySpec.TryParse(text, ArraySpec.MaxIndex, out spec, out _);

    private static string Shorten(string tasks)
    {
        int percent = tasks.IndexOf('%');
        return percent < 0 ? ArraySpec.Abbreviate(tasks) : ArraySpec.Abbreviate(tasks[..percent]) + tasks[percent..];
    }
}
