using Stint.Core.Journal;
using Stint.Core.Resources;

namespace Stint.Core.Nodes;

/// <summary>
/// What nodes of the same hardware and the same configuration have in common, worked out once: which cpus, memory and disk jobs may have,
/// which generic resources there are and how they are laid out. Immutable; nodes of equal description share one.
/// </summary>
public sealed class NodeKind
{
    private readonly int[] socketOfCore;
    private readonly CpuSet[] cpusOfSocket;

    internal NodeKind(int id, Hardware hardware, NodeSettings settings)
    {
        Id = id;
        Threads = Math.Max(1, (int)hardware.ThreadsPerCore);
        Cores = (int)hardware.Cpus / Threads;
        Sockets = Math.Max(1, (int)hardware.Sockets);
        var perSocket = hardware.CoresPerSocket > 0 ? (int)hardware.CoresPerSocket : (Cores + Sockets - 1) / Sockets;
        CoresPerSocket = Math.Max(1, perSocket);
        socketOfCore = new int[Cores];
        for (var core = 0; core < Cores; core++) socketOfCore[core] = Math.Min(core / CoresPerSocket, Sockets - 1);
        KeptCores = SpecializedCores.Of(socketOfCore, Sockets, Math.Min((int)settings.CoresKept, Cores - 1), Threads);
        AllCpus = CpuSet.Full((int)hardware.Cpus).Except(KeptCores);
        cpusOfSocket = new CpuSet[Sockets];
        for (var socket = 0; socket < Sockets; socket++) cpusOfSocket[socket] = CpusWhere(socket).Intersect(AllCpus);
        HardwareMemoryBytes = hardware.MemoryBytes;
        MemoryBytes = hardware.MemoryBytes - Math.Min(settings.MemoryKeptBytes, hardware.MemoryBytes);
        DiskBytes = settings.DiskBytes > 0 ? settings.DiskBytes : hardware.DiskBytes;
        Weight = Math.Max(1, settings.Weight);
        Features = settings.Features;
        Gres = GresLayout.Of(hardware, settings.Gres);
        Groups = new DeviceGroups(this);
        var total = new ResourceAmount { Cores = AllCpus.WholeCores(Threads), MemoryBytes = (long)MemoryBytes, DiskBytes = (long)DiskBytes };
        Gres.Count(Gres.Empty.Cells, ref total);
        Total = total;
        Blocks = NodeBlocks.Of(this, settings);
    }

    /// <summary>Small and dense: an index for memos.</summary>
    public int Id { get; }
    public int Threads { get; }
    /// <summary>Of the hardware, kept ones included.</summary>
    public int Cores { get; }
    public int Sockets { get; }
    public int CoresPerSocket { get; }
    /// <summary>Cpu ids that jobs may have: all but those of cores kept for the system.</summary>
    public CpuSet AllCpus { get; }
    /// <summary>Cpu ids of the cores kept for the system (core specialisation).</summary>
    public CpuSet KeptCores { get; }
    public ulong HardwareMemoryBytes { get; }
    /// <summary>For jobs.</summary>
    public ulong MemoryBytes { get; }
    /// <summary>Local scratch for jobs; 0: not known.</summary>
    public ulong DiskBytes { get; }
    /// <summary>Lower is used first; 1 unless configured.</summary>
    public uint Weight { get; }
    /// <summary>Names, each once, sorted.</summary>
    public IReadOnlyList<string> Features { get; }
    public GresLayout Gres { get; }
    public ReadOnlySpan<GresPool> Pools => Gres.Pools;
    public bool HasGpus => Gres.GpuCells.Length > 0;
    public DeviceGroups Groups { get; }
    public NodeBlocks Blocks { get; }
    /// <summary>All that jobs may have of an empty node.</summary>
    public ResourceAmount Total { get; }

    public int SocketOf(int core) => socketOfCore[core];
    /// <summary>Cpu ids for jobs on that socket.</summary>
    public CpuSet CpusOf(int socket) => cpusOfSocket[socket];

    /// <summary>Free whole cores of each socket.</summary>
    public void FreeCores(CpuSet free, Span<int> ofSocket)
    {
        for (var socket = 0; socket < Sockets; socket++) ofSocket[socket] = free.Intersect(cpusOfSocket[socket]).WholeCores(Threads);
    }

    private CpuSet CpusWhere(int socket)
    {
        var ids = new List<int>();
        for (var core = 0; core < Cores; core++)
            if (socketOfCore[core] == socket)
                for (var thread = 0; thread < Threads; thread++) ids.Add(core * Threads + thread);
        return CpuSet.Of([.. ids]);
    }
}
