using Stint.Core;
using Stint.Core.Scheduling.Planning;
using Stint.Simulation.Traces;

namespace Stint.Simulation.Replay;

/// <summary>When every job of a trace started.</summary>
public sealed record ReplayResult(Amount Capacity, IReadOnlyList<(TraceJob Job, Instant Start)> Started,
    IReadOnlyList<TraceJob> Refused, int Rounds);
