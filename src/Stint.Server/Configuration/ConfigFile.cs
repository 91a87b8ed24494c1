using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

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
            return (null, $"{path}:{e.Start.Line}: {e.Message}");
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
        foreach (var (key, value) in Entries(yaml.Documents[0].RootNode, "the configuration"))
        {
            config = Text(key) switch
            {
                "cluster" => config with { Cluster = Name(value, "cluster") },
                "partitions" => config with { Partitions = ReadPartitions(value) },
                "kill_wait" => config with { KillWait = Time(value, TimeSpan.Zero, TimeSpan.FromHours(1)) },
                "over_time_limit" => config with { OverTime = Time(value, TimeSpan.Zero, TimeSpan.FromDays(45)) },
                "min_job_age" => config with { MinJobAge = Time(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)) },
                "node_timeout" => config with { NodeTimeout = Time(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)) },
                "default_memory_per_cpu" => config with { DefaultMemoryPerCpuBytes = Size(value) },
                "max_array_size" => config with { MaxArraySize = Number(value, 1, 4_000_001) },
                "max_jobs" => config with { MaxJobs = Number(value, 1, 10_000_000) },
                "requeue" => config with { RequeueByDefault = Flag(value) },
                "listen" => config with { Listen = EndPoint(value) },
                "operators" => config with { Operators = Texts(value) },
                var unknown => throw new ConfigException(key, $"unknown key '{unknown}'"),
            };
        }
        return config;
    }

    private static List<PartitionConfig> ReadPartitions(YamlNode node)
    {
        var partitions = new List<PartitionConfig>();
        foreach (var item in Items(node, "partitions"))
        {
            var partition = ReadPartition(item);
            if (partitions.Exists(p => p.Name == partition.Name)) throw new ConfigException(item, $"partition '{partition.Name}' is there twice");
            if (partition.IsDefault && partitions.Exists(p => p.IsDefault)) throw new ConfigException(item, "only one partition can be the default");
            partitions.Add(partition);
        }
        if (partitions.Count == 0) throw new ConfigException(node, "there must be at least one partition");
        if (!partitions.Exists(p => p.IsDefault) && partitions.Count == 1) partitions[0] = partitions[0] with { IsDefault = true };
        return partitions;
    }

    private static PartitionConfig ReadPartition(YamlNode node)
    {
        var partition = new PartitionConfig();
        foreach (var (key, value) in Entries(node, "a partition"))
        {
            partition = Text(key) switch
            {
                "name" => partition with { Name = Name(value, "partition name") },
                "nodes" => partition with { Nodes = Text(value) },
                "default" => partition with { IsDefault = Flag(value) },
                "max_time" => partition with { MaxTime = Time(value, TimeSpan.Zero, TimeSpan.FromDays(3650)) },
                "default_time" => partition with { DefaultTime = Time(value, TimeSpan.Zero, TimeSpan.FromDays(3650)) },
                "state" => partition with { IsUp = State(value) },
                var unknown => throw new ConfigException(key, $"unknown key '{unknown}' in a partition"),
            };
        }
        if (partition.Name.Length == 0) throw new ConfigException(node, "a partition needs a name");
        if (partition.MaxTime > TimeSpan.Zero && partition.DefaultTime > partition.MaxTime)
            throw new ConfigException(node, $"default_time of partition '{partition.Name}' is over its max_time");
        return partition;
    }

    private static bool State(YamlNode node) => Text(node).ToUpperInvariant() switch
    {
        "UP" => true,
        "DOWN" => false,
        var other => throw new ConfigException(node, $"state is UP or DOWN, not '{other}'"),
    };

    private static IEnumerable<KeyValuePair<YamlNode, YamlNode>> Entries(YamlNode node, string what) =>
        node is YamlMappingNode map ? map.Children
        : node is YamlScalarNode { Value: null or "" } ? []
        : throw new ConfigException(node, $"{what} must be a mapping (key: value)");

    private static IEnumerable<YamlNode> Items(YamlNode node, string what) =>
        node is YamlSequenceNode list ? list.Children : throw new ConfigException(node, $"{what} must be a list");

    private static List<string> Texts(YamlNode node)
    {
        var texts = new List<string>();
        foreach (var item in Items(node, "operators")) texts.Add(Text(item));
        return texts;
    }

    private static string Text(YamlNode node) =>
        node is YamlScalarNode { Value: { Length: > 0 } value } ? value : throw new ConfigException(node, "expected a value");

    private static string Name(YamlNode node, string what)
    {
        var text = Text(node);
        if (text.Length > 64) throw new ConfigException(node, $"{what} has {text.Length} characters, more than 64");
        foreach (var c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) throw new ConfigException(node, $"{what} '{text}' may hold letters, digits, - _ . only");
        return text;
    }

    private static bool Flag(YamlNode node) => Text(node) switch
    {
        "true" or "yes" => true,
        "false" or "no" => false,
        var other => throw new ConfigException(node, $"expected true or false, not '{other}'"),
    };

    private static uint Number(YamlNode node, uint min, uint max) =>
        uint.TryParse(Text(node), System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new ConfigException(node, $"expected a number from {min} to {max}, not '{Text(node)}'");

    private static TimeSpan Time(YamlNode node, TimeSpan min, TimeSpan max) => ConfigUnits.TryTime(Text(node)) is { } time && time >= min && time <= max
        ? time
        : throw new ConfigException(node, $"expected a time such as 30s, 5m, 2h, 7d (from {min} to {max}) or unlimited, not '{Text(node)}'");

    private static ulong Size(YamlNode node) => ConfigUnits.TrySize(Text(node))
        ?? throw new ConfigException(node, $"expected a size such as 512M or 4G, not '{Text(node)}'");

    private static System.Net.IPEndPoint EndPoint(YamlNode node) =>
        Hosting.ServerOptions.TryParseEndPoint(Text(node), out var endPoint) is { } error ? throw new ConfigException(node, $"listen: {error}") : endPoint!;
}

internal sealed class ConfigException(YamlNode at, string message) : Exception(message)
{
    public long Line { get; } = at.Start.Line;
}
