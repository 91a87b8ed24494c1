using Stint.Core.Journal;
using Stint.Protocol.Agents;
using Stint.Server.Agents;
using Stint.Storage;

namespace Stint.Server.Runs;

/// <summary>A checked request: what is to be submitted or joined, and the step to start in it.</summary>
internal sealed record RunPlan
{
    /// <summary>Null: inside <see cref="JobId"/>.</summary>
    public JobSpec? Submit { get; init; }
    /// <summary>The other components of a heterogeneous allocation.</summary>
    public IReadOnlyList<JobSpec> Others { get; init; } = [];
    public LaunchPayload? SubmitPayload { get; init; }
    public uint JobId { get; init; }
    /// <summary>Null: an allocation only (salloc).</summary>
    public StepSpec? Step { get; init; }
    public uint? Tasks { get; init; }
    public uint? CpusPerTask { get; init; }
    public LaunchPayload? StepPayload { get; init; }
    public Blob StepBlob { get; init; }
    /// <summary>Asks the kernel whether the connection's other end is closed.</summary>
    public required Func<bool> ClientIsGone { get; init; }

    /// <summary>The allocation outlives the connection.</summary>
    public bool Detach { get; init; }

    public bool MadeJob => Submit is not null;
    public bool HasStep => Step is not null;
}

/// <summary>A step of a run, once created.</summary>
internal sealed record RunStep(uint Id, IReadOnlyList<string> Nodes);

/// <summary>What every run needs of the server.</summary>
internal sealed record RunParts(Engine.Engine Engine, RunDirectory Runs, AgentDirectory Agents, Payloads Payloads, TimeProvider Time, TimeSpan KillWait, ILogger Log, CancellationToken Stopping);
