using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;

namespace Stint.Core;

// A node is silent (its link is gone), then down (silent for SlurmdTimeout). Only then are its jobs given up: before, they go on.
public sealed partial class Cluster
{
    private Decision DecideLoseNode(LoseNode command, Instant now)
    {
        if (!nodes.TryGetValue(command.Node, out var node)) return UnknownNode(command.Node);
        if (node.Availability != NodeAvailability.NodeUp) return Decision.Nothing;
        var batch = new Batch(now);
        batch.Add(new NodeStateChanged { Name = node.Name, Availability = NodeAvailability.NodeNotResponding });
        return batch.Decision();
    }

    private void SilentNodes(Batch batch)
    {
        foreach (var node in nodes.Values)
        {
            if (node.Availability is NodeAvailability.NodeUp or NodeAvailability.NodeUnknown) continue;
            if ((batch.Now - node.Changed).TotalMilliseconds < Config.NodeTimeoutMs) continue;
            if (node.Availability == NodeAvailability.NodeNotResponding)
                batch.Add(new NodeStateChanged { Name = node.Name, Availability = NodeAvailability.NodeDown, Reason = "Not responding" });
            if (node.Jobs.Count > 0) EndJobsOn(batch, node, $"node {node.Name} stopped responding", isGone: true);
        }
    }

    /// <param name="isGone">The node can not answer any more: its shares are given up.</param>
    private void EndJobsOn(Batch batch, Node node, string cause, bool isGone)
    {
        foreach (var id in node.Jobs)
        {
            var job = jobs[id];
            if (job.State == JobState.Completing)
            {
                if (!isGone || WillBeEnded(batch, id)) continue;
                batch.Add(new NodeReleased { JobId = id, Attempt = job.Attempt, Node = node.Name });
                FinishWhenReleased(batch, job, node.Name);
                continue;
            }
            if (WillBeEnded(batch, id)) continue;
            var ending = new Ending(EndKind.EndNodeFail, Cause: cause, Requeue: job.Spec is { IsBatch: true, Requeue: true });
            if (!isGone) { End(batch, job, ending); continue; }
            End(batch, job, ending, node.Name);
            if (HoldersLeft(job, [node.Name]) > 0) batch.Add(new NodeReleased { JobId = id, Attempt = job.Attempt, Node = node.Name });
        }
    }

    /// <summary>Two nodes of one job given up in one batch: the first one's records stand, the next Tick does the rest.</summary>
    private static bool WillBeEnded(Batch batch, uint jobId)
    {
        foreach (var record in batch.Records)
            if (record.JobEndRequested?.JobId == jobId || record.JobEnded?.JobId == jobId || record.JobRequeued?.JobId == jobId || record.NodeReleased?.JobId == jobId) return true;
        return false;
    }
}
