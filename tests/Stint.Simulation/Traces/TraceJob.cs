using Stint.Core;
using Stint.Core.Scheduling.Planning;

namespace Stint.Simulation.Traces;

/// <summary>One job of a recorded workload.</summary>
/// <param name="Id">Its number in the trace.</param>
/// <param name="Submitted">When it was submitted; traces that count from zero do so here too.</param>
/// <param name="RunMs">How long it ran; never more than the estimate, at which it is ended.</param>
/// <param name="EstimateMs">How long its user said it would run; the run time where the trace does not know.</param>
/// <param name="Amount">What it held.</param>
/// <param name="User">Whose it was.</param>
public sealed record TraceJob(long Id, Instant Submitted, long RunMs, long EstimateMs, Amount Amount, string User);
