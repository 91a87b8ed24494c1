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

    private static RecordText Record(PartitionView partition) => new RecordText().Line($"PartitionName={partition.Name}")
        .Line("AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL")
        .Line($"AllocNodes=ALL Default={(partition.IsDefault ? "YES" : "NO")} QoS=N/A")
        .Line($"DefaultTime={(partition.DefaultTimeMs == 0 ? "NONE" : SlurmDuration.FormatFull(partition.DefaultTimeMs))} DisableRootJobs=NO Exclusive=NO GraceTime=0 Hidden=NO")
        .Line($"MaxNodes=UNLIMITED MaxTime={SlurmDuration.FormatLimitFull(partition.MaxTimeMs)} MinNodes=0 LLN=NO MaxCPUsPerNode=UNLIMITED MaxCPUsPerSocket=UNLIMITED")
        .Line($"Nodes={(partition.NodeList.Length > 0 ? partition.NodeList : "(null)")}")
        .Line("PriorityJobFactor=1 PriorityTier=1 RootOnly=NO ReqResv=NO OverSubscribe=NO")
        .Line("OverTimeLimit=NONE PreemptMode=OFF")
        .Line($"State={partition.State} TotalCPUs={partition.TotalCpus} TotalNodes={partition.TotalNodes} SelectTypeParameters=NONE")
        .Line("JobDefaults=(null)")
        .Line("DefMemPerNode=UNLIMITED MaxMemPerNode=UNLIMITED")
        .Line($"TRES=cpu={partition.TotalCpus},mem={partition.TotalMemoryBytes >> 20}M,node={partition.TotalNodes},billing={partition.TotalCpus}");
}
