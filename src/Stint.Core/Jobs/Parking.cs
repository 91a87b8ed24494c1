namespace Stint.Core.Jobs;

/// <summary>Why a job is out of the queue until something wakes it. Jobs that are parked alike may share one.</summary>
internal sealed record Parking(PendingReason Reason, string Detail);
