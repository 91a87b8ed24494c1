using System.Globalization;
using Stint.Agent.Cgroups;
using Stint.Agent.Kernel;

namespace Stint.Agent.Hardware;

/// <summary>
/// The cpus this agent may use, from /sys/devices/system/cpu and /sys/devices/system/node, without those that its own cpuset or affinity
/// keeps from it: it could not give them to a job either.
/// </summary>
/// <param name="KernelCpus">Socket by socket, core by core: the threads of a core are neighbours.</param>
/// <param name="NumaOfCpu">NUMA node of the i-th usable cpu.</param>
internal sealed record CpuTopology(IReadOnlyList<int> KernelCpus, uint Sockets, uint CoresPerSocket, uint ThreadsPerCore, IReadOnlyList<uint> NumaOfCpu)
{
    private const int AffinityBytes = 1024;

    /// <param name="root">Empty, or the folder that stands for / in tests; the affinity of this process then does not count.</param>
    public static CpuTopology Read(string root)
    {
        var online = CpuList.Parse(Text($"{root}/sys/devices/system/cpu/online", "0"));
        var cpus = root.Length == 0 ? [.. online.Intersect(Affinity(online))] : online;
        if (cpus.Length == 0) cpus = online;
        var sockets = new HashSet<string>();
        var cores = new HashSet<string>();
        var places = new List<(int Socket, int Core, int Cpu)>();
        foreach (var cpu in cpus)
        {
            var topology = $"{root}/sys/devices/system/cpu/cpu{cpu}/topology";
            var socket = Text($"{topology}/physical_package_id", "0");
            sockets.Add(socket);
            // The siblings' list names a core better than core_id, which repeats over dies.
            var siblings = Text($"{topology}/thread_siblings_list", cpu.ToString(CultureInfo.InvariantCulture));
            cores.Add($"{socket}:{siblings}");
            places.Add((int.TryParse(socket, CultureInfo.InvariantCulture, out var number) ? number : 0, First(siblings, cpu), cpu));
        }
        // The kernel often counts the second threads of all cores behind the first ones, and cores over the sockets in turn; the scheduler's ids do neither.
        places.Sort();
        cpus = [.. places.Select(p => p.Cpu)];
        var threads = Math.Max(1, cpus.Length / Math.Max(1, cores.Count));
        var coresPerSocket = Math.Max(1, cores.Count / Math.Max(1, sockets.Count));
        return new CpuTopology(cpus, (uint)sockets.Count, (uint)coresPerSocket, (uint)threads, Numa(root, cpus));
    }

    private static int First(string siblings, int cpu)
    {
        try { return CpuList.Parse(siblings) is [var first, ..] ? first : cpu; }
        catch (FormatException) { return cpu; }
    }

    private static uint[] Numa(string root, int[] cpus)
    {
        var numa = new uint[cpus.Length];
        var folder = $"{root}/sys/devices/system/node";
        if (!Directory.Exists(folder)) return numa;
        foreach (var node in Directory.EnumerateDirectories(folder, "node*"))
        {
            if (!uint.TryParse(Path.GetFileName(node)[4..], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) continue;
            foreach (var cpu in CpuList.Parse(Text($"{node}/cpulist", "")))
            {
                var id = Array.IndexOf(cpus, cpu);
                if (id >= 0) numa[id] = number;
            }
        }
        return numa;
    }

    /// <summary>sched_getaffinity(2) of this process: also what its cpuset allows. All of <paramref name="fallback"/> when the call fails.</summary>
    private static unsafe int[] Affinity(int[] fallback)
    {
        var mask = stackalloc byte[AffinityBytes];
        var bytes = Native.GetAffinity(0, AffinityBytes, mask);
        if (bytes < 0) return fallback;
        var cpus = new List<int>();
        for (var cpu = 0; cpu < AffinityBytes * 8; cpu++)
        {
            if ((mask[cpu >> 3] & (1 << (cpu & 7))) != 0) cpus.Add(cpu);
        }
        return [.. cpus];
    }

    private static string Text(string file, string otherwise) => KernelFiles.Instance.Read(file, out var text) == 0 ? text.Trim() : otherwise;
}
