using System.Globalization;
using Stint.Agent.Cgroups;
using Stint.Agent.Kernel;

namespace Stint.Agent.Hardware;

/// <summary>
/// Slurm's core numbers (Cores= of gres.conf) as the scheduler's cpu ids: core i is the i-th core, socket by socket. On declared hardware
/// that many ids in a row make a core, whatever the machine has.
/// </summary>
internal sealed record CpuCores(IReadOnlyList<IReadOnlyList<int>> Cores)
{
    public static CpuCores Read(CpuMap map, uint? declaredThreads, string root = "")
    {
        if (declaredThreads is { } threads) return new CpuCores([.. Enumerable.Range(0, map.Count).Chunk((int)Math.Max(1, threads)).Select(c => (IReadOnlyList<int>)c)]);
        var cores = new SortedDictionary<int, IReadOnlyList<int>>();
        for (var id = 0; id < map.KernelCpus.Count; id++)
        {
            var cpu = map.KernelCpus[id];
            var file = $"{root}/sys/devices/system/cpu/cpu{cpu.ToString(CultureInfo.InvariantCulture)}/topology/thread_siblings_list";
            int[] siblings = [cpu];
            try { if (KernelFiles.Instance.Read(file, out var text) == 0) siblings = CpuList.Parse(text.Trim()); }
            catch (FormatException) { /* as if it had no sibling */ }
            cores.TryAdd(Enumerable.Range(0, id + 1).First(other => other == id || siblings.Contains(map.KernelCpus[other])), [.. Enumerable.Range(0, map.KernelCpus.Count).Where(other => other == id || siblings.Contains(map.KernelCpus[other]))]);
        }
        return new CpuCores([.. cores.Values]);
    }

    /// <summary>Ascending; numbers beyond this node's cores stand for nothing.</summary>
    public IReadOnlyList<int> Ids(IReadOnlyList<int> numbers) => [.. numbers.Where(n => n < Cores.Count).SelectMany(n => Cores[n]).Order()];
}
