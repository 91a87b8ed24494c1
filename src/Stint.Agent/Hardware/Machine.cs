using Stint.Agent.Cgroups;
using Stint.Protocol.Agents;

namespace Stint.Agent.Hardware;

/// <summary>What this node offers the scheduler, and the kernel's cpus behind it.</summary>
/// <param name="MachineMemoryBytes">What is really there; the report may declare more.</param>
public sealed record Machine(HardwareReport Report, CpuMap Cpus, ulong MachineMemoryBytes, string Hostname, string Os, long BootMs)
{
    /// <summary>Looks at this machine; <paramref name="declared"/> values take the place of what was found.</summary>
    public static Machine Detect(DeclaredHardware? declared = null, string root = "")
    {
        var topology = CpuTopology.Read(root);
        var memory = MemorySize.Read(root);
        var gpus = GpuPresence.Count(root);
        var numa = topology.NumaOfCpu;
        var report = new HardwareReport
        {
            Cpus = declared?.Cpus ?? (uint)topology.KernelCpus.Count,
            Sockets = declared?.Sockets ?? (declared is null ? topology.Sockets : 1),
            MemoryBytes = declared?.MemoryBytes ?? memory,
            Gpus = declared?.Gpus ?? gpus,
            Declared = declared is not null,
        };
        report.ThreadsPerCore = declared?.Threads ?? (declared is null ? topology.ThreadsPerCore : 1);
        report.CoresPerSocket = declared?.Cores ?? (declared is null ? topology.CoresPerSocket : Math.Max(1, report.Cpus / (report.Sockets * report.ThreadsPerCore)));
        for (var cpu = 0; cpu < report.Cpus; cpu++) report.NumaOfCpu.Add(cpu < numa.Count ? numa[cpu] : 0);
        return new Machine(report, new CpuMap(topology.KernelCpus, (int)report.Cpus), memory, Environment.MachineName, OperatingSystem.Describe(root), OperatingSystem.BootMs(root));
    }
}
