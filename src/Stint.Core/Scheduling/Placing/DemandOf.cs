using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;
using Stint.Core.Scheduling.Planning.Placement;

namespace Stint.Core.Scheduling.Placing;

/// <summary>A request as the demand of one of its nodes, as far as fragmentation of GPUs is concerned.</summary>
internal static class DemandOf
{
    public static GpuDemand Request(Request request, ClusterScope scope)
    {
        if (request.Ranges is { } ranges)
            return new GpuDemand(ranges.CpusMin * 1000L, (long)ranges.MemoryMin, ranges.GpusMin, NodeCapacity.WholeGpu);
        var tasks = (request.Tasks + request.NodesMin - 1) / request.NodesMin;
        long gpus = 0, parts = 0;
        var (partsName, models) = ("", "");
        foreach (var demand in request.Gres)
        {
            if (demand.IsGpu)
            {
                gpus += Count(request, demand, tasks);
                if (demand.Type.Length > 0 && models.Length == 0) models = demand.Type;
            }
            else if (demand.IsPart) (parts, partsName) = (Count(request, demand, tasks), demand.Name);
        }
        var cpus = Math.Max((long)tasks * request.CpusPerTask, gpus * request.CpusPerGpu);
        var memory = (request.MemoryPerNode ?? 0) + (request.MemoryPerCpu ?? 0) * (ulong)cpus + (request.MemoryPerGpu ?? 0) * (ulong)gpus;
        if (gpus == 0 && parts > 0)
            return new GpuDemand(cpus * 1000, (long)memory, 1, (int)Math.Clamp(parts * NodeCapacity.WholeGpu / scope.PartsPerGpu(partsName), 1, NodeCapacity.WholeGpu), models);
        return new GpuDemand(cpus * 1000, (long)memory, (int)Math.Min(gpus, int.MaxValue), NodeCapacity.WholeGpu, models);
    }

    private static long Count(Request request, in GresDemand demand, int tasks) => demand.Per switch
    {
        GresPer.PerTask => (long)demand.Count * tasks,
        GresPer.PerJob => (demand.Count + request.NodesMin - 1) / request.NodesMin,
        GresPer.PerSocket => (long)demand.Count * Math.Max(1, request.SocketsPerNode),
        _ => demand.Count,
    };
}
