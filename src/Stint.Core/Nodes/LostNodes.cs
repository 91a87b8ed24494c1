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

    /// <returns>The jobs that this gives up.</returns>
    private SortedSet<uint> SilentNodes(Batch batch)
    {
        var gone = new HashSet<string>(StringComparer.Ordinal);
        var affected = new SortedSet<uint>();
        foreach (var node in nodes.Values)
        {
            if (node.Availability is NodeAvailability.NodeUp or NodeAvailability.NodeUnknown) continue;
            if (batch.Now < node.Changed)
            {
                // The clock was set back: the silence counts anew, or nobody would miss the node for as long as the clock was wrong.
                batch.Add(new NodeStateChanged { Name = node.Name, Availability = node.Availability, ByAdmin = node.DownByAdmin });
                continue;
            }
            if ((batch.Now - node.Changed).TotalMilliseconds < Config.NodeTimeoutMs) continue;
            gone.Add(node.Name);
            affected.UnionWith(node.Jobs);
            if (node.Availability != NodeAvailability.NodeNotResponding) continue;
            var change = new NodeStateChanged { Name = node.Name, Availability = NodeAvailability.NodeDown };
            if (node.Reason.Length == 0) change.Reason = "Not responding";      // an admin's reason to drain it stays
            batch.Add(change);
        }
        foreach (var id in affected) GiveUp(batch, jobs[id], gone);
        return affected;
    }

    /// <summary>Ends a job that has lost nodes for good; they can not answer, so their shares are given up in its place.</summary>
    private static void GiveUp(Batch batch, Job job, HashSet<string> goneNodes)
    {
        var gone = job.Shares.Select(static share => share.Node)
            .Where(node => goneNodes.Contains(node) && !job.Released.Contains(node)).ToArray();
        if (job.State is JobState.Running or JobState.Suspended)
        {
            if (GoesOnWithout(batch, job, gone)) return;
            End(batch, job, NodeFailure(job, $"node {gone[0]} stopped responding"), gone);
            if (HoldersLeft(job, gone) == 0) return;
        }
        foreach (var node in gone) batch.Add(new NodeReleased { JobId = job.Id, Attempt = job.Attempt, Node = node });
        if (job.State == JobState.Completing) FinishWhenReleased(batch, job, gone);
    }

    /// <summary>An admin took the node down: its agent, if it is there, ends the jobs; if not, a later tick gives them up.</summary>
    private void EndJobsOn(Batch batch, Node node, string cause)
    {
        foreach (var id in node.Jobs)
            if (jobs[id].State is JobState.Running or JobState.Suspended && !GoesOnWithout(batch, jobs[id], [node.Name])) End(batch, jobs[id], NodeFailure(jobs[id], cause));
    }

    /// <summary>--no-kill: the job loses the node, and the steps that ran on it; it goes on where its batch host is not among the
    /// lost (sbatch(1)).</summary>
    private static bool GoesOnWithout(Batch batch, Job job, string[] gone)
    {
        if (!job.Spec.NoKill || gone.Contains(job.Shares[0].Node) || HoldersLeft(job, gone) == 0) return false;
        foreach (var node in gone)
        {
            foreach (var step in job.Steps.Values)
            {
                if (step.IsOver || step.ExitReports.ContainsKey(node)) continue;
                foreach (var share in step.Shares)
                    if (string.Equals(share.Node, node, StringComparison.Ordinal))
                        batch.Add(new StepExited { JobId = job.Id, StepId = step.Id, Attempt = job.Attempt, Node = node, Kind = EndKind.EndNodeFail,
                            Cause = $"node {node} was lost", Started = step.StartReports.ContainsKey(node) });
            }
            batch.Add(new NodeReleased { JobId = job.Id, Attempt = job.Attempt, Node = node });
        }
        return true;
    }

    private static Ending NodeFailure(Job job, string cause) =>
        new(EndKind.EndNodeFail, Cause: cause, Requeue: job.Spec is { IsBatch: true, Requeue: true });
}
