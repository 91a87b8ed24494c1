using Stint.Core.Journal;

namespace Stint.Core.Jobs;

/// <summary>One launch of tasks inside a job's allocation.</summary>
public sealed class Step
{
    internal Step(uint id, StepSpec spec) { Id = id; Spec = spec; }
    public uint Id { get; }
    public StepSpec Spec { get; }
    public IReadOnlyList<NodeShare> Shares { get; internal set; } = [];
    public Instant Created { get; internal set; }
    public Instant Started { get; internal set; }
    public Instant Ended { get; internal set; }
    /// <summary>By node name.</summary>
    public SortedDictionary<string, StepStarted> StartReports { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, StepExited> ExitReports { get; } = new(StringComparer.Ordinal);
    public bool IsOver => Ended.IsSet;
}
