using System.Globalization;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Resources;
using Stint.Protocol.Agents;

namespace Stint.Server.Agents;

/// <summary>Which task of a step is on which node, and what its agent is told of how they lie there.</summary>
internal static class StepLayout
{
    /// <summary>The global ids of each share's tasks.</summary>
    public static uint[][] TaskIds(Job job, Step step)
    {
        var counts = new uint[step.Shares.Count];
        for (var i = 0; i < counts.Length; i++) counts[i] = step.Shares[i].Tasks;
        return TaskSpread.Ids(counts, TaskDistribution.Parse(DistributionOf(job, step.Spec)) ?? default);
    }

    public static TaskLayout Of(Job job, Step step) => new()
    {
        CpuBind = step.Spec.CpuBind, MemBind = step.Spec.MemBind, GpuBind = GpuBind(job, step.Spec), Distribution = DistributionOf(job, step.Spec),
        ThreadsPerCore = step.Spec.ThreadsPerCore, TasksPerCore = step.Spec.TasksPerCore, TasksPerSocket = step.Spec.TasksPerSocket,
    };

    /// <summary>SLURM_DISTRIBUTION, and for planes their size.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Variables(Job job, Step step)
    {
        var text = DistributionOf(job, step.Spec).Split(',')[0];
        if (text.StartsWith("plane=", StringComparison.Ordinal))
        {
            yield return new("SLURM_DISTRIBUTION", "plane");
            yield return new("SLURM_DIST_PLANESIZE", text[6..]);
            yield break;
        }
        yield return new("SLURM_DISTRIBUTION", text.Length == 0 ? "block" : text[0] == '*' ? $"block{text.AsSpan(1)}" : text);
    }

    private static string DistributionOf(Job job, StepSpec spec) => spec.Distribution.Length > 0 ? spec.Distribution : job.Spec.IsBatch ? "" : job.Spec.Distribution;

    /// <summary>Counts of GPUs per task, or of tasks per GPU, bind as well (srun(1), --gpus-per-task and --ntasks-per-gpu).</summary>
    private static string GpuBind(Job job, StepSpec spec)
    {
        if (spec.GpuBind.Length > 0) return spec.GpuBind;
        if (job.Spec.GpuBind.Length > 0) return job.Spec.GpuBind;
        if (PerTask(spec.Gres) is > 0 and var own) return string.Create(CultureInfo.InvariantCulture, $"per_task:{own}");
        if (spec.Gres.Count > 0 || spec.NoGres) return "";
        if (PerTask(job.Spec.Gres) is > 0 and var jobs) return string.Create(CultureInfo.InvariantCulture, $"per_task:{jobs}");
        return job.Spec.TasksPerGpu > 0 ? string.Create(CultureInfo.InvariantCulture, $"single:{job.Spec.TasksPerGpu}") : "";
    }

    private static ulong PerTask(IEnumerable<GresRequest> requests)
    {
        ulong count = 0;
        foreach (var one in requests)
            if (one.Name == "gpu" && one.Per == GresPer.PerTask) count += one.Count;
        return count;
    }
}
