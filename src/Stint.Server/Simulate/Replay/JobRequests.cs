using Stint.Core.Journal;
using Stint.Server.Simulate.Clusters;
using Stint.Server.Simulate.Traces;

namespace Stint.Server.Simulate.Replay;

/// <summary>A trace's jobs as requests to the engine: as their users would have written them for this cluster.</summary>
/// <param name="cluster">What they run on.</param>
/// <param name="estimateMs">The time limit a job is submitted with; never below its run time.</param>
/// <param name="keepNodes">A job asks for at least as many nodes as the trace says it had.</param>
internal sealed class JobRequests(ClusterDescription cluster, Func<TraceJob, long> estimateMs, bool keepNodes = false)
{
    private readonly Dictionary<string, uint> uids = new(StringComparer.Ordinal);
    private readonly bool hasGpus = cluster.Capacity.Gpus > 0;

    public JobSpec Of(TraceJob job)
    {
        var spec = new JobSpec
        {
            Name = "replayed", User = job.User, Uid = UidOf(job.User), IsBatch = true, NodesMin = 1, CpusPerTask = 1,
            TimeLimitMs = PlannedMs(job),
        };
        if (job.Partition.Length > 0 && cluster.HasPartition(job.Partition)) spec.Partition = job.Partition;
        AddCpus(spec, job);
        AddMemory(spec, job);
        if (job.Amount.Gpus > 0 && hasGpus) AddGpus(spec, job);
        if (job.IsOnOneNode) spec.NodesMax = 1;
        else if (keepNodes && job.Amount.Units > 1) spec.NodesMin = (uint)job.Amount.Units;
        return spec;
    }

    /// <summary>At least a millisecond: zero would ask for the partition's default.</summary>
    public long PlannedMs(TraceJob job) => Math.Max(1, Math.Max(estimateMs(job), job.RunMs));

    private long Cpus(TraceJob job)
    {
        var milli = job.CpuMilli > 0 ? job.CpuMilli : job.Amount.Cpus * 1000;
        return Math.Max(1, (milli * cluster.PartsPerCpu + 999) / 1000);
    }

    /// <summary>One task per processor, or one per GPU with its share of the processors: such jobs may be spread over nodes.</summary>
    private void AddCpus(JobSpec spec, TraceJob job)
    {
        var cpus = Cpus(job);
        if (job.IsOnOneNode) (spec.Tasks, spec.CpusPerTask) = (1, (uint)cpus);
        else if (job.Amount.Gpus > 1 && hasGpus)
        {
            spec.Tasks = (uint)job.Amount.Gpus;
            spec.CpusPerTask = (uint)((cpus + job.Amount.Gpus - 1) / job.Amount.Gpus);
        }
        else spec.Tasks = (uint)cpus;
    }

    private void AddMemory(JobSpec spec, TraceJob job)
    {
        // Without a word about memory a job would take all of a node's.
        var bytes = cluster.CountsMemory ? job.Amount.MemoryBytes : 0;
        var cpus = (long)spec.Tasks * spec.CpusPerTask;
        if (job.IsOnOneNode) spec.MemoryPerNodeBytes = (ulong)Math.Max(1, bytes);
        else spec.MemoryPerCpuBytes = (ulong)Math.Max(1, (bytes + cpus - 1) / cpus);
    }

    private void AddGpus(JobSpec spec, TraceJob job)
    {
        var model = job.GpuModels.Length > 0 && !job.GpuModels.Contains('|') && cluster.HasGpuModel(job.GpuModels) ? job.GpuModels : "";
        if (job.MilliPerGpu < TraceJob.WholeGpu)
            spec.Gres.Add(new GresRequest { Name = "shard", Type = model, Count = (ulong)job.MilliPerGpu, Per = GresPer.PerNode });
        else if (spec.Tasks > 1) spec.Gres.Add(new GresRequest { Name = "gpu", Type = model, Count = 1, Per = GresPer.PerTask });
        else spec.Gres.Add(new GresRequest { Name = "gpu", Type = model, Count = (ulong)job.Amount.Gpus, Per = GresPer.PerNode });
    }

    private uint UidOf(string user)
    {
        if (!uids.TryGetValue(user, out var uid)) uids.Add(user, uid = (uint)uids.Count + 1);
        return uid;
    }
}
