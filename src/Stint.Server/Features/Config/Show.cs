using System.Globalization;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;
using Stint.Server.Configuration;
using Stint.Server.Hosting;

namespace Stint.Server.Features.Config;

/// <summary>GET /api/v1/config: what is in force, under Slurm's keys (scontrol show config) and our own.</summary>
internal static class Show
{
    public static void Map(IEndpointRouteBuilder routes, ServerConfig config, ServerIdentity identity, HomeFolder home, TimeProvider time) =>
        routes.MapGet($"{Endpoints.Root}/config", context => Reply.JsonAsync(context, View(config, identity, home, time), ApiJson.Default.ConfigView))
            .Describe("showConfig", "The configuration in force").Gives<ConfigView>();

    private static ConfigView View(ServerConfig config, ServerIdentity identity, HomeFolder home, TimeProvider time)
    {
        var slurm = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["BOOT_TIME"] = DateTimeOffset.FromUnixTimeMilliseconds(identity.StartMs).ToLocalTime().ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture),
            ["ClusterName"] = config.Cluster,
            ["DefMemPerCPU"] = config.DefaultMemoryPerCpuBytes == 0 ? "UNLIMITED" : (config.DefaultMemoryPerCpuBytes >> 20).ToString(CultureInfo.InvariantCulture),
            ["JobRequeue"] = config.RequeueByDefault ? "1" : "0",
            ["KillWait"] = Seconds(config.KillWait),
            ["MaxArraySize"] = config.MaxArraySize.ToString(CultureInfo.InvariantCulture),
            ["MaxJobCount"] = config.MaxJobs.ToString(CultureInfo.InvariantCulture),
            ["MinJobAge"] = Seconds(config.MinJobAge),
            ["OverTimeLimit"] = string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(config.OverTime.TotalMinutes)} min"),
            ["ProctrackType"] = "proctrack/cgroup",
            ["SchedulerType"] = config.Planning?.Policy == "fcfs" ? "sched/builtin" : "sched/backfill",
            ["SelectType"] = "select/cons_tres",
            ["SlurmctldHost[0]"] = identity.Host,
            ["SlurmctldLogFile"] = home.File("server.log"),
            ["SlurmctldPort"] = identity.Port.ToString(CultureInfo.InvariantCulture),
            ["SlurmdTimeout"] = Seconds(config.NodeTimeout),
            ["SLURM_VERSION"] = "26.05.0",
            ["StateSaveLocation"] = home.Private,
            ["TaskPlugin"] = "task/cgroup",
        };
        Policy(config, slurm);
        var stint = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["home"] = home.Path,
            ["listen"] = $"{config.Listen.Address}:{identity.Port}",
            ["operators"] = string.Join(',', config.Operators),
            ["version"] = identity.Version,
        };
        return new ConfigView(time.GetUtcNow().ToUnixTimeMilliseconds(), config.Cluster, identity.Host, slurm, stint);
    }

    private static void Policy(ServerConfig config, SortedDictionary<string, string> slurm)
    {
        slurm["Licenses"] = config.Licenses;
        slurm["PreemptMode"] = Partitions.PartitionRules.Mode(config.Preempt?.Mode ?? Core.Journal.PreemptMode.PreemptOff);
        slurm["PreemptType"] = config.Preempt?.By switch { Core.Journal.PreemptBy.PreemptPartition => "preempt/partition_prio", Core.Journal.PreemptBy.PreemptQos => "preempt/qos", _ => "" };
        slurm["TopologyPlugin"] = config.Blocks.Count > 0 ? "topology/block" : config.Switches.Count > 0 ? "topology/tree" : "topology/flat";
        var enforce = new List<string>();
        if (config.Enforce is { } rules)
            foreach (var (set, name) in ((bool, string)[])[(rules.Associations, "associations"), (rules.Limits, "limits"), (rules.Qos, "qos"), (rules.Safe, "safe"), (rules.Wckeys, "wckeys")])
                if (set) enforce.Add(name);
        slurm["AccountingStorageEnforce"] = enforce.Count == 0 ? "none" : string.Join(',', enforce);
        slurm["PriorityType"] = config.Priority is { Multifactor: true } ? "priority/multifactor" : "priority/basic";
        if (config.Priority is not { Multifactor: true } priority) return;
        foreach (var (key, weight) in ((string, ulong)[])[("Age", priority.WeightAge), ("Assoc", priority.WeightAssociation), ("FairShare", priority.WeightFairShare), ("JobSize", priority.WeightJobSize),
            ("Partition", priority.WeightPartition), ("QOS", priority.WeightQos)])
            slurm["PriorityWeight" + key] = weight.ToString(CultureInfo.InvariantCulture);
        slurm["PriorityFavorSmall"] = priority.FavorSmall ? "yes" : "no";
        slurm["PriorityDecayHalfLife"] = SlurmDuration.FormatFull(priority.DecayHalfLifeMs);
        slurm["PriorityMaxAge"] = SlurmDuration.FormatFull(priority.MaxAgeMs);
        slurm["PriorityUsageResetPeriod"] = priority.UsageReset.Length > 0 ? priority.UsageReset : "NONE";
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalSeconds} sec");
}
