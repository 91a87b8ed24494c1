using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;
using Stint.Server.Configuration;

namespace Stint.Server.Features.Topology;

/// <summary>GET /api/v1/topology</summary>
internal static class Show
{
    public static void Map(IEndpointRouteBuilder routes, ServerConfig config)
    {
        var view = new TopologyView([.. config.Switches.Select(s => View(s, config.Switches))], [.. config.Blocks.Select(b => new SwitchView(b.Name, 0, b.Nodes, ""))]);
        routes.MapGet($"{Endpoints.Root}/topology", context => Reply.JsonAsync(context, view, ApiJson.Default.TopologyView)).Describe("showTopology", "Switches or blocks").Gives<TopologyView>();
    }

    private static SwitchView View(SwitchSpec one, IReadOnlyList<SwitchSpec> all)
    {
        var nodes = new List<string>();
        var level = Collect(one, all, nodes);
        return new SwitchView(one.Name, level, Hostlist.FoldSorted(nodes), one.Switches);
    }

    /// <summary>The nodes below; the tree was checked when the file was read.</summary>
    private static int Collect(SwitchSpec one, IReadOnlyList<SwitchSpec> all, List<string> nodes)
    {
        if (one.Switches.Length == 0)
        {
            if (Hostlist.TryExpand(one.Nodes, out var hosts, out _)) nodes.AddRange(hosts);
            return 0;
        }
        var level = 0;
        Hostlist.TryExpand(one.Switches, out var names, out _);
        foreach (var name in names)
            foreach (var child in all)
                if (child.Name == name) level = Math.Max(level, Collect(child, all, nodes));
        return level + 1;
    }
}
