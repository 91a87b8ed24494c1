using Stint.Core.Journal;
using Stint.Protocol.Slurm;
using YamlDotNet.RepresentationModel;
using static Stint.Server.Configuration.ConfigValues;

namespace Stint.Server.Configuration;

/// <summary><c>nodes:</c>: what an admin says of nodes beyond what they detect. Later entries win, key by key.</summary>
internal static class NodeReader
{
    public static List<NodeSpec> Read(YamlNode node)
    {
        var specs = new List<NodeSpec>();
        foreach (var item in Items(node, "nodes"))
        {
            var spec = new NodeSpec();
            foreach (var (key, value) in Entries(item, "an entry of nodes")) Set(spec, key, value);
            if (spec.Nodes.Length == 0) throw new ConfigException(item, "an entry of nodes needs the key 'nodes' (a hostlist)");
            specs.Add(spec);
        }
        return specs;
    }

    private static void Set(NodeSpec spec, YamlNode key, YamlNode value)
    {
        switch (Text(key))
        {
            case "nodes": spec.Nodes = Hosts(value); break;
            case "features": spec.Features.Add(Names(value, "features")); break;
            case "weight": spec.Weight = Number(value, 1, 65_533); break;
            case "core_spec": spec.CoreSpecCount = Number(value, 0, 65_535); break;
            case "memory_spec": spec.MemorySpecBytes = Size(value); break;
            case "disk": spec.DiskBytes = Size(value); break;
            case "blocks" when Text(value) == "auto": spec.BlocksAuto = true; break;
            case "blocks": spec.Blocks = Number(value, 1, 1_024); break;
            case "gres": AddGres(spec, value); break;
            default: throw Unknown(key, "an entry of nodes");
        }
    }

    private static void AddGres(NodeSpec spec, YamlNode value)
    {
        if (!GresSpec.TryParse(Text(value), out var terms, out var error)) throw new ConfigException(value, error);
        foreach (var term in terms)
        {
            if (term.Count > int.MaxValue) throw new ConfigException(value, $"{term} is more than a node can have");
            spec.Gres.Add(new Gres { Name = term.Name, Type = term.Type, Count = (uint)term.Count });
        }
    }
}

/// <summary><c>licenses: {matlab: 10}</c></summary>
internal static class LicenseReader
{
    public static string Read(YamlNode node)
    {
        var licenses = new List<string>();
        foreach (var (key, value) in Entries(node, "licenses"))
        {
            var one = $"{Text(key)}:{Number(value, 1, 100_000_000)}";
            if (!LicenseSpec.TryParse(one, out _, out var error)) throw new ConfigException(key, error);
            licenses.Add(one);
        }
        return string.Join(',', licenses);
    }
}

/// <summary><c>topology:</c>: a tree of switches, or blocks.</summary>
internal static class TopologyReader
{
    public static ServerConfig Read(YamlNode node, ServerConfig config)
    {
        foreach (var (key, value) in Entries(node, "topology"))
        {
            config = Text(key) switch
            {
                "switches" => config with { Switches = Groups(value, "switches", mayNest: true) },
                "blocks" => config with { Blocks = Groups(value, "blocks", mayNest: false) },
                _ => throw Unknown(key, "topology"),
            };
        }
        return config;
    }

    private static List<SwitchSpec> Groups(YamlNode node, string what, bool mayNest)
    {
        var groups = new List<SwitchSpec>();
        foreach (var item in Items(node, what))
        {
            var group = new SwitchSpec();
            foreach (var (key, value) in Entries(item, $"an entry of {what}"))
            {
                switch (Text(key))
                {
                    case "name": group.Name = Name(value, "the name"); break;
                    case "nodes": group.Nodes = Hosts(value); break;
                    case "switches" when mayNest: group.Switches = Hosts(value); break;
                    default: throw Unknown(key, $"an entry of {what}");
                }
            }
            if (group.Name.Length == 0) throw new ConfigException(item, $"an entry of {what} needs a name");
            if (groups.Exists(g => g.Name == group.Name)) throw new ConfigException(item, $"'{group.Name}' is there twice in {what}");
            if (group.Nodes.Length > 0 == group.Switches.Length > 0) throw new ConfigException(item, $"'{group.Name}' needs {(mayNest ? "either nodes or switches" : "nodes")}");
            groups.Add(group);
        }
        if (mayNest) CheckTree(node, groups);
        return groups;
    }

    /// <summary>Each switch that is named exists, comes from one parent at most, and no switch is below itself.</summary>
    private static void CheckTree(YamlNode node, List<SwitchSpec> switches)
    {
        var parents = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var parent in switches)
        {
            if (parent.Switches.Length == 0) continue;
            Hostlist.TryExpand(parent.Switches, out var children, out _);
            foreach (var child in children)
            {
                if (!switches.Exists(s => s.Name == child)) throw new ConfigException(node, $"switch '{parent.Name}' names '{child}', which is not there");
                if (!parents.TryAdd(child, parent.Name)) throw new ConfigException(node, $"switch '{child}' is below both '{parents[child]}' and '{parent.Name}'");
            }
        }
        foreach (var one in switches)
        {
            var steps = 0;
            for (var at = one.Name; parents.TryGetValue(at, out var above); at = above)
                if (++steps > switches.Count) throw new ConfigException(node, $"switch '{one.Name}' is below itself");
        }
    }
}
