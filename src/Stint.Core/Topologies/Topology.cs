using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Scheduling;

namespace Stint.Core.Topologies;

/// <summary>
/// How nodes are connected: a tree of switches, or blocks. Built from the configuration; a node that it does not name is on no switch.
/// Counts which parts (blocks, or else leaf switches) have jobs, for those that want a part for themselves.
/// </summary>
public sealed class Topology
{
    private const int DepthMax = 16;
    public static readonly Topology None = new([], []);

    private readonly Dictionary<string, int> leafOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> blockOf = new(StringComparer.Ordinal);
    private readonly int[] busy;
    private readonly int[] closed;

    public Topology(IReadOnlyList<SwitchSpec> switches, IReadOnlyList<SwitchSpec> blocks)
    {
        Switches = [.. switches.Select(static spec => spec.Name)];
        Blocks = [.. blocks.Select(static spec => spec.Name)];
        Parents = new int[switches.Count];
        Array.Fill(Parents, -1);
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < switches.Count; i++) numbers.TryAdd(switches[i].Name, i);
        for (var i = 0; i < switches.Count; i++)
        {
            foreach (var name in NodeNames.Expand(switches[i].Nodes) ?? []) leafOf[name] = i;
            foreach (var name in NodeNames.Expand(switches[i].Switches) ?? [])
                if (numbers.TryGetValue(name, out var child) && child != i) Parents[child] = i;
        }
        for (var i = 0; i < blocks.Count; i++)
            foreach (var name in NodeNames.Expand(blocks[i].Nodes) ?? []) blockOf[name] = i;
        busy = new int[Math.Max(switches.Count, blocks.Count)];
        closed = new int[busy.Length];
    }

    /// <summary>Names of the switches; a switch is its place here.</summary>
    public IReadOnlyList<string> Switches { get; }
    public IReadOnlyList<string> Blocks { get; }
    /// <summary>The switch above each switch; -1: none.</summary>
    public int[] Parents { get; }
    public bool HasTree => Switches.Count > 0;
    public bool HasBlocks => Blocks.Count > 0;

    public int LeafOf(string node) => leafOf.GetValueOrDefault(node, -1);
    /// <summary>The block, or in a tree the leaf switch; -1: none.</summary>
    public int PartOf(string node) => HasBlocks ? blockOf.GetValueOrDefault(node, -1) : LeafOf(node);

    /// <summary>Whether the first is the second, or above it. Bounded, so that a wrong configuration with a ring ends too.</summary>
    public bool IsAbove(int above, int below)
    {
        for (int depth = 0, at = below; at >= 0 && depth < DepthMax; depth++, at = Parents[at])
            if (at == above) return true;
        return false;
    }

    /// <summary>Steps from the top.</summary>
    public int DepthOf(int at)
    {
        var depth = 0;
        while (depth < DepthMax && (at = Parents[at]) >= 0) depth++;
        return depth;
    }

    /// <summary>Jobs on any node of a part.</summary>
    public bool IsBusy(int part) => busy[part] > 0;
    /// <summary>A job has the part for itself.</summary>
    public bool IsClosed(int part) => closed[part] > 0;

    internal void NoteTaken(Node node, in Holder holder)
    {
        if (node.TopologyPart < 0) return;
        busy[node.TopologyPart]++;
        if (holder.WantsTopology) closed[node.TopologyPart]++;
    }

    internal void NoteGivenBack(Node node, in Holder holder)
    {
        if (node.TopologyPart < 0) return;
        busy[node.TopologyPart]--;
        if (holder.WantsTopology) closed[node.TopologyPart]--;
    }
}
