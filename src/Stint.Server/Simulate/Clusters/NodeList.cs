using System.Globalization;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Server.Configuration;
using YamlDotNet.RepresentationModel;

namespace Stint.Server.Simulate.Clusters;

/// <summary>
/// The <c>nodes</c> of a cluster description: <c>{ name: "n[1-4]", cpus: 16, memory: 64G, gpus: "a100:4", … }</c>; with <c>count: 100</c>
/// the name is a prefix. Strict as the configuration is.
/// </summary>
internal static class NodeList
{
    private const uint CpusMax = 65_536, GpusMax = 4_096, NodesMax = 200_000;

    /// <summary>One entry as it is read.</summary>
    private sealed class Entry
    {
        public string Names = "", GpuModel = "";
        public uint Count, Cpus, Gpus, Sockets = 1, Threads = 1, Weight;
        public ulong MemoryBytes, DiskBytes;
        public List<string> Features = [];
    }

    public static (List<NodeRegistered> Nodes, List<NodeSpec> Specs) Read(YamlNode list)
    {
        if (list is not YamlSequenceNode items) throw new ConfigException(list, "nodes must be a list");
        var (nodes, specs) = (new List<NodeRegistered>(), new List<NodeSpec>());
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            var entry = ReadEntry(item);
            var members = Expand(item, entry);
            if (nodes.Count + members.Count > NodesMax) throw new ConfigException(item, $"a description may have {NodesMax} nodes at most");
            foreach (var name in members)
            {
                if (!names.Add(name)) throw new ConfigException(item, $"node '{name}' is there twice");
                nodes.Add(ClusterDescription.Node(name, HardwareOf(entry), entry.Gpus, entry.GpuModel));
            }
            if (entry.Features.Count > 0 || entry.Weight > 0)
                specs.Add(new NodeSpec { Nodes = string.Join(',', members), Weight = entry.Weight, Features = { entry.Features } });
        }
        if (nodes.Count == 0) throw new ConfigException(list, "there must be at least one node");
        return (nodes, specs);
    }

    private static Entry ReadEntry(YamlNode item)
    {
        if (item is not YamlMappingNode map) throw new ConfigException(item, "a node must be a mapping such as { name: n1, cpus: 16, memory: 64G }");
        var entry = new Entry();
        foreach (var (key, value) in map.Children)
        {
            switch (Text(key))
            {
                case "name": entry.Names = Text(value); break;
                case "count": entry.Count = Number(value, 1, NodesMax); break;
                case "cpus": entry.Cpus = Number(value, 1, CpusMax); break;
                case "sockets": entry.Sockets = Number(value, 1, 1_024); break;
                case "threads_per_core": entry.Threads = Number(value, 1, 16); break;
                case "memory": entry.MemoryBytes = Size(value); break;
                case "disk": entry.DiskBytes = Size(value); break;
                case "gpus": (entry.GpuModel, entry.Gpus) = Gpus(value); break;
                case "weight": entry.Weight = Number(value, 0, uint.MaxValue); break;
                case "features": entry.Features = Features(value); break;
                case var unknown: throw new ConfigException(key, $"unknown key '{unknown}' of a node");
            }
        }
        if (entry.Names.Length == 0) throw new ConfigException(item, "a node needs a name");
        if (entry.Cpus == 0) throw new ConfigException(item, $"node '{entry.Names}' needs cpus");
        if (entry.MemoryBytes == 0) throw new ConfigException(item, $"node '{entry.Names}' needs memory, for example 64G");
        if (entry.Cpus % (entry.Sockets * entry.Threads) != 0)
            throw new ConfigException(item, $"{entry.Cpus} cpus are no equal {entry.Sockets} sockets of cores with {entry.Threads} threads");
        return entry;
    }

    private static IReadOnlyList<string> Expand(YamlNode at, Entry entry)
    {
        if (entry.Count > 0) return [.. Enumerable.Range(1, (int)entry.Count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{entry.Names}{i}"))];
        return NodeNames.Expand(entry.Names) is { Count: > 0 } names ? names
            : throw new ConfigException(at, $"'{entry.Names}' is no list of nodes: write names such as n[1-8],gpu1");
    }

    private static Hardware HardwareOf(Entry entry) => new()
    {
        Cpus = entry.Cpus, Sockets = entry.Sockets, ThreadsPerCore = entry.Threads, MemoryBytes = entry.MemoryBytes, DiskBytes = entry.DiskBytes, Declared = true,
    };

    /// <summary>4, or a100:4.</summary>
    private static (string Model, uint Count) Gpus(YamlNode node)
    {
        var text = Text(node);
        var colon = text.LastIndexOf(':');
        return uint.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= GpusMax
            ? (colon < 0 ? "" : text[..colon], count)
            : throw new ConfigException(node, $"expected GPUs such as 4 or a100:4 (at most {GpusMax}), not '{text}'");
    }

    private static List<string> Features(YamlNode node) =>
        node is YamlSequenceNode items ? [.. items.Select(Text)] : [.. Text(node).Split(',')];

    private static string Text(YamlNode node) =>
        node is YamlScalarNode { Value: { Length: > 0 } value } ? value : throw new ConfigException(node, "expected a value");

    private static uint Number(YamlNode node, uint min, uint max) =>
        uint.TryParse(Text(node), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new ConfigException(node, $"expected a number from {min} to {max}, not '{Text(node)}'");

    private static ulong Size(YamlNode node) => ConfigUnits.TrySize(Text(node))
        ?? throw new ConfigException(node, $"expected a size such as 512M or 4G, not '{Text(node)}'");
}
