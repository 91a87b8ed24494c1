using System.Globalization;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Format;

/// <summary>Trackable resources as Slurm writes them: <c>cpu=8,mem=1G,node=1,billing=8</c>; accounting lists them by name.</summary>
public static class Tres
{
    public static bool IsAllocated(JobView job) => job.NodeList.Length > 0;
    public static string Requested(JobView job) => Text(RequestedCpus(job), RequestedMemory(job), Math.Max(job.NodesMin, 1), Billing(job)) + Gres(job.GresRequested);
    public static string Allocated(JobView job) => Text(job.Cpus, job.MemoryBytes, Math.Max(job.NodeCount, 1), Billing(job)) + Gres(job.GresAllocated);

    public static uint Billing(JobView job) => job.Billing > 0 ? (uint)Math.Min(job.Billing, uint.MaxValue) : job.Cpus;

    /// <summary><c>,gres/gpu=4,gres/gpu:a100=4</c></summary>
    public static string Gres(IEnumerable<TresCount> counts) => string.Concat(counts.Select(c => string.Create(CultureInfo.InvariantCulture, $",{c.Tres}={c.Count}")));

    /// <summary><c>cpu=2,gres:gpu:1</c>; empty: nothing was asked per task.</summary>
    public static string PerTask(JobView job) => string.Join(',', new[] { job.CpusPerTask > 1 ? string.Create(CultureInfo.InvariantCulture, $"cpu={job.CpusPerTask}") : null, job.TresPerTask }
        .Where(part => !string.IsNullOrEmpty(part)));

    public static string Text(uint cpus, ulong memoryBytes, uint nodes, uint billing) =>
        string.Create(CultureInfo.InvariantCulture, $"cpu={cpus}{Memory(memoryBytes)},node={nodes},billing={billing}");

    /// <summary>As sacct writes them, by name; <c>gres/gpu:a100</c> comes before <c>gres/gpu</c>.</summary>
    public static string Accounting(uint cpus, ulong memoryBytes, uint nodes, uint? billing, IReadOnlyList<TresCount> gres)
    {
        var text = new List<string>(gres.Count + 4);
        if (billing is { } billed) text.Add(string.Create(CultureInfo.InvariantCulture, $"billing={billed}"));
        text.Add(string.Create(CultureInfo.InvariantCulture, $"cpu={cpus}"));
        foreach (var one in gres) text.Add(string.Create(CultureInfo.InvariantCulture, $"{one.Tres}={one.Count}"));
        if (memoryBytes > 0) text.Add(Memory(memoryBytes)[1..]);
        text.Add(string.Create(CultureInfo.InvariantCulture, $"node={nodes}"));
        text.Sort(string.CompareOrdinal);
        return string.Join(',', text);
    }

    /// <summary>What was asked, also after whole cores or nodes were given.</summary>
    public static uint RequestedCpus(JobView job) => Math.Max(1, job.Tasks) * Math.Max(1, job.CpusPerTask);

    /// <summary>What was asked for all nodes together, also after the allocation turned out larger.</summary>
    public static ulong RequestedMemory(JobView job) => job.MemoryPerCpuBytes is { } perCpu ? perCpu * RequestedCpus(job)
        : job.MemoryPerNodeBytes is > 0 and { } perNode ? perNode * Math.Max(job.NodesMin, 1)
        : job.MemoryBytes;

    private static string Memory(ulong bytes) => bytes == 0 ? "" : ",mem=" + MemorySize.Format(bytes);
}
