using Stint.Core.Nodes;

namespace Stint.Core.Resources;

/// <summary>Devices that have the same cpus near them (a socket, a NUMA node), for one kind of node.</summary>
public sealed class DeviceGroups
{
    private readonly int[] groupOfCell;
    private readonly CpuSet[] cpus;

    internal DeviceGroups(NodeKind node)
    {
        groupOfCell = new int[node.Gres.Empty.Cells.Length];
        var near = new List<CpuSet>();
        foreach (var pool in node.Pools)
        {
            for (var i = 0; i < pool.Cells; i++)
            {
                var set = pool.Form == PoolForm.Units ? pool.Units[i].Near.Intersect(node.AllCpus) : default;
                if (pool.Form == PoolForm.Parts) { groupOfCell[pool.FirstCell + i] = groupOfCell[node.Gres.GpuOf(pool.FirstCell + i)]; continue; }
                if (set.IsEmpty) set = node.AllCpus;
                var group = near.IndexOf(set);
                if (group < 0) { group = near.Count; near.Add(set); }
                groupOfCell[pool.FirstCell + i] = group;
            }
        }
        cpus = [.. near];
        Sockets = new int[cpus.Length];
        for (var group = 0; group < cpus.Length; group++) Sockets[group] = SocketOf(node, cpus[group]);
    }

    public int Count => cpus.Length;
    public int Of(int cell) => groupOfCell[cell];
    public CpuSet CpusOf(int group) => cpus[group];
    /// <summary>The socket of each group; -1: it spans several.</summary>
    public int[] Sockets { get; }

    private static int SocketOf(NodeKind node, CpuSet near)
    {
        for (var socket = 0; socket < node.Sockets; socket++)
            if (near.IsSubsetOf(node.CpusOf(socket))) return socket;
        return -1;
    }
}
