using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Scheduling.Offers;

/// <summary>What would become of a job if it were submitted now: where and when it starts, or why not.</summary>
public sealed record Offer
{
    /// <summary>It would be refused; nothing else is set then.</summary>
    public Refusal? Refusal { get; init; }
    /// <summary>The id that it would get.</summary>
    public uint JobId { get; init; }
    public string Partition { get; init; } = "";
    /// <summary>When it starts, if running jobs use all of their time and nobody submits before; not set: nobody knows.</summary>
    public Instant Start { get; init; }
    /// <summary>What it gets then, in task order: these are also the limits that the kernel is told, under the job's limit policy.</summary>
    public IReadOnlyList<NodeShare> Shares { get; init; } = [];
    public LimitPolicy LimitPolicy { get; init; }
    /// <summary>Why it does not start at once; <see cref="PendingReason.None"/>: it does.</summary>
    public PendingReason Reason { get; init; }
    /// <summary>The reason with its numbers, one sentence.</summary>
    public string ReasonDetail { get; init; } = "";
    /// <summary>Running jobs that would give way to it.</summary>
    public IReadOnlyList<uint> Preempts { get; init; } = [];
    /// <summary>The queue is longer than what was looked at: a job behind the part that was may start before.</summary>
    public bool QueueWasCut { get; init; }
    /// <summary>Nodes of its partition that can be part of it at all, in placement order.</summary>
    public IReadOnlyList<NodeOffer> Nodes { get; init; } = [];
}

/// <summary>What one node could give.</summary>
/// <param name="TasksNow">Tasks that fit beside what runs there.</param>
/// <param name="TasksMax">Tasks that fit when it is empty.</param>
/// <param name="From">When the first fits, as far as was looked ahead; not set: later than that.</param>
public readonly record struct NodeOffer(string Node, int TasksNow, int TasksMax, Instant From);
