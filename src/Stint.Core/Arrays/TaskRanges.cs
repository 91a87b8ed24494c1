using Stint.Core.Journal;

namespace Stint.Core.Arrays;

/// <summary>Arithmetic on task ranges for those outside the core.</summary>
public static class TaskRanges
{
    /// <summary>The ranges less some tasks, in canonical form.</summary>
    public static IReadOnlyList<ArrayRange> Without(IReadOnlyList<ArrayRange> ranges, IEnumerable<uint> tasks)
    {
        var set = new TaskSet(ranges);
        foreach (var task in tasks) set.Remove(task);
        return set.ToRanges();
    }

    public static int Count(IReadOnlyList<ArrayRange> ranges) => new TaskSet(ranges).Count;
}
