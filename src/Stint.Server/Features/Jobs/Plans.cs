using Stint.Core;
using Stint.Core.Jobs;

namespace Stint.Server.Features.Jobs;

/// <summary>What the scheduler plans for jobs that wait: <c>squeue --start</c>, and nodes that are kept for them.</summary>
internal static class Plans
{
    /// <summary>0: no start is planned.</summary>
    public static (long StartMs, IReadOnlyList<string> Nodes) Of(Cluster cluster, Job job) => cluster.PlannedStart(job.Id) is { } start ? (start.At.Milliseconds, start.Nodes) : (0, []);

    public static bool IsPlanned(Cluster cluster, string node) => cluster.IsPlanned(node);
}
