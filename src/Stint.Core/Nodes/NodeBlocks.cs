using Stint.Core.Resources;

namespace Stint.Core.Nodes;

/// <summary>
/// The equal shares a node is cut into: cores, GPUs and memory alike, the disk is shared. Valid only when cores and GPUs divide evenly;
/// a node that does not divide, or is not to, has none.
/// </summary>
public sealed class NodeBlocks
{
    private static readonly NodeBlocks None = new([], [], 0);

    private readonly CpuSet[] cpus;
    private readonly int[][] gpuCells;

    private NodeBlocks(CpuSet[] cpus, int[][] gpuCells, ulong memoryBytes) =>
        (this.cpus, this.gpuCells, MemoryBytes) = (cpus, gpuCells, memoryBytes);

    public int Count => cpus.Length;
    /// <summary>Of one block.</summary>
    public ulong MemoryBytes { get; }
    public CpuSet CpusOf(int block) => cpus[block];
    public ReadOnlySpan<int> GpuCellsOf(int block) => gpuCells[block];

    internal static NodeBlocks Of(NodeKind node, NodeSettings settings)
    {
        var cores = node.AllCpus.WholeCores(node.Threads);
        var gpus = node.Gres.GpuCells;
        var count = settings.BlocksAuto ? Divisor(cores, gpus.Length) : (int)settings.Blocks;
        if (count == 0 || cores == 0 || cores % count != 0 || gpus.Length % count != 0) return None;
        var (cpuSets, cells) = (new CpuSet[count], new int[count][]);
        var left = node.AllCpus;
        for (var block = 0; block < count; block++)
        {
            cpuSets[block] = left.LowestCores(cores / count, node.Threads);
            left = left.Except(cpuSets[block]);
            cells[block] = gpus[(block * gpus.Length / count)..((block + 1) * gpus.Length / count)];
        }
        return new NodeBlocks(cpuSets, cells, node.MemoryBytes / (ulong)count);
    }

    /// <summary>As many as cores and GPUs allow: one block per GPU where the cores divide, one per core without GPUs.</summary>
    private static int Divisor(int cores, int gpus)
    {
        while (gpus != 0) (cores, gpus) = (gpus, cores % gpus);
        return cores;
    }
}
