using Stint.Core;
using Stint.Core.Journal;
using Stint.Server.Engine;
using Stint.Server.Runs;

namespace Stint.Server.Agents;

/// <summary>
/// A node's arrival in one batch: is this the certificate on record, register, compare what it holds. One batch, so that no job is
/// allocated between registration and comparison and then taken for lost.
/// </summary>
internal sealed class Admission(
    AgentSession session, NodeRegistered registration, IReadOnlyList<(uint JobId, uint StepId, uint Attempt)> holdings, string thumbprint, RunDirectory runs, Action<Cluster, Instant> begin) : Work
{
    private readonly TaskCompletionSource<(bool, string)> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Cluster? cluster;
    private Instant now;
    private string why = "";

    public Task<(bool Admitted, string Why)> Answer => answer.Task;

    public override void Decide(Batch batch)
    {
        (cluster, now) = (batch.Cluster, batch.Now);
        if (!cluster.NodeCertificates.TryGetValue(session.Node, out var recorded))
            why = $"no certificate is on record for node {session.Node}: join it with a token";
        else if (!string.Equals(recorded, thumbprint, StringComparison.OrdinalIgnoreCase))
            why = $"the certificate of node {session.Node} was replaced by a newer one: join it again";
        else if (batch.Decide(new RegisterNode(registration)).Refusal is { } refusal)
            why = refusal.ToString();
        else
        {
            batch.Decide(new ReportNodeHoldings(session.Node, holdings));
            EndForsakenSteps(batch);
        }
    }

    /// <summary>A step that was never launched, and whose srun is gone since the server restarted, would keep its CPUs for ever.</summary>
    private void EndForsakenSteps(Batch batch)
    {
        var forsaken = new List<StepExited>();
        foreach (var (job, step) in cluster!.LaunchesDue(session.Node))
        {
            if (step.Id >= StepIds.Batch || runs.IsFollowed(job.Id, step.Id) || IsHeld(job.Id, step.Id)) continue;
            forsaken.Add(new StepExited { JobId = job.Id, StepId = step.Id, Attempt = job.Attempt, Node = session.Node, Kind = EndKind.EndCancelled, Cause = "its client was gone before it started" });
        }
        foreach (var report in forsaken) batch.Decide(new ReportStepExited(report));
    }

    private bool IsHeld(uint jobId, uint stepId)
    {
        foreach (var held in holdings)
            if (held.JobId == jobId && held.StepId == stepId) return true;
        return false;
    }

    public override void Committed()
    {
        if (why.Length == 0) begin(cluster!, now);
        answer.TrySetResult((why.Length == 0, why));
    }

    public override void Abandon() => answer.TrySetException(new EngineStoppedException());
}
