using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Protocol.Agents;

namespace Stint.Server.Agents;

/// <summary>Everything a node is told about a step, and nothing it has to look up: what is signed is what runs.</summary>
internal static class LaunchSpecs
{
    /// <summary>The batch script, on the job's first node.</summary>
    public static LaunchSpec OfBatch(Job job, LaunchPayload payload, ClusterConfigured config, Instant now, IEnumerable<KeyValuePair<string, string>>? group = null)
    {
        var spec = Common(job, job.Shares, 0, StepIds.Batch, payload, config, now);
        var asked = job.Spec;
        spec.Io = IoMode.IoFiles;
        spec.TaskIds.Add(0);
        spec.TotalTasks = 1;
        spec.CpusPerTask = asked.CpusPerTask;
        spec.StdOut = OutputPaths.BatchOut(job);
        spec.StdErr = asked.StdErr.Length == 0 ? spec.StdOut : asked.StdErr;
        spec.StdIn = asked.StdIn.Length == 0 ? "/dev/null" : asked.StdIn;
        spec.AppendOutput = asked.AppendOutput || job.Attempt > 0;
        spec.CommandName = asked.Command;
        spec.NodeList = JobEnvironment.NodeList(job.Shares);
        foreach (var (name, value) in JobEnvironment.OfJob(job, config.Name)) spec.Environment.Add($"{name}={value}");
        foreach (var (name, value) in group ?? []) spec.Environment.Add($"{name}={value}");
        return spec;
    }

    /// <summary>One node's part of an srun step.</summary>
    public static LaunchSpec OfStep(Job job, Step step, int shareIndex, LaunchPayload payload, ClusterConfigured config, Instant now)
    {
        var spec = Common(job, step.Shares, shareIndex, step.Id, payload, config, now, step.Spec);
        var asked = step.Spec;
        spec.Io = asked.Pty ? IoMode.IoPty : IoMode.IoPipes;
        spec.PtyRows = asked.PtyRows;
        spec.PtyColumns = asked.PtyColumns;
        spec.TotalTasks = Math.Max(RepeatedCounts.Total(step.Shares), asked.HetTasks);
        spec.CpusPerTask = Math.Max(1, asked.CpusPerTask > 0 ? asked.CpusPerTask : job.Spec.CpusPerTask);
        // Tasks of a step over several components are numbered through: everybody downstream knows them by that number alone.
        foreach (var task in StepLayout.TaskIds(job, step)[shareIndex]) spec.TaskIds.Add(task + asked.TaskOffset);
        spec.Layout = StepLayout.Of(job, step);
        spec.WorkDir = asked.WorkDir.Length > 0 ? asked.WorkDir : job.Spec.WorkDir;
        spec.StdOut = asked.StdOut;
        spec.StdErr = asked.StdErr;
        spec.StdIn = asked.StdIn;
        spec.AppendOutput = asked.AppendOutput;
        spec.NodeList = JobEnvironment.NodeList(step.Shares);
        if (asked.TimeLimitMs > 0) spec.WallLimitMs = spec.WallLimitMs > 0 ? Math.Min(spec.WallLimitMs, asked.TimeLimitMs) : asked.TimeLimitMs;
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in JobEnvironment.OfJob(job, config.Name)) environment[name] = value;
        foreach (var (name, value) in JobEnvironment.OfStep(step)) environment[name] = value;
        foreach (var (name, value) in StepLayout.Variables(job, step)) environment[name] = value;
        if (LaunchLimits.GpusOf(job, step.Shares[shareIndex].Node) is { Length: > 0 } gpus) environment["SLURM_JOB_GPUS"] = gpus;
        foreach (var (name, value) in environment) spec.Environment.Add($"{name}={value}");
        return spec;
    }

    private static LaunchSpec Common(Job job, IReadOnlyList<NodeShare> shares, int index, uint stepId, LaunchPayload payload, ClusterConfigured config, Instant now, StepSpec? step = null)
    {
        var asked = job.Spec;
        var share = shares[index];
        var spec = new LaunchSpec
        {
            Key = new StepKey { JobId = job.Id, StepId = stepId, Attempt = job.Attempt },
            Cluster = config.Name, Node = share.Node, Uid = asked.Uid, Gid = asked.Gid, User = asked.User,
            JobName = asked.Name, Partition = job.Partition.Length > 0 ? job.Partition : asked.Partition,
            Limits = LaunchLimits.Of(job, share, config, step),
            // A limit that passed while the launch was under way must still be a limit, not "unlimited".
            WallLimitMs = job.EndLimit.IsSet ? WallLimitMs(job, now) : 0,
            EndLimitUnixMs = job.EndLimit.Milliseconds, GraceMs = config.KillWaitMs,
            WarnBeforeMs = asked.WarnBeforeMs, WarnSignal = asked.WarnSignal, WarnBatchOnly = asked.WarnBatchOnly,
            Payload = payload, WorkDir = asked.WorkDir, NodeIndex = (uint)index,
        };
        if (job.ArrayTask is { } task)
        {
            spec.ArrayJobId = job.ArrayJobId ?? job.Id;
            spec.ArrayTask = task;
        }
        return spec;
    }

    /// <summary>Never more than was asked for, also when the clock was set back since the start.</summary>
    internal static long WallLimitMs(Job job, Instant now)
    {
        var left = Math.Max(1, (job.EndLimit - now).Ticks / TimeSpan.TicksPerMillisecond);
        return job.Spec.TimeLimitMs > 0 ? Math.Min(left, job.Spec.TimeLimitMs) : left;
    }
}
