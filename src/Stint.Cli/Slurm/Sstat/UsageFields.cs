using System.Globalization;
using Stint.Cli.Slurm.Sacct;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Sstat;

/// <summary>One step as sstat prints it: its parts on several nodes are one row.</summary>
internal sealed record UsageRow(string StepId, IReadOnlyList<StepUsageView> Parts)
{
    public ulong Tasks => Sum(p => p.Tasks);
    public StepUsageView Largest => Parts.MaxBy(p => p.PeakMemoryBytes)!;

    public ulong Sum(Func<StepUsageView, ulong> of)
    {
        ulong sum = 0;
        foreach (var part in Parts) sum += of(part);
        return sum;
    }

    public ulong PerTask(Func<StepUsageView, ulong> of) => Sum(of) / Math.Max(1, Tasks);
}

internal sealed record UsageField(string Name, int Width, Func<UsageRow, string> Value);

/// <summary>
/// The fields of sstat(1). Memory is that of the step's group on its largest node, as the kernel counts it; what only tasks by themselves
/// could tell is averaged over the step's tasks. Energy is empty on a node that tells none, and an estimate (a share by CPU time) elsewhere.
/// </summary>
internal static class UsageFields
{
    public const string Default = "JobID,MaxVMSize,MaxVMSizeNode,MaxVMSizeTask,AveVMSize,MaxRSS,MaxRSSNode,MaxRSSTask,AveRSS,MaxPages,MaxPagesNode,MaxPagesTask,AvePages,MinCPU,MinCPUNode,MinCPUTask,AveCPU,NTasks,AveCPUFreq,ReqCPUFreqMin,ReqCPUFreqMax,ReqCPUFreqGov,ConsumedEnergy,MaxDiskRead,MaxDiskReadNode,MaxDiskReadTask,AveDiskRead,MaxDiskWrite,MaxDiskWriteNode,MaxDiskWriteTask,AveDiskWrite";

    public static IReadOnlyList<UsageField> All { get; } =
    [
        new("AveCPU", 10, r => HistoryRow.CpuTime(r.PerTask(Cpu))), new("AveCPUFreq", 10, _ => "0"), new("AveDiskRead", 12, r => Bytes(r.PerTask(p => p.ReadBytes))),
        new("AveDiskWrite", 12, r => Bytes(r.PerTask(p => p.WriteBytes))), new("AvePages", 10, _ => "0"), new("AveRSS", 10, r => KiB(r.PerTask(p => p.MemoryBytes))),
        new("AveVMSize", 10, r => KiB(r.Parts.Max(p => p.VirtualBytes))), new("ConsumedEnergy", 14, r => Energy(r, raw: false)), new("ConsumedEnergyRaw", 17, r => Energy(r, raw: true)),
        new("JobID", 12, r => r.StepId), new("MaxDiskRead", 12, r => Bytes(r.Parts.Max(p => p.ReadBytes))), new("MaxDiskReadNode", 15, r => r.Parts.MaxBy(p => p.ReadBytes)!.Node),
        new("MaxDiskReadTask", 15, OnlyTask), new("MaxDiskWrite", 12, r => Bytes(r.Parts.Max(p => p.WriteBytes))), new("MaxDiskWriteNode", 16, r => r.Parts.MaxBy(p => p.WriteBytes)!.Node),
        new("MaxDiskWriteTask", 16, OnlyTask), new("MaxPages", 8, _ => "0"), new("MaxPagesNode", 12, r => r.Parts[0].Node), new("MaxPagesTask", 14, OnlyTask),
        new("MaxRSS", 10, r => KiB(r.Largest.PeakMemoryBytes)), new("MaxRSSNode", 10, r => r.Largest.Node), new("MaxRSSTask", 10, OnlyTask),
        new("MaxVMSize", 10, r => KiB(r.Parts.Max(p => p.VirtualBytes))), new("MaxVMSizeNode", 14, r => r.Parts.MaxBy(p => p.VirtualBytes)!.Node), new("MaxVMSizeTask", 14, OnlyTask),
        new("MinCPU", 10, r => HistoryRow.CpuTime(r.Parts.Min(Cpu))), new("MinCPUNode", 10, r => r.Parts.MinBy(Cpu)!.Node), new("MinCPUTask", 10, OnlyTask),
        new("Nodelist", 20, r => string.Join(',', r.Parts.Select(p => p.Node))), new("NTasks", 8, r => Number(r.Tasks)), new("Pids", 20, r => string.Join(',', r.Parts.Select(p => Number(p.MaxRssPid)))),
        new("ReqCPUFreq", 13, _ => "0"), new("ReqCPUFreqMin", 13, _ => "0"), new("ReqCPUFreqMax", 13, _ => "0"), new("ReqCPUFreqGov", 13, _ => "0"),
        new("TRESUsageInTot", 20, r => $"cpu={HistoryRow.CpuTime(r.Sum(Cpu))},mem={KiB(r.Sum(p => p.MemoryBytes))}"),
    ];

    public static UsageField? Find(string name) => All.FirstOrDefault(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static ulong Cpu(StepUsageView part) => part.CpuUserUs + part.CpuSystemUs;
    private static string OnlyTask(UsageRow row) => row.Tasks == 1 ? "0" : "";
    private static string KiB(ulong bytes) => Number((bytes + 1023) / 1024) + "K";
    private static string Bytes(ulong bytes) => bytes < 1024 ? Number(bytes) : KiB(bytes);
    private static string Number(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Energy(UsageRow row, bool raw)
    {
        if (row.Parts.Any(p => p.EnergyUj is null)) return "";
        var joules = row.Sum(p => p.EnergyUj!.Value) / 1e6;
        return raw || joules < 1000 ? joules.ToString("0", CultureInfo.InvariantCulture) : (joules / 1000).ToString("0.00", CultureInfo.InvariantCulture) + "K";
    }
}
