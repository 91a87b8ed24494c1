using Stint.Core.Journal;
using Stint.Core.Nodes;

namespace Stint.Core;

public sealed partial class Cluster
{
    private Decision DecideUpdateNode(UpdateNode command, Instant now)
    {
        if (!command.By.IsOperator) return Decision.No(RefusalCodes.AccessDenied, $"uid {command.By.Uid} may not change nodes");
        if (!nodes.TryGetValue(command.Node, out var node)) return UnknownNode(command.Node);
        if (command.State is { } target) return DecideNodeTarget(node, target, command, now);
        if ((command.Drain == true || command.Down == true) && command.Reason.Length == 0)
            return Decision.No(RefusalCodes.InvalidRequest, "You must specify a reason when DOWNING or DRAINING a node. Request denied");
        if (command.Reason.Length > NameCharsMax) return new Decision([], TooLong("the reason", command.Reason.Length, NameCharsMax), 0);

        var change = new NodeStateChanged { Name = node.Name, ByUid = command.By.Uid, ByAdmin = true };
        if (command.Drain is { } drain && (drain != node.Drain || drain && command.Reason != node.Reason)) change.Drain = drain;
        if (command.Down == true && !node.DownByAdmin) change.Availability = NodeAvailability.NodeDown;
        // Back to work. One that an admin took down counts as up until the server reports its link missing; one that fell silent
        // stays silent until it registers.
        if ((command.Down == false || command.Drain == false) && node.Availability == NodeAvailability.NodeDown)
            change.Availability = node.DownByAdmin ? NodeAvailability.NodeUp : NodeAvailability.NodeNotResponding;
        if (!change.HasDrain && !change.HasAvailability) return Decision.Nothing;
        if (command.Reason.Length > 0) change.Reason = command.Reason;

        var batch = new Batch(now);
        batch.Add(change);
        if (change.HasAvailability && change.Availability == NodeAvailability.NodeDown)
            EndJobsOn(batch, node, $"node {node.Name} was set down: {command.Reason}");
        return batch.Decision();
    }

    private static Decision UnknownNode(string name) =>
        Decision.No(RefusalCodes.InvalidNodeName, $"invalid node name specified: {Short(name)}", "sinfo -N lists the nodes");

    private void On(NodeStateChanged record, Instant at)
    {
        var node = NodeOf(record.Name);
        if (record.HasDrain) node.Drain = record.Drain;
        if (record.HasFail) node.Fail = record.Fail;
        if (record.HasFuture) node.Future = record.Future;
        if (record.HasAvailability)
        {
            SetAvailability(node, record.Availability, at);
            node.DownByAdmin = record.ByAdmin && record.Availability == NodeAvailability.NodeDown;
        }
        if (record.HasReason)
        {
            node.Reason = record.Reason;
            node.ReasonUid = record.ByUid;
            node.ReasonAt = at;
        }
        else if (record.HasDrain && !record.Drain && node.Availability != NodeAvailability.NodeDown)
        {
            node.Reason = "";
            node.ReasonUid = 0;
            node.ReasonAt = Instant.Never;
        }
        NodesChanged();
    }
}
