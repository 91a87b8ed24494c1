using System.Globalization;
using Stint.Core.Journal;
using Stint.Core.Jobs;
using Stint.Protocol.Slurm;

namespace Stint.Server.Agents;

/// <summary>
/// What the server knows of a job, as Slurm's output environment variables (sbatch(1), srun(1)); exact forms as slurmd 22.05 and
/// 26.05 set them. The agent adds what differs from task to task and from node to node.
/// </summary>
internal static class JobEnvironment
{
    private const ulong MiB = 1 << 20;

    public static IEnumerable<KeyValuePair<string, string>> OfJob(Job job, string cluster)
    {
        var spec = job.Spec;
        var nodes = NodeList(job.Shares);
        var jobId = Text(job.Id);
        yield return new("SLURM_CLUSTER_NAME", cluster);
        yield return new("SLURM_JOB_ID", jobId);
        yield return new("SLURM_JOBID", jobId);
        yield return new("SLURM_JOB_NAME", spec.Name);
        yield return new("SLURM_JOB_NODELIST", nodes);
        yield return new("SLURM_NODELIST", nodes);
        yield return new("SLURM_JOB_NUM_NODES", Text(job.Shares.Count));
        yield return new("SLURM_NNODES", Text(job.Shares.Count));
        yield return new("SLURM_NODE_ALIASES", "(null)");
        yield return new("SLURM_NTASKS", Text(spec.Tasks));
        yield return new("SLURM_NPROCS", Text(spec.Tasks));
        if (spec.TasksPerNode > 0) yield return new("SLURM_NTASKS_PER_NODE", Text(spec.TasksPerNode));
        yield return new("SLURM_JOB_CPUS_PER_NODE", RepeatedCounts.Cpus(job.Shares));
        yield return new("SLURM_TASKS_PER_NODE", RepeatedCounts.Tasks(job.Shares));
        // Slurm sets it only when -c was given; one CPU per task is what one gets without.
        if (spec.CpusPerTask > 1) yield return new("SLURM_CPUS_PER_TASK", Text(spec.CpusPerTask));
        if (spec.HasMemoryPerCpuBytes) yield return new("SLURM_MEM_PER_CPU", Text(spec.MemoryPerCpuBytes / MiB));
        else if (spec.HasMemoryPerNodeBytes) yield return new("SLURM_MEM_PER_NODE", Text(spec.MemoryPerNodeBytes / MiB));
        yield return new("SLURM_JOB_PARTITION", job.Partition.Length > 0 ? job.Partition : spec.Partition);
        if (spec.Account.Length > 0) yield return new("SLURM_JOB_ACCOUNT", spec.Account);
        yield return new("SLURM_JOB_QOS", spec.Qos.Length > 0 ? spec.Qos : "normal");
        yield return new("SLURM_JOB_UID", Text(spec.Uid));
        yield return new("SLURM_JOB_GID", Text(spec.Gid));
        yield return new("SLURM_JOB_USER", spec.User);
        yield return new("SLURM_SUBMIT_DIR", spec.WorkDir);
        yield return new("SLURM_SUBMIT_HOST", spec.SubmitHost);
        yield return new("SLURM_JOB_START_TIME", Text(job.Started.Milliseconds / 1000));
        if (job.EndLimit.IsSet) yield return new("SLURM_JOB_END_TIME", Text(job.EndLimit.Milliseconds / 1000));
        yield return new("SLURM_PRIO_PROCESS", "0");
        if (job.Attempt > 0) yield return new("SLURM_RESTART_COUNT", Text(job.Attempt));
        foreach (var variable in OfArray(job)) yield return variable;
        foreach (var variable in RequestedEnvironment.Of(job)) yield return variable;
    }

    public static IEnumerable<KeyValuePair<string, string>> OfStep(Step step)
    {
        var tasks = RepeatedCounts.Tasks(step.Shares);
        yield return new("SLURM_STEP_ID", Text(step.Id));
        yield return new("SLURM_STEPID", Text(step.Id));
        yield return new("SLURM_STEP_NODELIST", NodeList(step.Shares));
        yield return new("SLURM_STEP_NUM_NODES", Text(step.Shares.Count));
        yield return new("SLURM_STEP_NUM_TASKS", Text(RepeatedCounts.Total(step.Shares)));
        yield return new("SLURM_STEP_TASKS_PER_NODE", tasks);
        var all = Math.Max(RepeatedCounts.Total(step.Shares), step.Spec.HetTasks);
        yield return new("SLURM_NTASKS", Text(all));
        yield return new("SLURM_NPROCS", Text(all));
        yield return new("SLURM_TASKS_PER_NODE", tasks);
        if (step.Spec.CpusPerTask > 1) yield return new("SLURM_CPUS_PER_TASK", Text(step.Spec.CpusPerTask));
    }

    public static string NodeList(IReadOnlyList<NodeShare> shares)
    {
        if (shares.Count == 1) return shares[0].Node;
        var names = new string[shares.Count];
        for (var i = 0; i < names.Length; i++) names[i] = shares[i].Node;
        return Hostlist.Fold(names);
    }

    private static IEnumerable<KeyValuePair<string, string>> OfArray(Job job)
    {
        if (job.ArrayTask is not { } task) yield break;
        uint count = 0, min = uint.MaxValue, max = 0, step = 1;
        foreach (var range in job.Spec.Array)
        {
            count += (range.Last - range.First) / range.Step + 1;
            min = Math.Min(min, range.First);
            max = Math.Max(max, range.Last);
            step = range.Step;
        }
        yield return new("SLURM_ARRAY_JOB_ID", Text(job.ArrayJobId ?? job.Id));
        yield return new("SLURM_ARRAY_TASK_ID", Text(task));
        yield return new("SLURM_ARRAY_TASK_COUNT", Text(count));
        yield return new("SLURM_ARRAY_TASK_MIN", Text(min));
        yield return new("SLURM_ARRAY_TASK_MAX", Text(max));
        yield return new("SLURM_ARRAY_TASK_STEP", Text(step));
    }

    private static string Text<T>(T number) where T : IFormattable => number.ToString(null, CultureInfo.InvariantCulture);
}
