using Stint.Core.Jobs;
using Stint.Core.Nodes;
using Stint.Core.Partitions;
using Stint.Core.Resources;
using Stint.Core.Scheduling;

namespace Stint.Core;

/// <summary>Why a pending job does not run.</summary>
/// <param name="Detail">The reason with its numbers, one sentence; may be empty.</param>
/// <param name="Behind">The job that is first in its partition and waits for resources; 0: it is not behind one.</param>
/// <param name="Planned">When and where it, or the job that it is behind, is planned to start.</param>
public readonly record struct Waiting(PendingReason Reason, string Detail, uint Behind = 0, PlannedStart? Planned = null);

// Reasons are found when somebody asks: of a million waiting jobs, few are ever asked about.
public sealed partial class Cluster
{
    /// <summary>Why a pending job does not run, as the last pass found it; <see cref="PendingReason.None"/> when it was not looked at yet
    /// or is not pending.</summary>
    public Waiting ReasonOf(Job job)
    {
        if (job.State != JobState.Pending) return new Waiting(PendingReason.None, "");
        var behind = job.Reason == PendingReason.Priority ? BlockerOf(job) : 0;
        return new Waiting(job.Reason, SentenceOf(job, behind), behind, PlannedOf(behind == 0 ? job : jobs[behind]));
    }

    /// <summary>Of a heterogeneous job: of all its components.</summary>
    private PlannedStart? PlannedOf(Job job)
    {
        if (job.Spec.HetJobId == 0 || PlannedStart(job.Id) is not { } own) return PlannedStart(job.Id);
        return own with { Nodes = [.. HetGroup(job).SelectMany(member => PlannedStart(member.Id)?.Nodes ?? []).Distinct()] };
    }

    /// <summary>What a job is parked with is kept short, since there may be a million of them; the rest is found now.</summary>
    private string SentenceOf(Job job, uint behind) => job.Reason switch
    {
        PendingReason.JobHeldUser => "held by its owner, or on the owner's behalf",
        PendingReason.JobHeldAdmin => "held by an administrator",
        PendingReason.ReservationDeleted when job.Held => $"reservation {job.Spec.Reservation} is not there any more, and the job is held",
        PendingReason.Dependency => WaitsFor(job),
        PendingReason.Priority => behind != 0 ? $"behind job {behind}, which goes first and waits for resources" : "others go first",
        _ => job.ReasonDetail,
    };

    private uint BlockerOf(Job job)
    {
        foreach (var contender in (job.Class?.Leader ?? job).Class?.Contenders ?? [])
            if (contender.Partition.FirstBlocked is not 0 and var first && jobs.TryGetValue(first, out var blocker) && blocker.State == JobState.Pending) return first;
        return 0;
    }

    /// <summary>Which resource is short, and on how many nodes.</summary>
    private string NotFree(Job job, Partition partition)
    {
        if (ShortageOf(job, partition) is { Resource.Length: > 0 } own) return own.Sentence;
        foreach (var member in HetGroup(job))
            if (member != job && member.Class is { } group && ShortageOf(member, group.Contenders[0].Partition) is { Resource.Length: > 0 } other)
                return $"component {member.Spec.HetOffset} {other.Sentence}";
        return "all that it needs is free, but not together, or planned for jobs that go first";
    }

    private Shortage ShortageOf(Job job, Partition partition)
    {
        var forMs = RunTimeMs(job.Spec);
        return Shortage.Of(job.Request, partition.Nodes, node => node.TakesJobs ? ReservedFor(job, node, node.Balance, passAt, forMs) : null);
    }

    private static string NotAvailable(Job job, Partition partition)
    {
        var names = new List<string>();
        foreach (var node in partition.Nodes)
            if (!node.TakesJobs && names.Count < 8) names.Add(node.Name);
        return $"needs {job.Request}; that takes nodes that are down, drained or not responding: {string.Join(',', names)}";
    }

    private static string NeverHere(Job job, Partition partition)
    {
        var has = new HashSet<string>(partition.Nodes.Select(static node => node.Name), StringComparer.Ordinal);
        var missing = job.Request.Required.Where(name => !has.Contains(name)).Take(8).ToList();
        if (missing.Count > 0) return $"needs node {string.Join(',', missing)}; that is not in partition {partition.Name}";
        var shortage = Shortage.Of(job.Request, partition.Nodes, static node => FreeResources.Total(node));
        var why = shortage.Resource.Length > 0 ? $": with all of them free, it {shortage.Sentence}" : "";
        return $"needs {job.Request}; partition {partition.Name} has {partition.TotalCpus} CPUs and {new ByteSize(partition.TotalMemoryBytes)} of memory on {partition.Nodes.Count} nodes{why}";
    }
}
