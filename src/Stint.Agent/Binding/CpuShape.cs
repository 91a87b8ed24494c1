using Stint.Agent.Hardware;

namespace Stint.Agent.Binding;

/// <summary>
/// A node's CPUs in the scheduler's ids: the threads of a core are neighbours, then the cores of a socket. What is left over where a node is not
/// that regular counts to the last core and socket.
/// </summary>
/// <param name="Domains">NUMA node of each id.</param>
internal sealed record CpuShape(int Cpus, int Sockets, int CoresPerSocket, int ThreadsPerCore, IReadOnlyList<uint> Domains, CpuMap Map)
{
    public static CpuShape Of(Machine machine) => new((int)machine.Report.Cpus, Math.Max(1, (int)machine.Report.Sockets), Math.Max(1, (int)machine.Report.CoresPerSocket),
        Math.Max(1, (int)machine.Report.ThreadsPerCore), machine.Report.NumaOfCpu, machine.Cpus);

    public int CoreOf(int id) => id / ThreadsPerCore;
    public int SocketOf(int id) => Math.Min(id / (ThreadsPerCore * CoresPerSocket), Sockets - 1);
    public uint DomainOf(int id) => id < Domains.Count ? Domains[id] : 0;

    /// <summary>The kernel's number; a declared id that has no CPU behind it stands for itself.</summary>
    public int Number(int id) => id < Map.KernelCpus.Count ? Map.KernelCpus[id] : id;

    /// <summary>The id behind a kernel's number; null: none of this node's.</summary>
    public int? IdOf(int number)
    {
        for (var id = 0; id < Cpus; id++)
            if (Number(id) == number) return id;
        return null;
    }

    public bool IsReal(int id) => id < Map.KernelCpus.Count;

    /// <summary>The set bits of a bitmap of ids, within this node.</summary>
    public List<int> Ids(ReadOnlySpan<byte> bitmap)
    {
        var ids = new List<int>();
        for (var id = 0; id < Math.Min(bitmap.Length * 8, Cpus); id++)
            if ((bitmap[id >> 3] & (1 << (id & 7))) != 0) ids.Add(id);
        return ids;
    }
}
