using Stint.Core.Resources;

namespace Stint.Core.Nodes;

/// <summary>Which cores are kept from jobs: the highest of the last socket, then of the one before it, in turn (as Slurm's CoreSpecCount).</summary>
internal static class SpecializedCores
{
    public static CpuSet Of(ReadOnlySpan<int> socketOfCore, int sockets, int count, int threads)
    {
        if (count <= 0) return default;
        var taken = new bool[socketOfCore.Length];
        var ids = new List<int>();
        for (int socket = sockets - 1, misses = 0; count > 0 && misses < sockets; socket = (socket + sockets - 1) % sockets)
        {
            var core = socketOfCore.Length - 1;
            while (core >= 0 && (socketOfCore[core] != socket || taken[core])) core--;
            if (core < 0) { misses++; continue; }
            misses = 0;
            taken[core] = true;
            count--;
            for (var thread = 0; thread < threads; thread++) ids.Add(core * threads + thread);
        }
        return CpuSet.Of([.. ids]);
    }
}
