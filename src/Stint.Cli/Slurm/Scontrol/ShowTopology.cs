using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol show topology [switch or node]</c>.</summary>
internal static class ShowTopology
{
    public static async Task<int> RunAsync(CommandContext context, string? name)
    {
        var topology = await context.Api.GetAsync("/api/v1/topology", ApiJson.Default.TopologyView, context.Cancellation);
        if (topology.Switches.Length == 0 && topology.Blocks.Length == 0)
        {
            context.Error.WriteLine($"{context.Name}: error: No topology information available");
            return 0;
        }
        int shown = 0;
        foreach (var one in topology.Switches.OrderBy(one => one.Level).Where(one => Matches(one, name)))
        {
            context.Out.Write($"SwitchName={one.Name} Level={one.Level} LinkSpeed=1 Nodes={one.Nodes}{(one.Switches.Length > 0 ? $" Switches={one.Switches}" : "")}\n");
            shown++;
        }
        for (int i = 0; i < topology.Blocks.Length; i++)
        {
            var one = topology.Blocks[i];
            if (!Matches(one, name)) continue;
            context.Out.Write($"BlockName={one.Name} BlockIndex={i} Nodes={one.Nodes}\n");
            shown++;
        }
        if (shown > 0) return 0;
        context.Error.WriteLine($"{context.Name}: error: Topology information contains no switch, block or node named {Printable.Of(name ?? "")}");
        return 1;
    }

    private static bool Matches(SwitchView one, string? name) => name is null || one.Name == name || Hostlist.TryExpand(one.Nodes, out var hosts, out _) && hosts.Contains(name);
}
