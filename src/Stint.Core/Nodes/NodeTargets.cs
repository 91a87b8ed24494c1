using Stint.Core.Journal;
using Stint.Core.Nodes;

namespace Stint.Core;

// scontrol update node … state=: the states by name (scontrol(1), NODES).
public sealed partial class Cluster
{
    private Decision DecideNodeTarget(Node node, NodeTarget target, UpdateNode command, Instant now)
    {
        if (target is NodeTarget.Drain or NodeTarget.Down or NodeTarget.Fail && command.Reason.Length == 0)
            return Decision.No(RefusalCodes.InvalidRequest, "You must specify a reason when DOWNING or DRAINING a node. Request denied");
        if (command.Reason.Length > NameCharsMax) return new Decision([], TooLong("the reason", command.Reason.Length, NameCharsMax), 0);
        if (target == NodeTarget.Future && node.Jobs.Count > 0)
            return Decision.No(RefusalCodes.NodesBusy, $"node {node.Name} has jobs {string.Join(", ", node.Jobs.Take(8))}: it can not become FUTURE", "Drain it first");
        var change = new NodeStateChanged { Name = node.Name, ByUid = command.By.Uid, ByAdmin = true };
        switch (target)
        {
            case NodeTarget.Drain:
                if (!node.Drain || command.Reason != node.Reason) change.Drain = true;
                break;
            case NodeTarget.Undrain:
                if (node.Drain) change.Drain = false;
                break;
            case NodeTarget.Down:
                if (!node.DownByAdmin) change.Availability = NodeAvailability.NodeDown;
                break;
            case NodeTarget.Fail:
                if (!node.Fail || command.Reason != node.Reason) change.Fail = true;
                break;
            case NodeTarget.Future:
                if (!node.Future) change.Future = true;
                break;
            case NodeTarget.NotResponding:
                if (node.Availability == NodeAvailability.NodeUp) change.Availability = NodeAvailability.NodeNotResponding;
                break;
            default: Restore(node, change); break;
        }
        if (change is { HasDrain: false, HasAvailability: false, HasFail: false, HasFuture: false }) return Decision.Nothing;
        if (command.Reason.Length > 0) change.Reason = command.Reason;
        var batch = new Batch(now);
        batch.Add(change);
        if (target == NodeTarget.Down) EndJobsOn(batch, node, $"node {node.Name} was set down: {command.Reason}");
        return batch.Decision();
    }

    /// <summary>RESUME, IDLE: back to work from whatever an admin did to it. One that fell silent stays silent until it registers.</summary>
    private static void Restore(Node node, NodeStateChanged change)
    {
        if (node.Drain || node.Reason.Length > 0) change.Drain = false;
        if (node.Fail) change.Fail = false;
        if (node.Future) change.Future = false;
        if (node.Availability == NodeAvailability.NodeDown)
        {
            change.Drain = false;
            change.Availability = node.DownByAdmin ? NodeAvailability.NodeUp : NodeAvailability.NodeNotResponding;
        }
    }
}
