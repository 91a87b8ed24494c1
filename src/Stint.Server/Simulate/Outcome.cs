using Stint.Server.Simulate.Replay;

namespace Stint.Server.Simulate;

/// <summary>One policy's replay.</summary>
/// <param name="ReplayS">Seconds that it took here.</param>
public sealed record Outcome(string Policy, Metrics Metrics, ReplayResult Result, double ReplayS);

/// <summary>One policy's filling.</summary>
public sealed record FillOutcome(string Policy, FillResult Result, double ReplayS);
