using System.Globalization;
using Stint.Cli.Slurm.Format;
using Stint.Cli.Slurm.Sinfo;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary>A node as <c>scontrol show node</c> prints it: lines and order of 26.05.</summary>
internal static class NodeRecord
{
    public static RecordText Of(NodeView node, Clock clock, bool details)
    {
        string arch = node.Version.Length > 0 ? $" Arch={Architecture(node)}" : "";
        string gres = node.Gres.Length > 0 ? node.Gres : node.Gpus > 0 ? $"gpu:{node.Gpus}" : "(null)";
        string features = node.Features.Length > 0 ? string.Join(',', node.Features) : "(null)";
        uint effective = node.Cpus - node.CoreSpecCount * Math.Max(1, node.ThreadsPerCore);
        var record = new RecordText().Line($"NodeName={node.Name}{arch} CoresPerSocket={node.CoresPerSocket} ")
            .Line($"CPUAlloc={node.CpusAllocated} CPUEfctv={effective} CPUTot={node.Cpus} CPULoad={(node.Version.Length > 0 ? node.Load.ToString("F2", CultureInfo.InvariantCulture) : "N/A")}")
            .Line($"AvailableFeatures={features}")
            .Line($"ActiveFeatures={features}")
            .Line($"Gres={gres}");
        if (details) record.Line("GresDrain=N/A").Line($"GresUsed={(node.GresUsed.Length > 0 ? node.GresUsed : "gpu:0")}");
        record.Line($"NodeAddr={Or(node.Address, node.Name)} NodeHostName={Or(node.Hostname, node.Name)} Port=0{(node.Version.Length > 0 ? $" Version={node.Version}" : "")}");
        if (node.Os.Length > 0) record.Line($"OS={node.Os} ");
        record.Line($"RealMemory={node.MemoryBytes >> 20} AllocMem={node.MemoryAllocatedBytes >> 20} FreeMem={(node.MemoryFreeBytes > 0 ? (node.MemoryFreeBytes >> 20).ToString(CultureInfo.InvariantCulture) : "N/A")} Sockets={node.Sockets} Boards=1")
            .Specialized(node)
            .Line($"State={State(node)} ThreadsPerCore={node.ThreadsPerCore} TmpDisk={node.DiskBytes >> 20} Weight={node.Weight} Owner=N/A MCS_label=N/A")
            .Line($"Partitions={string.Join(',', node.Partitions)} ")
            .Line($"BootTime={clock.At(node.BootMs, "None")} SlurmdStartTime={clock.At(node.AgentStartMs, "None")}")
            .Line($"LastBusyTime={clock.At(node.LastBusyMs, "Unknown")} ResumeAfterTime=None SuspendTime=INFINITE")
            .Line($"CfgTRES=cpu={node.Cpus},mem={node.MemoryBytes >> 20}M,billing={node.Cpus}{Tres.Gres(node.GresTotal)}")
            .Line($"AllocTRES={Allocated(node)}")
            .Line("CurrentWatts=0 AveWatts=0");
        if (node.Reservation.Length > 0) record.Line($"ReservationName={node.Reservation}");
        if (node.Reason.Length > 0) record.Line($"Reason={node.Reason} [{UserLookup.NameOf(node.ReasonUid) ?? node.ReasonUid.ToString(CultureInfo.InvariantCulture)}@{clock.At(node.ReasonAtMs, "Unknown")}]");
        if (details)
            foreach (var capability in node.Capabilities)
                record.Line($"Capability={capability.Resource.Replace(' ', '_')} Available={(capability.Available ? "YES" : "NO")}{(capability.Detail.Length > 0 ? $" Detail={capability.Detail}" : "")}");
        return record;
    }

    /// <summary><c>MIXED+DRAIN</c>, <c>DOWN+NOT_RESPONDING</c>.</summary>
    public static string State(NodeView node) => NodeState.Parse(node.State).Complete.ToUpperInvariant();

    private static string Allocated(NodeView node) => node.CpusAllocated == 0 && node.MemoryAllocatedBytes == 0 ? ""
        : $"cpu={node.CpusAllocated}{(node.MemoryAllocatedBytes > 0 ? $",mem={MemorySize.Format(node.MemoryAllocatedBytes)}" : "")}{Tres.Gres(node.GresAllocated)}";

    private static RecordText Specialized(this RecordText record, NodeView node)
    {
        if (node.CoreSpecCount == 0 && node.MemorySpecBytes == 0) return record;
        return record.Line($"CoreSpecCount={node.CoreSpecCount} MemSpecLimit={node.MemorySpecBytes >> 20}");
    }

    private static string Architecture(NodeView node) => node.Os.Contains("aarch64", StringComparison.Ordinal) ? "aarch64" : "x86_64";
    private static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;
}
