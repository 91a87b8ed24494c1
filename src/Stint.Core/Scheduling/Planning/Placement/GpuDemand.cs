namespace Stint.Core.Scheduling.Planning.Placement;

/// <summary>What one piece of work needs on one node.</summary>
/// <param name="CpuMilli">Processors in thousandths.</param>
/// <param name="MemoryBytes">Memory in bytes.</param>
/// <param name="Gpus">How many GPUs; 0 for work without.</param>
/// <param name="MilliPerGpu">How much of each, in thousandths; 1000 whenever more than one is wanted.</param>
/// <param name="Models">GPU models that will do, separated by '|'; empty for any.</param>
public readonly record struct GpuDemand(long CpuMilli, long MemoryBytes, int Gpus, int MilliPerGpu, string Models = "")
{
    public int GpuMilli => Gpus * MilliPerGpu;

    /// <summary>True when a GPU of this model will do.</summary>
    public bool Accepts(string model)
    {
        if (Gpus == 0 || Models.Length == 0) return true;
        foreach (var range in Models.AsSpan().Split('|'))
        {
            if (Models.AsSpan(range).SequenceEqual(model)) return true;
        }
        return false;
    }
}
