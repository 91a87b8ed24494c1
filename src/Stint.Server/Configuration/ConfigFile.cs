using YamlDotNet.RepresentationModel;
using static Stint.Server.Configuration.ConfigValues;

namespace Stint.Server.Configuration;

/// <summary>
/// stint.yaml. Strict: a key that is unknown, twice there, or of the wrong kind is an error with its line; nothing is guessed.
/// </summary>
public static class ConfigFile
{
    private const long SizeMaxBytes = 1 << 20;

    /// <summary>Keys of which alone a file for <c>stint limits apply</c> is made.</summary>
    public static readonly string[] TierKeys = ["tiers", "default_tier", "tier_overrides"];

    /// <summary>Reads and checks; the error is <c>file:line: sentence</c>.</summary>
    public static (ServerConfig? Config, string? Error) Load(string path)
    {
        var (bytes, error) = Bytes(path);
        return bytes is null ? (null, error) : Parse(bytes, path);
    }

    /// <summary>The file as it is; not null error: it cannot be read.</summary>
    public static (byte[]? Bytes, string? Error) Bytes(string path)
    {
        try
        {
            if (Directory.Exists(path)) return (null, $"{path}: this is a folder");
            var size = new FileInfo(path).Length;
            return size > SizeMaxBytes ? (null, $"{path}: {size} bytes, more than the {SizeMaxBytes} a configuration may have") : (File.ReadAllBytes(path), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"{path}: {e.Message}");
        }
    }

    /// <param name="name">Of the file, for errors.</param>
    /// <param name="onlyTiers">A file of limits: it has <see cref="TierKeys"/> and nothing else, and must have something.</param>
    /// <param name="mustHave">Nothing in it is an error too.</param>
    public static (ServerConfig? Config, string? Error) Parse(byte[] bytes, string name, bool onlyTiers = false, bool mustHave = false)
    {
        if (bytes.Length > SizeMaxBytes) return (null, $"{name}: {bytes.Length} bytes, more than the {SizeMaxBytes} a configuration may have");
        var (root, error) = YamlGuard.Read(bytes);
        if (error is not null) return (null, $"{name}:{error}");
        try
        {
            if (root is null or YamlDotNet.RepresentationModel.YamlScalarNode { Value: null or "" })
                return onlyTiers || mustHave ? (null, $"{name}:1: there is nothing in it; for no limits at all write 'tiers: []'") : (new ServerConfig(), null);
            return (Read(root, Auth.Libc.IsUnknownGroup, onlyTiers), null);
        }
        catch (ConfigException e)
        {
            return (null, $"{name}:{YamlGuard.Explain(bytes, e)}");
        }
    }

    public static ServerConfig Read(TextReader reader)
    {
        var yaml = new YamlStream();
        yaml.Load(reader);
        if (yaml.Documents.Count == 0) return new ServerConfig();
        if (yaml.Documents.Count > 1) throw new ConfigException(yaml.Documents[1].RootNode, "only one YAML document is read");
        return Read(yaml.Documents[0].RootNode, static _ => false, onlyTiers: false);
    }

    private static ServerConfig Read(YamlNode root, Func<string, bool> isUnknownGroup, bool onlyTiers)
    {
        var config = new ServerConfig();
        var names = new ConfigNames();
        var overrides = new TierOverrides();
        foreach (var (key, value) in Entries(root, "the configuration"))
        {
            if (onlyTiers && !TierKeys.Contains(Text(key))) throw new ConfigException(key, $"'{Text(key)}' is no key of a file of limits ({string.Join(", ", TierKeys)}); it belongs into stint.yaml");
            if (Text(key) == "tier_overrides")
            {
                overrides.Read(value, names);
                continue;
            }
            config = Text(key) switch
            {
                "cluster" => config with { Cluster = Name(value, "cluster") },
                "partitions" => config with { Partitions = PartitionReader.Read(value, names) },
                "kill_wait" => config with { KillWait = Time(value, TimeSpan.Zero, TimeSpan.FromHours(1)) },
                "over_time_limit" => config with { OverTime = Time(value, TimeSpan.Zero, TimeSpan.FromDays(45)) },
                "min_job_age" => config with { MinJobAge = Time(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)) },
                "node_timeout" => config with { NodeTimeout = Time(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)) },
                "default_memory_per_cpu" => config with { DefaultMemoryPerCpuBytes = Size(value) },
                "max_array_size" => config with { MaxArraySize = Number(value, 1, 4_000_001) },
                "max_jobs" => config with { MaxJobs = Number(value, 1, 10_000_000) },
                "requeue" => config with { RequeueByDefault = Flag(value) },
                "listen" => config with { Listen = EndPoint(value) },
                "operators" => config with { Operators = Texts(value, "operators") },
                "nodes" => config with { Nodes = NodeReader.Read(value) },
                "licenses" => config with { Licenses = LicenseReader.Read(value) },
                "priority" => config with { Priority = PriorityReader.Read(value) },
                "preempt" => config with { Preempt = PreemptReader.Read(value) },
                "planning" => config with { Planning = PlanningReader.Read(value) },
                "enforce" => config with { Enforce = EnforceReader.Read(value) },
                "topology" => TopologyReader.Read(value, config),
                "tiers" => config with { Tiers = TierReader.Read(value, names) },
                "default_tier" => config with { DefaultTier = names.Refer(ConfigNames.Kind.Tier, value) },
                "accounts" => config with { Associations = AccountReader.Read(value, names) },
                "qos" => config with { Qos = QosReader.Read(value, names) },
                var unknown => throw new ConfigException(key, $"unknown key '{unknown}'"),
            };
        }
        names.Check();
        names.CheckGroups(isUnknownGroup);
        return config with { UserTiers = overrides.Over(config.Tiers) };
    }
}

internal sealed class ConfigException(YamlNode at, string message) : Exception(message)
{
    public long Line { get; } = at.Start.Line;
}
