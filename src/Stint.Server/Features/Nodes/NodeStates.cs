using Stint.Core.Journal;
using Stint.Core.Nodes;

namespace Stint.Server.Features.Nodes;

/// <summary>Slurm's node states (sinfo(1)): base state, flags, and * for a node that does not answer.</summary>
internal static class NodeStates
{
    public static string Name(Node node, NodeContext around)
    {
        var state = node.Availability switch
        {
            NodeAvailability.NodeDown => "DOWN",
            NodeAvailability.NodeUnknown => "UNKNOWN",
            _ => Usage(node),
        };
        if (node.Future) return "FUTURE";
        if (node.Drain) state += "+DRAIN";
        if (node.Fail) state += "+FAIL";
        if (around.IsMaintained(node.Name)) state += "+MAINTENANCE";
        if (around.IsReserved(node.Name)) state += "+RESERVED";
        else if (state == "IDLE" && around.IsPlanned(node.Name)) state += "+PLANNED";
        return node.Availability == NodeAvailability.NodeNotResponding ? state + "*" : state;
    }

    private static string Usage(Node node) => node.CpusAllocated == 0 && node.Jobs.Count == 0 ? "IDLE"
        : node.CpusAllocated >= node.AllCpus.Count ? "ALLOCATED" : "MIXED";
}
