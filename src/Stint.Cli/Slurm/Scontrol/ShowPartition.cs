using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol show partition [name]</c>: lines and order of 26.05.</summary>
internal static class ShowPartition
{
    public static async Task<int> RunAsync(CommandContext context, ShowStyle style, string? name)
    {
        var list = await context.Api.GetAsync("/api/v1/partitions", ApiJson.Default.PartitionList, context.Cancellation);
        var chosen = list.Partitions.Where(partition => name is null || partition.Name == name).ToList();
        if (chosen.Count == 0)
        {
            if (name is null) { context.Out.Write("No partitions in the system\n"); return 0; }
            context.Error.WriteLine($"Partition {Printable.Of(name)} not found");
            return 1;
        }
        if (style.Json)
        {
            var ping = await context.Api.GetAsync("/api/v1/ping", ApiJson.Default.PingView, context.Cancellation);
            PartitionsJson.Write(context, chosen, ping.Cluster);
            return 0;
        }
        foreach (var partition in chosen) Record(partition).Write(context.Out, style.OneLine);
        return 0;
    }

    private static RecordText Record(PartitionView partition)
    {
        var record = new RecordText().Line($"PartitionName={partition.Name}")
            .Line($"AllowGroups={All(partition.AllowGroups)} {Access("Accounts", partition.AllowAccounts, partition.DenyAccounts)} {Access("Qos", partition.AllowQos, partition.DenyQos)}")
            .Line($"AllocNodes=ALL {(partition.Alternate is { } alternate ? $"Alternate={alternate} " : "")}Default={YesNo(partition.IsDefault)} QoS={partition.Qos ?? "N/A"}")
            .Line($"DefaultTime={(partition.DefaultTimeMs == 0 ? "NONE" : SlurmDuration.FormatFull(partition.DefaultTimeMs))} DisableRootJobs={YesNo(partition.DisableRootJobs)} Exclusive={Exclusive(partition)} GraceTime={partition.GraceMs / 1000} Hidden={YesNo(partition.Hidden)}")
            .Line($"MaxNodes={(partition.MaxNodes is { } most ? most : "UNLIMITED")} MaxTime={SlurmDuration.FormatLimitFull(partition.MaxTimeMs)} MinNodes={partition.MinNodes} LLN={YesNo(partition.LeastLoaded)} MaxCPUsPerNode={Limit(partition.MaxCpusPerNode)} MaxCPUsPerSocket={Limit(partition.MaxCpusPerSocket)}")
            .Line($"Nodes={(partition.NodeList.Length > 0 ? partition.NodeList : "(null)")}")
            .Line($"PriorityJobFactor={partition.PriorityJobFactor} PriorityTier={partition.PriorityTier} RootOnly={YesNo(partition.RootOnly)} ReqResv={YesNo(partition.RequiresReservation)} OverSubscribe={partition.OverSubscribe}")
            .Line($"OverTimeLimit=NONE PreemptMode={partition.PreemptMode}")
            .Line($"State={partition.State} TotalCPUs={partition.TotalCpus} TotalNodes={partition.TotalNodes} SelectTypeParameters=NONE")
            .Line($"JobDefaults={Defaults(partition)}")
            .Line($"{Memory("Def", partition.DefaultMemoryPerCpuBytes, partition.DefaultMemoryPerNodeBytes)} {Memory("Max", OrNone(partition.MaxMemoryPerCpuBytes), OrNone(partition.MaxMemoryPerNodeBytes))}")
            .Line($"TRES=cpu={partition.TotalCpus},mem={partition.TotalMemoryBytes >> 20}M,node={partition.TotalNodes},billing={partition.TotalCpus}{Tres.Gres(partition.GresTotal)}");
        if (partition.BillingWeights is { } weights) record.Line($"TRESBillingWeights={weights}");
        return record;
    }

    private static string Access(string what, string[] allowed, string[] denied) => denied.Length > 0 ? $"Deny{what}={string.Join(',', denied)}" : $"Allow{what}={All(allowed)}";
    private static string All(string[] names) => names.Length == 0 ? "ALL" : string.Join(',', names);
    private static string Exclusive(PartitionView partition) => partition.ExclusiveUser ? "USER" : partition.ExclusiveTopo ? "TOPO" : "NO";
    private static string Limit(uint count) => count == 0 ? "UNLIMITED" : count.ToString(System.Globalization.CultureInfo.InvariantCulture);
    private static ulong? OrNone(ulong bytes) => bytes == 0 ? null : bytes;

    private static string Memory(string kind, ulong? perCpu, ulong? perNode) => perCpu is { } cpu ? $"{kind}MemPerCPU={cpu >> 20}" : $"{kind}MemPerNode={(perNode is > 0 and { } node ? (node >> 20).ToString(System.Globalization.CultureInfo.InvariantCulture) : "UNLIMITED")}";

    private static string Defaults(PartitionView partition)
    {
        var text = new List<string>();
        if (partition.DefaultCpusPerGpu > 0) text.Add($"DefCpuPerGPU={partition.DefaultCpusPerGpu}");
        if (partition.DefaultMemoryPerGpuBytes > 0) text.Add($"DefMemPerGPU={partition.DefaultMemoryPerGpuBytes >> 20}");
        return text.Count == 0 ? "(null)" : string.Join(',', text);
    }

    private static string YesNo(bool value) => value ? "YES" : "NO";
}
