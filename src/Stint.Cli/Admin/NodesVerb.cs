using System.Globalization;
using Stint.Cli.Options;
using Stint.Cli.Slurm.Sinfo;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Admin;

/// <summary><c>stint nodes</c>: use of each node, and what its kernel can enforce.</summary>
internal static class NodesVerb
{
    public static async Task<int> RunAsync(CommandContext context, ParsedLine line)
    {
        var list = await context.Api.GetAsync("/api/v1/nodes", ApiJson.Default.NodeList, context.Cancellation);
        if (line.Operands.Count > 0)
        {
            string name = context.Arguments[line.Operands[0]];
            list = list with { Nodes = [.. list.Nodes.Where(node => node.Name == name)] };
            if (list.Nodes.Length == 0)
            {
                context.Error.WriteLine($"stint nodes: there is no node '{Slurm.Format.Printable.Of(name)}'");
                return 1;
            }
        }
        if (line.Has("json")) return JsonAnswer.Write(context, list);
        if (list.Nodes.Length == 0)
        {
            context.Out.Write("No node has joined yet: `stint token` prints the command to run on one.\n");
            return 0;
        }
        bool details = line.Has("long") || line.Operands.Count > 0;
        var table = new TextTable(("NODE", false), ("STATE", false), ("CPUS", true), ("MEMORY", true), ("LOAD", true), ("GPUS", true), ("PARTITIONS", false), ("ENFORCES", false));
        foreach (var node in list.Nodes.OrderBy(node => node.Name, Comparer<string>.Create(Hostlist.Compare)))
        {
            var state = NodeState.Parse(node.State);
            string enforces = string.Join(' ', node.Capabilities.Where(capability => capability.Available).Select(capability => capability.Resource));
            string missing = string.Join(' ', node.Capabilities.Where(capability => !capability.Available).Select(capability => capability.Resource));
            table.AddWithNotes([node.Name, new Cell(state.Long, state.Silent || state.Base == "DOWN" ? Tone.Bad : state.Drain ? Tone.Warn : Tone.Good),
                $"{node.CpusAllocated}/{node.Cpus}", $"{Quantity.Bytes(node.MemoryAllocatedBytes)}/{Quantity.Bytes(node.MemoryBytes)}", node.Load.ToString("F2", CultureInfo.InvariantCulture),
                node.Gpus.ToString(CultureInfo.InvariantCulture), string.Join(',', node.Partitions), enforces.Length > 0 ? enforces : "unknown"], Notes(node, details, missing));
        }
        table.Write(context.Out, Palette.Of(context));
        return 0;
    }

    private static Cell[] Notes(NodeView node, bool details, string missing)
    {
        var notes = new List<Cell>();
        if (node.Reason.Length > 0) notes.Add(new Cell($"reason: {node.Reason}", Tone.Warn));
        if (node.Declared) notes.Add(new Cell("its size is declared, not measured: what exceeds the machine is not real", Tone.Quiet));
        if (!details && missing.Length > 0) notes.Add(new Cell($"not enforced here: {missing}", Tone.Warn));
        if (!details) return [.. notes];
        foreach (var capability in node.Capabilities)
            notes.Add(new Cell($"{(capability.Available ? "✓" : "✗")} {capability.Resource}{(capability.Detail.Length > 0 ? $": {capability.Detail}" : "")}", capability.Available ? Tone.Plain : Tone.Warn));
        if (node.Os.Length > 0) notes.Add(new Cell($"{node.Os}, agent {node.Version} at {node.Address}", Tone.Quiet));
        return [.. notes];
    }
}
