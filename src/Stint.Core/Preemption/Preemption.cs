using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Scheduling;

/// <summary>Who gives way to a job, and how.</summary>
public sealed record Preemption(Job For, IReadOnlyList<Victim> Victims);

/// <param name="Mode">Cancel, requeue or suspend.</param>
/// <param name="GraceMs">From the warning to the end.</param>
public readonly record struct Victim(Job Job, PreemptMode Mode, long GraceMs);
