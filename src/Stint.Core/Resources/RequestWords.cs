namespace Stint.Core.Resources;

public sealed partial class Request
{
    /// <summary>A sentence for people: what is asked for, without where.</summary>
    public override string ToString()
    {
        if (Ranges is not null) return $"{Ranges} on {Nodes(NodesMin)}";
        var memory = WholeMemory ? "all memory of each node"
            : MemoryPerCpu > 0 ? $"{new ByteSize(MemoryPerCpu.Value)} of memory per CPU"
            : MemoryPerGpu > 0 ? $"{new ByteSize(MemoryPerGpu.Value)} of memory per GPU"
            : $"{new ByteSize(MemoryPerNode!.Value)} of memory per node";
        var gres = "";
        foreach (var demand in Gres) gres += $", {demand}";
        if (CpusPerGpu > 0) gres += $", {CpusPerGpu} {(CpusPerGpu == 1 ? "CPU" : "CPUs")} per GPU";
        if (DiskBytes > 0) gres += $", {new ByteSize(DiskBytes)} of disk per node";
        var features = Constraint is null ? "" : $" with {Constraint}";
        var alone = Exclusive ? ", exclusively" : OnlyUser is not null ? ", shared with no other user" : "";
        var cpus = (long)Tasks * CpusPerTask;
        return $"{cpus} {(cpus == 1 ? "CPU" : "CPUs")}{gres} and {memory} on at least {Nodes(NodesMin)}{features}{alone}";
    }

    private static string Nodes(int count) => count == 1 ? "1 node" : $"{count} nodes";
}
