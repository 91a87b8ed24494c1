namespace Stint.Core.Scheduling.Planning;

/// <summary>Something that wants an amount for a time. What it is, the planner does not know.</summary>
/// <param name="Id">The caller's name for it; a plan answers with it.</param>
/// <param name="Amount">What it needs, all at once, from its start to its end.</param>
/// <param name="EstimateMs">How long it is expected to hold the amount. The limit at which it is ended is kept apart from this.</param>
/// <param name="Queued">Since when it waits: the start of its age.</param>
public readonly record struct Request(long Id, Amount Amount, long EstimateMs, Instant Queued);
