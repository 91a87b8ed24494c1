using Stint.Core.Journal;
using YamlDotNet.RepresentationModel;
using static Stint.Server.Configuration.ConfigValues;

namespace Stint.Server.Configuration;

/// <summary><c>partitions:</c></summary>
internal static class PartitionReader
{
    public static List<PartitionConfig> Read(YamlNode node, ConfigNames names)
    {
        var partitions = new List<PartitionConfig>();
        foreach (var item in Items(node, "partitions"))
        {
            var partition = ReadOne(item, names);
            names.Add(ConfigNames.Kind.Partition, item, partition.Name);
            if (partition.IsDefault && partitions.Exists(p => p.IsDefault)) throw new ConfigException(item, "only one partition can be the default");
            partitions.Add(partition);
        }
        if (partitions.Count == 0) throw new ConfigException(node, "there must be at least one partition");
        if (!partitions.Exists(p => p.IsDefault)) partitions[0] = partitions[0] with { IsDefault = true };
        return partitions;
    }

    private static PartitionConfig ReadOne(YamlNode node, ConfigNames names)
    {
        var partition = new PartitionConfig();
        foreach (var (key, value) in Entries(node, "a partition"))
        {
            switch (Text(key))
            {
                case "name": partition = partition with { Name = Name(value, "partition name") }; break;
                case "nodes": partition = partition with { Nodes = Text(value) is "ALL" ? "ALL" : Hosts(value) }; break;
                case "default": partition = partition with { IsDefault = Flag(value) }; break;
                case "max_time": partition = partition with { MaxTime = Time(value, TimeSpan.Zero, Longest) }; break;
                case "default_time": partition = partition with { DefaultTime = Time(value, TimeSpan.Zero, Longest) }; break;
                case "state":
                    partition.Rules.State = Choice(value, "state", ("UP", "UP"), ("DOWN", "DOWN"), ("DRAIN", "DRAIN"), ("INACTIVE", "INACTIVE"));
                    partition = partition with { IsUp = partition.Rules.State is "UP" or "DRAIN" };
                    break;
                default:
                    if (!Sizes(partition.Rules, Text(key), value) && !Policy(partition.Rules, Text(key), value, names)) throw Unknown(key, "a partition");
                    break;
            }
        }
        if (partition.Name.Length == 0) throw new ConfigException(node, "a partition needs a name");
        if (partition.MaxTime > TimeSpan.Zero && partition.DefaultTime > partition.MaxTime)
            throw new ConfigException(node, $"default_time of partition '{partition.Name}' is over its max_time");
        if (Contradiction(partition.Rules, partition.Name) is { } sentence) throw new ConfigException(node, sentence);
        return partition;
    }

    /// <summary>One key of a partition that is there, except those that a partition's place in the file decides; false: no such key.</summary>
    public static bool SetOne(PartitionSpec rules, string key, YamlNode value) => Sizes(rules, key, value) || Policy(rules, key, value, new ConfigNames());

    /// <summary>What of a partition excludes something else of it; null: nothing.</summary>
    public static string? Contradiction(PartitionSpec rules, string name)
    {
        string? Both(bool both, string one, string other) => both ? $"partition '{name}' has both {one} and {other}" : null;
        return Both(rules.AllowAccounts.Count > 0 && rules.DenyAccounts.Count > 0, "allow_accounts", "deny_accounts")
            ?? Both(rules.AllowQos.Count > 0 && rules.DenyQos.Count > 0, "allow_qos", "deny_qos")
            ?? Both(rules.HasDefaultMemoryPerCpuBytes && rules.HasDefaultMemoryPerNodeBytes, "default_memory_per_cpu", "default_memory_per_node")
            ?? Both(rules.MaxMemoryPerCpuBytes > 0 && rules.MaxMemoryPerNodeBytes > 0, "max_memory_per_cpu", "max_memory_per_node")
            ?? (rules.HasMaxNodes && rules.MaxNodes < rules.MinNodes ? $"max_nodes of partition '{name}' is under its min_nodes" : null)
            ?? (rules.Alternate == name ? $"partition '{name}' is its own alternate" : null);
    }

    private static bool Sizes(PartitionSpec rules, string key, YamlNode value)
    {
        switch (key)
        {
            case "min_nodes": rules.MinNodes = Number(value, 0, 100_000); return true;
            case "max_nodes": rules.MaxNodes = Number(value, 0, 100_000); return true;
            case "default_memory_per_cpu": rules.DefaultMemoryPerCpuBytes = Size(value); return true;
            case "default_memory_per_node": rules.DefaultMemoryPerNodeBytes = Size(value); return true;
            case "max_memory_per_cpu": rules.MaxMemoryPerCpuBytes = Size(value); return true;
            case "max_memory_per_node": rules.MaxMemoryPerNodeBytes = Size(value); return true;
            case "default_cpus_per_gpu": rules.DefaultCpusPerGpu = Number(value, 1, 65_535); return true;
            case "default_memory_per_gpu": rules.DefaultMemoryPerGpuBytes = Size(value); return true;
            case "max_cpus_per_node": rules.MaxCpusPerNode = Number(value, 1, 65_535); return true;
            case "max_cpus_per_socket": rules.MaxCpusPerSocket = Number(value, 1, 65_535); return true;
            case "over_subscribe": rules.OverSubscribe = OverSubscribe(value); return true;
            case "exclusive_user": rules.ExclusiveUser = Flag(value); return true;
            case "exclusive_topo": rules.ExclusiveTopo = Flag(value); return true;
            case "least_loaded": rules.LeastLoaded = Flag(value); return true;
            case "billing_weights": TresReader.ReadWeights(value, key, rules.BillingWeights); return true;
            default: return false;
        }
    }

    private static bool Policy(PartitionSpec rules, string key, YamlNode value, ConfigNames names)
    {
        switch (key)
        {
            case "allow_accounts": rules.AllowAccounts.Add(Names(value, key)); return true;
            case "deny_accounts": rules.DenyAccounts.Add(Names(value, key)); return true;
            case "allow_qos": rules.AllowQos.Add(names.ReferAll(ConfigNames.Kind.Qos, value, key)); return true;
            case "deny_qos": rules.DenyQos.Add(names.ReferAll(ConfigNames.Kind.Qos, value, key)); return true;
            case "allow_groups": rules.AllowGroups.Add(Names(value, key)); return true;
            case "priority_tier": rules.PriorityTier = Number(value, 0, 65_533); return true;
            case "priority_job_factor": rules.PriorityJobFactor = Number(value, 0, 65_533); return true;
            case "cpu_weight": rules.CpuWeight = Number(value, 1, 10_000); return true;
            case "preempt_mode": rules.PreemptMode = PreemptReader.Mode(value); rules.HasPreemptMode = true; return true;
            case "grace": rules.GraceMs = TimeMs(value); return true;
            case "qos": rules.Qos = names.Refer(ConfigNames.Kind.Qos, value); return true;
            case "alternate": rules.Alternate = names.Refer(ConfigNames.Kind.Partition, value); return true;
            case "hidden": rules.Hidden = Flag(value); return true;
            case "root_only": rules.RootOnly = Flag(value); return true;
            case "requires_reservation": rules.RequiresReservation = Flag(value); return true;
            case "disable_root_jobs": rules.DisableRootJobs = Flag(value); return true;
            default: return false;
        }
    }

    /// <summary>NO, EXCLUSIVE, YES[:n], FORCE[:n] (slurm.conf(5), OverSubscribe).</summary>
    private static string OverSubscribe(YamlNode node)
    {
        var text = Text(node).ToUpperInvariant();
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var word = colon < 0 ? text : text[..colon];
        var counted = colon >= 0 && uint.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var count) && count is > 0 and < 32_768;
        // YAML's own spelling of no and yes, unquoted, is the same text.
        return word is "NO" or "EXCLUSIVE" && colon < 0 || word is "YES" or "FORCE" && (colon < 0 || counted)
            ? text
            : throw new ConfigException(node, $"over_subscribe is NO, EXCLUSIVE, YES[:n] or FORCE[:n], not '{Text(node)}'");
    }
}
