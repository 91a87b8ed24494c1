using System.Globalization;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Format;

/// <summary>Trackable resources as Slurm writes them: <c>cpu=8,mem=1G,node=1,billing=8</c>; accounting lists them by name.</summary>
public static class Tres
{
    public static bool IsAllocated(JobView job) => job.NodeList.Length > 0;
    public static string Requested(JobView job) => Text(job.Cpus, RequestedMemory(job), Math.Max(job.NodesMin, 1), job.Cpus);
    public static string Allocated(JobView job) => Text(job.Cpus, job.MemoryBytes, Math.Max(job.NodeCount, 1), job.Cpus);

    public static string Text(uint cpus, ulong memoryBytes, uint nodes, uint billing) =>
        string.Create(CultureInfo.InvariantCulture, $"cpu={cpus}{Memory(memoryBytes)},node={nodes},billing={billing}");

    public static string Accounting(uint cpus, ulong memoryBytes, uint nodes, bool billed) =>
        string.Create(CultureInfo.InvariantCulture, $"{(billed ? $"billing={cpus}," : "")}cpu={cpus}{Memory(memoryBytes)},node={nodes}");

    /// <summary>What was asked for all nodes together, also after the allocation turned out larger.</summary>
    public static ulong RequestedMemory(JobView job) => job.MemoryPerCpuBytes is { } perCpu ? perCpu * job.Cpus
        : job.MemoryPerNodeBytes is > 0 and { } perNode ? perNode * Math.Max(job.NodesMin, 1)
        : job.MemoryBytes;

    private static string Memory(ulong bytes) => bytes == 0 ? "" : ",mem=" + MemorySize.Format(bytes);
}
