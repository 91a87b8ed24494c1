using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Sinfo;

/// <summary>Which nodes of which partitions sinfo lists.</summary>
internal sealed class NodeSelector
{
    private List<string>? _partitions, _nodes;
    private List<Func<NodeState, bool>>? _states;
    private bool _dead, _answering;

    /// <summary>A filter on nodes leaves partitions without any of them on the list, with 0 nodes.</summary>
    public bool FiltersNodes => _nodes is not null || _states is not null || _dead || _answering;

    public static bool TryRead(CommandContext context, ParsedLine line, out NodeSelector selector)
    {
        selector = new NodeSelector
        {
            _dead = line.Has("dead"), _answering = line.Has("responding"),
            _partitions = (line.Value("partition") ?? context.Environment.GetValueOrDefault("SINFO_PARTITION")) is { Length: > 0 } names ? Lists.Split(names) : null,
        };
        if (line.Value("nodes") is { Length: > 0 } text)
        {
            if (!Hostlist.TryExpand(text, out var hosts, out string error))
            {
                context.Error.WriteLine($"{context.Name}: error: {Printable.Of(error)}");
                return false;
            }
            selector._nodes = hosts;
        }
        if (line.Value("states") is { } states) return selector.ReadStates(context, states);
        if (line.Has("list-reasons")) selector._states = [state => state.Base is "DOWN" or "ERROR" || state.Drain || state.Flag == "FAIL"];
        return true;
    }

    private bool ReadStates(CommandContext context, string text)
    {
        _states = [];
        // "drain&idle" wants all of them at once.
        foreach (string word in Lists.Split(text))
        {
            var terms = new List<Func<NodeState, bool>>();
            foreach (string term in word.Split('&', '+'))
            {
                if (NodeState.Filter(term) is not { } filter)
                {
                    context.Error.WriteLine($"{context.Name}: error: Bad state string: \"{Printable.Of(text)}\"");
                    context.Error.WriteLine($"{context.Name}: error: valid states: {NodeState.Names}");
                    return false;
                }
                terms.Add(filter);
            }
            _states.Add(state => terms.TrueForAll(term => term(state)));
        }
        return true;
    }

    public bool Matches(PartitionView partition) => _partitions is null || _partitions.Contains(partition.Name);

    public bool Matches(NodeView node)
    {
        var state = NodeState.Parse(node.State);
        return (_nodes is null || _nodes.Contains(node.Name)) && (_states is null || _states.Exists(filter => filter(state)))
            && (!_dead || state.Silent) && (!_answering || !state.Silent);
    }
}
