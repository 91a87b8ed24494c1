using Stint.Core.Journal;

namespace Stint.Core.Jobs;

/// <summary>
/// Requests that are the same word for word. The generated equality takes a field that is set to 0 for one that is not set; here
/// <c>--core-spec=0</c> is not the node's own setting, and <c>afterok:5_0</c> is not <c>afterok:5</c>.
/// </summary>
internal sealed class SpecEquality : IEqualityComparer<JobSpec>
{
    public static readonly SpecEquality Instance = new();

    public int GetHashCode(JobSpec spec) => spec.GetHashCode();

    public bool Equals(JobSpec? a, JobSpec? b)
    {
        if (ReferenceEquals(a, b)) return true;
        return a is not null && b is not null && SetOf(a) == SetOf(b) && a.Equals(b) && SameTasks(a, b);
    }

    /// <summary>Which of the fields that may be left out are there.</summary>
    private static (bool, bool, bool, bool, bool, bool) SetOf(JobSpec spec) =>
        (spec.HasMemoryPerNodeBytes, spec.HasMemoryPerCpuBytes, spec.HasMemoryPerGpuBytes, spec.HasCoreSpec, spec.HasThreadSpec, spec.HasPriority);

    private static bool SameTasks(JobSpec a, JobSpec b)
    {
        for (var i = 0; i < a.Dependencies.Count; i++)
            if (a.Dependencies[i].HasArrayTask != b.Dependencies[i].HasArrayTask) return false;
        return true;
    }
}
