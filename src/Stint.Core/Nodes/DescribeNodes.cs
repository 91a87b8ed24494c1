using Google.Protobuf;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;
using Stint.Core.Topologies;

namespace Stint.Core;

// What configuration and hardware make of a node. Derived: worked out again when either changes, and in no snapshot.
public sealed partial class Cluster
{
    private readonly ClusterScope scope = new();
    private readonly Dictionary<ByteString, NodeKind> nodeKinds = [];
    /// <summary>Which lines of <see cref="ClusterConfigured.Nodes"/> are about a node, in order; those about all nodes are under "".</summary>
    private Dictionary<string, List<int>> nodeLines = new(StringComparer.Ordinal);
    private Dictionary<string, int> cpuRows = new(StringComparer.Ordinal);

    public Topology Topology => scope.Topology;

    /// <summary>The configuration changed.</summary>
    private void DescribeNodes()
    {
        nodeLines = new(StringComparer.Ordinal);
        for (var i = 0; i < Config.Nodes.Count; i++)
        {
            foreach (var name in NamesOrAll(Config.Nodes[i].Nodes))
            {
                if (!nodeLines.TryGetValue(name, out var lines)) nodeLines.Add(name, lines = []);
                lines.Add(i);
            }
        }
        ReadCpuRows();
        LicenseStock.Configure(Config.Licenses);
        scope.Topology = new Topology(Config.Switches, Config.Blocks);
        scope.SpreadGpus = Config.Planning?.SpreadGpus == true;
        scope.Forget();
        foreach (var node in nodes.Values)
        {
            Describe(node);
            foreach (var holder in node.Holders) scope.Topology.NoteTaken(node, holder);
        }
    }

    /// <summary>How many jobs may use a CPU of a node: the most that any of its partitions allows.</summary>
    private void ReadCpuRows()
    {
        cpuRows = new(StringComparer.Ordinal);
        foreach (var partition in Config.Partitions)
        {
            var rows = OverSubscription.Of(partition.OverSubscribe).Rows;
            if (rows <= 1) continue;
            foreach (var name in NamesOrAll(partition.Nodes))
                cpuRows[name] = Math.Max(rows, cpuRows.GetValueOrDefault(name, 1));
        }
    }

    private static IReadOnlyList<string> NamesOrAll(string list) =>
        string.Equals(list, "ALL", StringComparison.OrdinalIgnoreCase) ? [""] : NodeNames.Expand(list) ?? [];

    private NodeSettings SettingsOf(string node)
    {
        var settings = NodeSettings.None;
        var (all, own) = (nodeLines.GetValueOrDefault("", []), nodeLines.GetValueOrDefault(node, []));
        for (int a = 0, b = 0; a < all.Count || b < own.Count;)
        {
            var line = b == own.Count || a < all.Count && all[a] < own[b] ? all[a++] : own[b++];
            settings = settings.With(Config.Nodes[line]);
        }
        return settings;
    }

    private void Describe(Node node)
    {
        node.Scope = scope;
        node.Leaf = scope.Topology.LeafOf(node.Name);
        node.TopologyPart = scope.Topology.PartOf(node.Name);
        node.CpuRows = Math.Max(cpuRows.GetValueOrDefault(node.Name, 1), cpuRows.GetValueOrDefault("", 1));
        node.Describe(KindOf(node.Registration));
        scope.Note(node.Kind);
    }

    private NodeKind KindOf(NodeRegistered registration)
    {
        var settings = SettingsOf(registration.Name);
        var key = settings.KeyWith(registration.Hardware);
        if (!nodeKinds.TryGetValue(key, out var kind)) nodeKinds.Add(key, kind = new NodeKind(nodeKinds.Count, registration.Hardware, settings));
        return kind;
    }
}
