namespace Stint.Core.Scheduling.Planning.Placement;

/// <summary>
/// What a node has left, and what is left of each of its GPUs. It changes only through <see cref="Take(in GpuDemand, int)"/>.
/// </summary>
public sealed class NodeCapacity
{
    /// <summary>One whole GPU. Shares of a GPU are counted in thousandths.</summary>
    public const int WholeGpu = 1000;

    private readonly int[] _gpuMilli;

    public NodeCapacity(long cpuMilli, long memoryBytes, int gpus, string gpuModel)
    {
        (CpuMilli, MemoryBytes, GpuModel) = (cpuMilli, memoryBytes, gpuModel);
        _gpuMilli = new int[gpus];
        Array.Fill(_gpuMilli, WholeGpu);
        GpuMilliFree = gpus * WholeGpu;
    }

    public long CpuMilli { get; private set; }

    public long MemoryBytes { get; private set; }

    public string GpuModel { get; }

    /// <summary>What is left of each GPU, in thousandths.</summary>
    public ReadOnlySpan<int> GpuMilli => _gpuMilli;

    /// <summary>The sum of what is left of the GPUs.</summary>
    public int GpuMilliFree { get; private set; }

    /// <summary>Counts the changes: a score that was computed at an equal version still holds.</summary>
    public int Version { get; private set; }

    /// <summary>Whether the demand fits on this node now.</summary>
    public bool Fits(in GpuDemand demand)
    {
        if (demand.CpuMilli > CpuMilli || demand.MemoryBytes > MemoryBytes || !demand.Accepts(GpuModel)) return false;
        if (demand.Gpus == 0) return true;
        if (demand.Gpus * demand.MilliPerGpu > GpuMilliFree) return false;
        var found = 0;
        foreach (var left in _gpuMilli) found += left >= demand.MilliPerGpu ? 1 : 0;
        return found >= demand.Gpus;
    }

    /// <summary>
    /// Takes a demand from this node; a share of one GPU comes from the GPU given, whole ones from the first that are untouched.
    /// </summary>
    public void Take(in GpuDemand demand, int gpu)
    {
        Take(demand.CpuMilli, demand.MemoryBytes);
        if (demand.Gpus == 1)
        {
            TakeGpu(gpu, demand.MilliPerGpu);
            return;
        }
        var wanted = demand.Gpus;
        for (var g = 0; g < _gpuMilli.Length && wanted > 0; g++)
        {
            if (_gpuMilli[g] < demand.MilliPerGpu) continue;
            TakeGpu(g, demand.MilliPerGpu);
            wanted--;
        }
        if (wanted > 0) throw new InvalidOperationException($"{demand.Gpus} GPUs do not fit on the node");
    }

    private void Take(long cpuMilli, long memoryBytes)
    {
        if (cpuMilli > CpuMilli || memoryBytes > MemoryBytes) throw new InvalidOperationException("the demand does not fit on the node");
        CpuMilli -= cpuMilli;
        MemoryBytes -= memoryBytes;
        Version++;
    }

    private void TakeGpu(int gpu, int milli)
    {
        if (milli > _gpuMilli[gpu]) throw new InvalidOperationException($"GPU {gpu} has {_gpuMilli[gpu]} thousandths left, {milli} wanted");
        _gpuMilli[gpu] -= milli;
        GpuMilliFree -= milli;
    }
}
