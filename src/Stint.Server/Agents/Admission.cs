using Stint.Core;
using Stint.Core.Journal;
using Stint.Server.Engine;

namespace Stint.Server.Agents;

/// <summary>
/// A node's arrival in one batch: is this the certificate on record, register, compare what it holds. One batch, so that no job is
/// allocated between registration and comparison and then taken for lost.
/// </summary>
internal sealed class Admission(
    AgentSession session, NodeRegistered registration, IReadOnlyList<(uint JobId, uint StepId, uint Attempt)> holdings, string thumbprint, Action<Cluster, Instant> begin) : Work
{
    private readonly TaskCompletionSource<(bool, string)> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Cluster? cluster;
    private Instant now;
    private string why = "";

    public Task<(bool Admitted, string Why)> Answer => answer.Task;

    public override void Decide(Batch batch)
    {
        (cluster, now) = (batch.Cluster, batch.Now);
        if (cluster.CertificateOf(session.Node) is not { } recorded)
            why = $"no certificate is on record for node {session.Node}: join it with a token";
        else if (!string.Equals(recorded, thumbprint, StringComparison.OrdinalIgnoreCase))
            why = $"the certificate of node {session.Node} was replaced by a newer one: join it again";
        else if (batch.Decide(new RegisterNode(registration)).Refusal is { } refusal)
            why = refusal.ToString();
        else
            batch.Decide(new ReportNodeHoldings(session.Node, holdings));
    }

    public override void Committed()
    {
        if (why.Length == 0) begin(cluster!, now);
        answer.TrySetResult((why.Length == 0, why));
    }

    public override void Abandon() => answer.TrySetException(new EngineStoppedException());
}
