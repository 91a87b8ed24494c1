using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol show node [names]</c>.</summary>
internal static class ShowNode
{
    public static async Task<int> RunAsync(CommandContext context, ShowStyle style, string? names)
    {
        var list = await context.Api.GetAsync("/api/v1/nodes", ApiJson.Default.NodeList, context.Cancellation);
        var clock = new Clock(list.NowMs, context.Time.LocalTimeZone);
        IEnumerable<NodeView> chosen = list.Nodes.OrderBy(node => node.Name, Comparer<string>.Create(Hostlist.Compare));
        if (names is not null)
        {
            if (!Hostlist.TryExpand(names, out var wanted, out string error))
            {
                context.Error.WriteLine($"{context.Name}: error: {Printable.Of(error)}");
                return 1;
            }
            foreach (string name in wanted)
            {
                if (Array.Exists(list.Nodes, node => node.Name == name)) continue;
                context.Error.WriteLine($"Node {Printable.Of(name)} not found");
                return 1;
            }
            chosen = wanted.Select(name => Array.Find(list.Nodes, node => node.Name == name)!);
        }
        if (style.Json)
        {
            var ping = await context.Api.GetAsync("/api/v1/ping", ApiJson.Default.PingView, context.Cancellation);
            NodesJson.Write(context, chosen, ping.Cluster);
            return 0;
        }
        if (list.Nodes.Length == 0) context.Out.Write("No nodes in the system\n");
        foreach (var node in chosen) NodeRecord.Of(node, clock, style.Details).Write(context.Out, style.OneLine);
        return 0;
    }
}
