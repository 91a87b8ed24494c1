using Stint.Agent.Cgroups;
using Stint.Agent.Devices;
using Stint.Agent.Gpus;
using Stint.Protocol.Agents;

namespace Stint.Agent.Hardware;

/// <summary>What this node offers the scheduler, and the kernel's cpus behind it.</summary>
/// <param name="MachineMemoryBytes">What is really there; the report may declare more.</param>
public sealed record Machine(HardwareReport Report, CpuMap Cpus, ulong MachineMemoryBytes, string Hostname, string Os, long BootMs)
{
    internal GresInventory Gres { get; init; } = GresInventory.Empty;

    /// <summary>Looks at this machine; <paramref name="declared"/> values take the place of what was found.</summary>
    public static Machine Detect(DeclaredHardware? declared = null, string root = "") => Detect(declared, GresFile.None, root);

    /// <param name="gres">gres.conf and --gres of this node.</param>
    internal static Machine Detect(DeclaredHardware? declared, GresFile gres, string root = "")
    {
        var topology = CpuTopology.Read(root);
        var memory = MemorySize.Read(root);
        var report = new HardwareReport
        {
            Cpus = declared?.Cpus ?? (uint)topology.KernelCpus.Count,
            Sockets = declared?.Sockets ?? (declared is null ? topology.Sockets : 1),
            MemoryBytes = declared?.MemoryBytes ?? memory,
            Declared = declared is not null,
        };
        report.ThreadsPerCore = declared?.Threads ?? (declared is null ? topology.ThreadsPerCore : 1);
        report.CoresPerSocket = declared?.Cores ?? (declared is null ? topology.CoresPerSocket : Math.Max(1, report.Cpus / (report.Sockets * report.ThreadsPerCore)));
        var numa = topology.NumaOfCpu;
        for (var cpu = 0; cpu < report.Cpus; cpu++) report.NumaOfCpu.Add(cpu < numa.Count ? numa[cpu] : 0);
        var map = new CpuMap(topology.KernelCpus, (int)report.Cpus) { Numa = NumaMap.Read(root) };
        var inventory = Inventory(declared, gres, CpuCores.Read(map, declared is null ? null : report.ThreadsPerCore, root), root);
        report.Gres.AddRange(inventory.Report(map, report.NumaOfCpu));
        report.Gpus = inventory.GpuCount;
        foreach (var problem in inventory.Problems) report.Capabilities.Add(new Capability { Resource = "gpu detection", Available = false, Detail = problem });
        return new Machine(report, map, memory, Environment.MachineName, OperatingSystem.Describe(root), OperatingSystem.BootMs(root)) { Gres = inventory };
    }

    /// <summary>gpus=N of --declare stands for GPUs that are counted and that no device is behind, as it always did; N may be 0.</summary>
    private static GresInventory Inventory(DeclaredHardware? declared, GresFile gres, CpuCores cores, string root)
    {
        var lines = gres.Lines.Concat(declared?.Gres ?? []).ToList();
        if (declared?.Gpus is > 0 and var gpus && lines.All(l => l.Name != "gpu")) lines.Add(new GresLine("gpu", "", gpus, [], null, ["countonly"]));
        return GresInventory.Take(DeviceTable.Default, lines, gres.Detects && declared?.Gpus is null, cores, root);
    }
}
