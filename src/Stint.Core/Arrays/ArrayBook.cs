namespace Stint.Core.Arrays;

/// <summary>
/// What became of an array's tasks. Lives as long as the array's own record.
/// Invariant: unstarted + live + ok + bad = all tasks of the array.
/// </summary>
internal sealed class ArrayBook
{
    /// <summary>Task number → job, of the tasks that started and are not forgotten.</summary>
    public SortedDictionary<uint, uint> TaskJobs { get; } = [];
    /// <summary>Tasks that are jobs of their own and not over.</summary>
    public int Live { get; set; }
    /// <summary>Tasks that hold resources; what the throttle counts.</summary>
    public int Active { get; set; }
    public int FinishedOk { get; set; }
    /// <summary>Failed, cancelled, timed out…, and those cancelled before they started.</summary>
    public int FinishedBad { get; set; }
}
