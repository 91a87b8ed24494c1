using Stint.Core.Jobs;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>Of many jobs, one in so many says what demand to expect.</summary>
    private const uint DemandStride = 8;

    /// <summary>What recent jobs asked for is what placement expects next. A cache: it is in no snapshot, and no record depends on it but
    /// through the placements it led to.</summary>
    private void NoteDemand(Job job)
    {
        if (!scope.Demand.IsFull || job.Id % DemandStride == 0) scope.Demand.Note(job.Request);
    }
}
