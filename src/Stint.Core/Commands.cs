using Stint.Core.Journal;

namespace Stint.Core;

/// <summary>Something that is asked of the cluster. <see cref="Cluster.Decide"/> answers with records or a refusal.</summary>
public abstract record Command;

/// <summary>Who asks. Root and the cluster's own user are operators.</summary>
public readonly record struct Actor(uint Uid, bool IsOperator);

// Configuration and nodes
public sealed record Configure(ClusterConfigured Config) : Command;
public sealed record RegisterNode(NodeRegistered Registration) : Command;
/// <summary>The agent's link is gone (not yet DOWN: that is decided by <see cref="Tick"/> after the node time-out).</summary>
public sealed record LoseNode(string Node) : Command;
public sealed record UpdateNode(string Node, Actor By, bool? Drain, bool? Down, string Reason) : Command;

// Jobs. TaskSelection null = the whole job; otherwise ranges of array tasks.
public sealed record SubmitJob(JobSpec Spec) : Command;
public sealed record CancelJob(uint JobId, IReadOnlyList<ArrayRange>? Tasks, Actor By) : Command;
public sealed record HoldJob(uint JobId, Actor By) : Command;
public sealed record ReleaseJob(uint JobId, Actor By) : Command;
public sealed record RequeueJob(uint JobId, Actor By, bool Hold = false) : Command;
/// <summary>The client of an interactive job (srun, salloc) is over.</summary>
public sealed record CompleteInteractiveJob(uint JobId, Actor By, int ExitCode, int Signal) : Command;

// Steps
public sealed record CreateStep(uint JobId, StepSpec Spec, Actor By) : Command;
public sealed record ReportStepStarted(StepStarted Report) : Command;
public sealed record ReportStepExited(StepExited Report) : Command;
/// <summary>The node has no process and no group of that job and attempt.</summary>
public sealed record ReportNodeReleased(uint JobId, uint Attempt, string Node) : Command;
/// <summary>After a reconnect: everything the node holds. Jobs that the cluster believes are there and are not, are lost there.</summary>
public sealed record ReportNodeHoldings(string Node, IReadOnlyList<(uint JobId, uint StepId, uint Attempt)> Steps) : Command;

// Time
/// <summary>Scheduling: one slice of it where a budget is given, else all of it. Its records are <see cref="JobAllocated"/> (and array
/// splits), and what preemption asks for.</summary>
/// <param name="IsEnough">Asked now and then: true ends the slice, and the next one goes on from there. Null: no bound.</param>
public sealed record Schedule(Func<bool>? IsEnough = null) : Command;
/// <summary>Deadlines that passed: silent nodes, jobs past their limit whose shepherd did not say so, ended jobs to forget.</summary>
public sealed record Tick : Command;

// Tokens
public sealed record IssueToken(string Hash, long ExpiresMs, Actor By, string Node, string Purpose) : Command;
public sealed record UseToken(string Hash, string Node, string CertificateThumbprint) : Command;

/// <summary>The answer to a command.</summary>
public readonly record struct Decision(IReadOnlyList<Record> Records, Refusal? Refusal, uint Id)
{
    /// <param name="id">The new job's or step's id, when the command made one.</param>
    public static Decision Of(IReadOnlyList<Record> records, uint id = 0) => new(records, null, id);
    public static Decision No(string code, string sentence, string remedy = "") => new([], new Refusal(code, sentence, remedy), 0);
    public static readonly Decision Nothing = new([], null, 0);
}

/// <summary>Step ids with a meaning of their own, as Slurm numbers them.</summary>
public static class StepIds
{
    public const uint Batch = 0xFFFF_FFFB;
    public const uint Extern = 0xFFFF_FFFC;
}
