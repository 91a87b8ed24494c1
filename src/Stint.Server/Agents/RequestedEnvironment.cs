using System.Globalization;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Server.Agents;

/// <summary>The variables that repeat what was asked for of GPUs, layout and policy (sbatch(1), output environment variables); only what was asked is set.</summary>
internal static class RequestedEnvironment
{
    private const ulong MiB = 1 << 20;

    public static IEnumerable<KeyValuePair<string, string>> Of(Job job)
    {
        var spec = job.Spec;
        foreach (var variable in Gpus(spec)) yield return variable;
        if (spec.CpusPerGpu > 0) yield return new("SLURM_CPUS_PER_GPU", Text(spec.CpusPerGpu));
        if (spec.HasMemoryPerGpuBytes) yield return new("SLURM_MEM_PER_GPU", Text(spec.MemoryPerGpuBytes / MiB));
        if (spec.TasksPerGpu > 0) yield return new("SLURM_NTASKS_PER_GPU", Text(spec.TasksPerGpu));
        if (spec.TasksPerCore > 0) yield return new("SLURM_NTASKS_PER_CORE", Text(spec.TasksPerCore));
        if (spec.TasksPerSocket > 0) yield return new("SLURM_NTASKS_PER_SOCKET", Text(spec.TasksPerSocket));
        if (spec.ThreadsPerCore > 0) yield return new("SLURM_THREADS_PER_CORE", Text(spec.ThreadsPerCore));
        if (spec.GpuBind.Length > 0) yield return new("SLURM_GPU_BIND", spec.GpuBind);
        if (spec.Distribution.Length > 0)
        {
            yield return new("SLURM_DISTRIBUTION", spec.Distribution);
            if (spec.Distribution.StartsWith("plane=", StringComparison.Ordinal)) yield return new("SLURM_DIST_PLANESIZE", spec.Distribution[6..]);
        }
        if (job.Reservation.Length > 0) yield return new("SLURM_JOB_RESERVATION", job.Reservation);
        if (job.Licenses.Length > 0) yield return new("SLURM_JOB_LICENSES", job.Licenses);
        if (spec.Segment > 0) yield return new("SLURM_JOB_SEGMENT_SIZE", Text(spec.Segment));
        if (spec.HetJobId == 0) yield break;
        yield return new("SLURM_HET_JOB_ID", Text(spec.HetJobId));
        yield return new("SLURM_HET_OFFSET", Text(spec.HetOffset));
        if (spec.HetComponents > 0) yield return new("SLURM_HET_SIZE", Text(spec.HetComponents));
    }

    private static IEnumerable<KeyValuePair<string, string>> Gpus(JobSpec spec)
    {
        foreach (var (per, name) in (IEnumerable<(GresPer, string)>)[(GresPer.PerJob, "SLURM_GPUS"), (GresPer.PerNode, "SLURM_GPUS_PER_NODE"), (GresPer.PerTask, "SLURM_GPUS_PER_TASK"), (GresPer.PerSocket, "SLURM_GPUS_PER_SOCKET")])
        {
            var text = new List<string>();
            foreach (var one in spec.Gres)
                if (one.Name == "gpu" && one.Per == per) text.Add(one.Type.Length > 0 ? $"{one.Type}:{Text(one.Count)}" : Text(one.Count));
            if (text.Count > 0) yield return new(name, string.Join(',', text));
        }
    }

    private static string Text<T>(T number) where T : IFormattable => number.ToString(null, CultureInfo.InvariantCulture);
}
