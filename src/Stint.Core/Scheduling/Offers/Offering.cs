using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Scheduling.Offers;

namespace Stint.Core;

// Offers: the same fold answers what would happen, on a copy of the state that is then dropped. The copy is made on the engine's thread;
// the look ahead can run anywhere.
public sealed partial class Cluster
{
    /// <summary>Waiting jobs that a look ahead takes along: twice as many as Slurm's backfill looks at by default.</summary>
    private const int ForecastPendingMax = 1_000;

    /// <summary>What would become of a job if it were submitted now. Nothing changes.</summary>
    public Offer Offer(JobSpec spec, Instant now) => Offer(ToForecast(now, out var isCut), spec, now) with { QueueWasCut = isCut };

    /// <summary>The same from a copy that <see cref="ToForecast"/> made.</summary>
    public static Offer Offer(Snapshot forecast, JobSpec spec, Instant now) => new Forecast(FromSnapshot(forecast), now).Of(spec);

    /// <summary>All that a look ahead needs: nodes, running jobs, and the first of the queues.</summary>
    /// <param name="isCut">Waiting jobs were left out.</param>
    public Snapshot ToForecast(Instant now, out bool isCut)
    {
        isCut = jobs.Count - activeJobs.Count > 4 * ForecastPendingMax;
        if (!isCut) return ToSnapshot(0);
        var kept = new SortedSet<uint>(activeJobs);
        foreach (var job in FirstWaiting(now)) kept.Add(job.Id);
        // A task shares the spec and the book of its array.
        foreach (var id in kept.ToArray())
            if (jobs[id].ArrayJobId is { } array && jobs.ContainsKey(array)) kept.Add(array);
        return ToSnapshot(0, kept);
    }

    /// <summary>About the first in the order of a pass: of each class some, of all the foremost.</summary>
    private IEnumerable<Job> FirstWaiting(Instant now)
    {
        var ofClass = Math.Max(4, 4 * ForecastPendingMax / Math.Max(1, queue.Classes.Count));
        return queue.Classes
            .SelectMany(group => group.Jobs().Take(ofClass).Select(job => (Priority: PriorityOf(job, group.Contenders[0].Partition, now), Job: job)))
            .OrderByDescending(static entry => entry.Priority).ThenBy(static entry => entry.Job.Order).ThenBy(static entry => entry.Job.Id)
            .Take(ForecastPendingMax).Select(static entry => entry.Job);
    }
}
