using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using static Stint.Server.Configuration.ConfigValues;

namespace Stint.Server.Configuration;

/// <summary>
/// stint.yaml. Strict: a key that is unknown, twice there, or of the wrong kind is an error with its line; nothing is guessed.
/// </summary>
public static class ConfigFile
{
    private const long SizeMaxBytes = 1 << 20;

    /// <summary>Reads and checks; the error is <c>file:line: sentence</c>.</summary>
    public static (ServerConfig? Config, string? Error) Load(string path)
    {
        try
        {
            var size = new FileInfo(path).Length;
            if (size > SizeMaxBytes) return (null, $"{path}: {size} bytes, more than the {SizeMaxBytes} a configuration may have");
            using var reader = new StreamReader(path);
            return (Read(reader), null);
        }
        catch (ConfigException e)
        {
            return (null, $"{path}:{e.Line}: {e.Message}");
        }
        catch (YamlException e)
        {
            return (null, $"{path}:{e.End.Line}: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"{path}: {e.Message}");
        }
    }

    public static ServerConfig Read(TextReader reader)
    {
        var yaml = new YamlStream();
        yaml.Load(reader);
        if (yaml.Documents.Count == 0) return new ServerConfig();
        if (yaml.Documents.Count > 1) throw new ConfigException(yaml.Documents[1].RootNode, "only one YAML document is read");
        var config = new ServerConfig();
        var names = new ConfigNames();
        foreach (var (key, value) in Entries(yaml.Documents[0].RootNode, "the configuration"))
        {
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
        return config;
    }
}

internal sealed class ConfigException(YamlNode at, string message) : Exception(message)
{
    public long Line { get; } = at.Start.Line;
}
