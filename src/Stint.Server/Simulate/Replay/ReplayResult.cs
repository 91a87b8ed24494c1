using Stint.Core;
using Stint.Core.Scheduling.Planning;
using Stint.Server.Simulate.Traces;

namespace Stint.Server.Simulate.Replay;

/// <summary>When every job of a trace started.</summary>
/// <param name="Capacity">The cluster: processors, memory, GPUs.</param>
/// <param name="Started">In the order of the starts.</param>
/// <param name="Refused">Jobs that the cluster refused, or that it could never start.</param>
/// <param name="Rounds">Scheduling passes.</param>
public sealed record ReplayResult(Amount Capacity, IReadOnlyList<(TraceJob Job, Instant Start)> Started,
    IReadOnlyList<TraceJob> Refused, int Rounds)
{
    /// <summary>Why the first of <see cref="Refused"/> could not run; empty: none was refused, or nobody said why.</summary>
    public string WhyRefused { get; init; } = "";

    /// <summary>Runs that ended before their time and began anew: preempted, requeued.</summary>
    public int Restarts { get; init; }
}
