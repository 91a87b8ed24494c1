using System.Globalization;
using Stint.Core;
using Stint.Core.Scheduling.Planning;
using Stint.Core.Scheduling.Planning.Placement;

namespace Stint.Server.Simulate.Traces;

/// <summary>
/// The node list (sn, cpu_milli, memory_mib, gpu, model) and pod list (…, cpu_milli, memory_mib, num_gpu, gpu_milli, gpu_spec, …) of
/// Alibaba's GPU cluster, trace of 2023.
/// </summary>
public static class OpenbTrace
{
    private const long Mebibyte = 1 << 20;

    /// <summary>One line of the node list.</summary>
    public readonly record struct NodeLine(string Name, long CpuMilli, long MemoryBytes, int Gpus, string Model);

    public static bool IsNodeList(string header) => HasColumns(header, "sn", "cpu_milli", "memory_mib", "gpu");

    public static bool IsPodList(string header) => HasColumns(header, "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "creation_time");

    /// <summary>The nodes as they are described.</summary>
    public static IEnumerable<NodeLine> ReadNodeLines(TextReader reader)
    {
        var table = new Table(reader.ReadLine() ?? "", ',');
        int name = table.Column("sn"), cpu = table.Required("cpu_milli"), memory = table.Required("memory_mib");
        int gpus = table.Required("gpu"), model = table.Required("model");
        var number = 0;
        foreach (var row in table.Rows(reader))
        {
            number++;
            yield return new NodeLine(name < 0 ? $"n{number}" : row[name], Number(row[cpu]), Number(row[memory]) * Mebibyte,
                (int)Number(row[gpus]), row[model]);
        }
    }

    /// <summary>The nodes, as new: nothing taken.</summary>
    public static List<NodeCapacity> ReadNodes(TextReader reader) =>
        [.. ReadNodeLines(reader).Select(node => new NodeCapacity(node.CpuMilli, node.MemoryBytes, node.Gpus, node.Model))];

    /// <summary>What the pods demand, without their times.</summary>
    public static List<GpuDemand> ReadPods(TextReader reader)
    {
        var table = new Table(reader.ReadLine() ?? "", ',');
        var pods = new PodColumns(table);
        return [.. table.Rows(reader).Select(pods.Demand)];
    }

    /// <summary>
    /// The pods as jobs: submitted when created, run from their scheduling (or creation) to their deletion. Those that were never deleted
    /// or have no time are left out.
    /// </summary>
    public static IEnumerable<TraceJob> Read(string header, TextReader reader)
    {
        var table = new Table(header, ',');
        var pods = new PodColumns(table);
        int created = table.Required("creation_time"), deleted = table.Required("deletion_time"), scheduled = table.Column("scheduled_time");
        var owner = table.Column("user", "qos");
        long id = 0;
        foreach (var row in table.Rows(reader))
        {
            id++;
            if (row[created].Length == 0 || row[deleted].Length == 0) continue;
            var start = scheduled >= 0 && row[scheduled].Length > 0 ? Seconds(row[scheduled]) : Seconds(row[created]);
            var runMs = (long)(1000 * (Seconds(row[deleted]) - start));
            if (runMs < 0) continue;
            var demand = pods.Demand(row);
            yield return new TraceJob(id, new Instant((long)(1000 * Seconds(row[created]))), runMs, Math.Max(1, runMs),
                new Amount((demand.CpuMilli + 999) / 1000, demand.MemoryBytes, demand.Gpus, 1), owner < 0 ? "" : row[owner])
            {
                CpuMilli = demand.CpuMilli, MilliPerGpu = demand.Gpus == 0 ? TraceJob.WholeGpu : demand.MilliPerGpu,
                GpuModels = demand.Models, IsOnOneNode = true,
            };
        }
    }

    private static bool HasColumns(string header, params ReadOnlySpan<string> names)
    {
        var table = new Table(header, ',');
        foreach (var name in names)
            if (table.Column(name) < 0) return false;
        return true;
    }

    private static double Seconds(string field) =>
        double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && Math.Abs(seconds) < 1e12 ? seconds
        : throw new FormatException($"'{field}' is no number of seconds");

    private static long Number(string field) => field.Length == 0 ? 0
        : long.TryParse(field, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw new FormatException($"'{field}' is no whole number");

    private sealed class PodColumns(Table table)
    {
        private readonly int cpu = table.Required("cpu_milli"), memory = table.Required("memory_mib"), models = table.Required("gpu_spec");
        private readonly int gpus = table.Required("num_gpu"), milli = table.Required("gpu_milli");

        public GpuDemand Demand(string[] row)
        {
            var count = (int)Number(row[gpus]);
            var perGpu = count == 0 ? 0 : count > 1 ? NodeCapacity.WholeGpu : (int)Number(row[milli]);
            return new GpuDemand(Number(row[cpu]), Number(row[memory]) * Mebibyte, perGpu == 0 ? 0 : count, perGpu, row[models]);
        }
    }
}
