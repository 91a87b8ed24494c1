using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

// What a node really has, compared with what the cluster believes, in both directions.
public sealed partial class Cluster
{
    private Decision DecideNodeHoldings(ReportNodeHoldings command, Instant now)
    {
        if (!nodes.TryGetValue(command.Node, out var node)) return UnknownNode(command.Node);
        var held = new HashSet<(uint, uint, uint)>(command.Steps);
        var batch = new Batch(now);
        foreach (var id in node.Jobs)
        {
            var job = jobs[id];
            foreach (var step in job.Steps.Values)
            {
                if (!step.StartReports.ContainsKey(node.Name) || step.ExitReports.ContainsKey(node.Name)) continue;
                if (held.Contains((id, step.Id, job.Attempt))) continue;
                if (LoseStep(batch, job, step, node.Name)) break;
            }
        }
        return batch.Decision();
    }

    /// <summary>It ran there, was never reported over, and is not there any more: the node was restarted or lost its state. True: the job
    /// ends with it.</summary>
    private static bool LoseStep(Batch batch, Job job, Step step, string node)
    {
        var cause = $"step {job.Id}.{StepName(step.Id)} is not on node {node} any more, and how it ended is not known";
        batch.Add(new StepExited
        {
            JobId = job.Id, StepId = step.Id, Attempt = job.Attempt, Node = node, Kind = EndKind.EndNodeFail, Cause = cause, Started = true,
        });
        if (step.Id != StepIds.Batch || job.State != JobState.Running) return false;
        End(batch, job, new Ending(EndKind.EndNodeFail, Cause: cause, Requeue: job.Spec.Requeue));
        return true;
    }

    private static string StepName(uint id) => id switch
    {
        StepIds.Batch => "batch",
        StepIds.Extern => "extern",
        _ => id.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    /// <summary>Jobs that the node holds and must not: over, forgotten, of an earlier attempt, or given up there. The server has them
    /// ended.</summary>
    public IEnumerable<(uint JobId, uint Attempt)> StrayJobs(string node, IEnumerable<(uint JobId, uint StepId, uint Attempt)> held) =>
        held.Where(step => !jobs.TryGetValue(step.JobId, out var job) || job.Attempt != step.Attempt || !Holds(job, node))
            .Select(static step => (step.JobId, step.Attempt)).Distinct();

    /// <summary>Steps that are to run on a node and that it has not reported started or exited: what a launch is (again) sent
    /// for.</summary>
    public IEnumerable<(Job Job, Step Step)> LaunchesDue(string node)
    {
        if (!nodes.TryGetValue(node, out var found)) yield break;
        foreach (var id in found.Jobs)
        {
            var job = jobs[id];
            if (job.State != JobState.Running) continue;
            foreach (var step in job.Steps.Values)
            {
                if (step.IsOver || step.StartReports.ContainsKey(node) || step.ExitReports.ContainsKey(node)) continue;
                foreach (var share in step.Shares)
                    if (string.Equals(share.Node, node, StringComparison.Ordinal)) { yield return (job, step); break; }
            }
        }
    }

    /// <summary>Jobs that are ending and that the node still holds: what it is (again) told to end.</summary>
    public IEnumerable<Job> EndsDue(string node)
    {
        if (!nodes.TryGetValue(node, out var found)) yield break;
        foreach (var id in found.Jobs)
            if (jobs[id].State == JobState.Completing) yield return jobs[id];
    }
}
