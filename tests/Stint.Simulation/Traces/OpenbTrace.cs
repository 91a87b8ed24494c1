using System.Globalization;
using Stint.Core.Scheduling.Planning.Placement;

namespace Stint.Simulation.Traces;

/// <summary>
/// The node list (sn, cpu_milli, memory_mib, gpu, model) and pod list (…, cpu_milli, memory_mib, num_gpu, gpu_milli, gpu_spec, …) of
/// Alibaba's GPU cluster, trace of 2023.
/// </summary>
public static class OpenbTrace
{
    private const long Mebibyte = 1 << 20;

    /// <summary>The nodes, as new: nothing taken.</summary>
    public static List<NodeCapacity> ReadNodes(TextReader reader)
    {
        var table = new Table(reader.ReadLine() ?? "", ',');
        int cpu = table.Required("cpu_milli"), memory = table.Required("memory_mib");
        int gpus = table.Required("gpu"), model = table.Required("model");
        return [.. table.Rows(reader).Select(row =>
            new NodeCapacity(Number(row[cpu]), Number(row[memory]) * Mebibyte, (int)Number(row[gpus]), row[model]))];
    }

    public static List<GpuDemand> ReadPods(TextReader reader)
    {
        var table = new Table(reader.ReadLine() ?? "", ',');
        int cpu = table.Required("cpu_milli"), memory = table.Required("memory_mib"), models = table.Required("gpu_spec");
        int gpus = table.Required("num_gpu"), milli = table.Required("gpu_milli");
        return [.. table.Rows(reader).Select(row =>
            Pod(Number(row[cpu]), Number(row[memory]), (int)Number(row[gpus]), row[milli], row[models]))];
    }

    private static GpuDemand Pod(long cpuMilli, long memoryMiB, int gpus, string milli, string models)
    {
        var perGpu = gpus == 0 ? 0 : gpus > 1 ? NodeCapacity.WholeGpu : (int)Number(milli);
        return new GpuDemand(cpuMilli, memoryMiB * Mebibyte, perGpu == 0 ? 0 : gpus, perGpu, models);
    }

    private static long Number(string field) => field.Length == 0 ? 0 : long.Parse(field, CultureInfo.InvariantCulture);
}
