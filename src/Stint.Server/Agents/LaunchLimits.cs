using System.Globalization;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Protocol.Agents;
using Stint.Protocol.Slurm;

namespace Stint.Server.Agents;

/// <summary>The limits of one node's part of a step: what was given there, and beside it what was asked, for the receipt.</summary>
internal static class LaunchLimits
{
    private const ulong PidsPerCpu = 4_096, PidsMax = 4_000_000;

    /// <param name="share">The step's share, or the job's own for its batch script.</param>
    /// <param name="step">Null: the batch script.</param>
    public static Limits Of(Job job, NodeShare share, ClusterConfigured config, StepSpec? step = null)
    {
        var cpus = (ulong)Bitmaps.Count(share.Cpus.Span);
        var limits = new Limits
        {
            Cpus = share.Cpus, CpusRequested = CpusRequested(job.Spec), MemoryBytes = share.MemoryBytes, MemoryRequested = MemoryRequested(job.Spec, step),
            SwapBytes = 0, PidsMax = Math.Clamp(cpus * PidsPerCpu, PidsPerCpu, PidsMax), PidsRequested = $"default, {PidsPerCpu} per CPU",
            GresRequested = GresRequested(step is { NoGres: true } ? [] : step is { Gres.Count: > 0 } ? step.Gres : job.Spec.Gres), User = UserLevels.Of(config, job.Spec),
        };
        (limits.CpuMilli, limits.CpuWeight) = (job.Spec.CpuMilli, job.Spec.CpuWeight > 0 ? job.Spec.CpuWeight : WeightOf(job, config));
        if (job.Spec.CpuMilli > 0) limits.CpuMilliRequested = string.Create(CultureInfo.InvariantCulture, $"{job.Spec.CpuMilli / 1000.0:0.###} CPUs");
        var held = OfJob(job, share.Node) ?? share;
        // A step that names no devices of its own has its job's, as in Slurm.
        foreach (var gres in share.Gres.Count > 0 || step is { NoGres: true } ? share.Gres : held.Gres)
        {
            var grant = new GresGrant { Name = gres.Name, Type = gres.Type, Count = gres.Count };
            grant.Indices.Add(gres.Indices);
            limits.Gres.Add(grant);
        }
        if (held.DiskBytes > 0)
        {
            limits.DiskBytes = held.DiskBytes;
            limits.DiskRequested = job.Spec.DiskBytes > 0 ? $"--tmp={Size(job.Spec.DiskBytes)}" : "default";
        }
        return limits;
    }

    private static uint WeightOf(Job job, ClusterConfigured config)
    {
        var name = job.Partition.Length > 0 ? job.Partition : job.Spec.Partition;
        foreach (var partition in config.Partitions)
            if (partition.Name == name) return partition.CpuWeight;
        return 0;
    }

    /// <summary>SLURM_JOB_GPUS of a node: all that the job has there, whatever its step has of them.</summary>
    public static string GpusOf(Job job, string node)
    {
        var indices = new List<uint>();
        foreach (var gres in OfJob(job, node)?.Gres ?? [])
            if (gres.Name == "gpu") indices.AddRange(gres.Indices);
        indices.Sort();
        return string.Join(',', indices);
    }

    private static NodeShare? OfJob(Job job, string node)
    {
        for (var i = 0; i < job.Shares.Count; i++)
            if (job.Shares[i].Node == node) return job.Shares[i];
        return null;
    }

    private static string CpusRequested(JobSpec spec) => spec.Exclusive ? "--exclusive"
        : spec.CpusPerGpu > 0 ? string.Create(CultureInfo.InvariantCulture, $"--cpus-per-gpu={spec.CpusPerGpu}")
        : string.Create(CultureInfo.InvariantCulture, $"-c {Math.Max(1, spec.CpusPerTask)}, {spec.Tasks} task{(spec.Tasks == 1 ? "" : "s")}");

    private static string MemoryRequested(JobSpec spec, StepSpec? step) =>
        step is { HasMemoryPerNodeBytes: true } ? $"--mem={Size(step.MemoryPerNodeBytes)}"
        : step is { HasMemoryPerCpuBytes: true } ? $"--mem-per-cpu={Size(step.MemoryPerCpuBytes)}"
        : spec.HasMemoryPerCpuBytes ? $"--mem-per-cpu={Size(spec.MemoryPerCpuBytes)}"
        : spec.HasMemoryPerGpuBytes ? $"--mem-per-gpu={Size(spec.MemoryPerGpuBytes)}"
        : !spec.HasMemoryPerNodeBytes ? "default"
        : spec.MemoryPerNodeBytes == 0 ? "--mem=0 (all of the node)" : $"--mem={Size(spec.MemoryPerNodeBytes)}";

    private static string GresRequested(IEnumerable<GresRequest> requests)
    {
        var text = new List<string>();
        foreach (var one in requests)
        {
            var gpus = string.Create(CultureInfo.InvariantCulture, $"{one.Type}{(one.Type.Length > 0 ? ":" : "")}{one.Count}");
            text.Add(one.Per switch
            {
                GresPer.PerJob => $"--gpus={gpus}",
                GresPer.PerTask => $"--gpus-per-task={gpus}",
                GresPer.PerSocket => $"--gpus-per-socket={gpus}",
                _ => $"--gres={new GresTerm(one.Name, one.Type, one.Count)}",
            });
        }
        return string.Join(' ', text);
    }

    /// <summary>As one types it: the largest unit that needs no fraction.</summary>
    private static string Size(ulong bytes)
    {
        ReadOnlySpan<char> units = "KMGTP";
        var unit = -1;
        while (bytes >= 1024 && bytes % 1024 == 0 && unit < units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }
        var number = bytes.ToString(CultureInfo.InvariantCulture);
        return unit < 0 ? number : number + units[unit];
    }
}
