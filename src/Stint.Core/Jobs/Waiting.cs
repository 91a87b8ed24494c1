using Stint.Core.Jobs;
using Stint.Core.Partitions;
using Stint.Core.Scheduling;

namespace Stint.Core;

// Pending jobs are either in the queue, which a pass walks, or parked with what will wake them.
// Invariant: each pending job is in exactly one of the two. Where it is, is a cache: it is in no snapshot, and a woken job
// that still can not start is simply parked again.
public sealed partial class Cluster
{
    private readonly JobQueue queue;
    private readonly HashSet<uint> parked = [];
    private readonly SortedSet<(long AtMs, uint Id)> timedWakes = [];
    private readonly HashSet<uint> parkedForThrottle = [];
    private readonly Dictionary<(uint Uid, string Name), HashSet<uint>> parkedSingletons = [];
    private long nodesVersion;

    /// <summary>Something happened after which a pass may start a job.</summary>
    public bool NeedsSchedule { get; private set; }

    /// <summary>The next moment at which time alone makes a job startable; not set: none. <see cref="Tick"/> then raises <see
    /// cref="NeedsSchedule"/>.</summary>
    public Instant NextWake => timedWakes.Count == 0 ? Instant.Never : new Instant(timedWakes.Min.AtMs);

    private void BecomePending(Job job)
    {
        job.State = JobState.Pending;
        RegisterDependent(job);
        EnterDeadline(job);
        if (job.Held) Park(job, new Parking(HoldReason(job), ""));
        else Enqueue(job);
    }

    private void LeavePending(Job job)
    {
        queue.Remove(job);
        Unpark(job);
        ForgetDependent(job);
        LeaveDeadline(job);
    }

    private void Enqueue(Job job)
    {
        queue.Add(job);
        NeedsSchedule = true;
    }

    private void Park(Job job, Parking parking)
    {
        queue.Remove(job);
        Unpark(job);
        parked.Add(job.Id);
        job.Parked = parking;
        NeedsSchedule = true;        // the jobs behind it may go on
    }

    private void Park(Verdict verdict)
    {
        var job = verdict.Job;
        Park(job, new Parking(verdict.Reason, verdict.Detail));
        if (verdict.Wake.IsSet) timedWakes.Add((verdict.Wake.Milliseconds, job.Id));
        switch (verdict.Reason)
        {
            case PendingReason.JobArrayTaskLimit: parkedForThrottle.Add(job.Id); break;
            case PendingReason.Dependency: ParkSingleton(job); break;
        }
    }

    private bool Unpark(Job job)
    {
        if (!parked.Remove(job.Id)) return false;
        job.Parked = null;
        parkedForThrottle.Remove(job.Id);
        UnparkSingleton(job);
        return true;
    }

    private void Wake(Job job)
    {
        if (job.State == JobState.Pending && !job.Held && Unpark(job)) Enqueue(job);
    }

    private void Wake(uint jobId)
    {
        if (jobs.TryGetValue(jobId, out var job)) Wake(job);
    }

    private void WakeDue(Instant now)
    {
        while (timedWakes.Count > 0 && timedWakes.Min.AtMs <= now.Milliseconds)
        {
            var due = timedWakes.Min;
            timedWakes.Remove(due);
            if (due.Id == 0) NeedsSchedule = true;
            else Wake(due.Id);
        }
    }

    /// <summary>Nodes, their states or the configuration changed: what did not fit may fit now.</summary>
    private void NodesChanged()
    {
        nodesVersion++;
        NeedsSchedule = true;
    }

    /// <summary>One task less holds resources: the next may start, also one that was requeued.</summary>
    private void WakeThrottled(uint arrayJobId)
    {
        if (parkedForThrottle.Count == 0) return;
        if (parkedForThrottle.Contains(arrayJobId)) Wake(arrayJobId);
        foreach (var id in parkedForThrottle.Where(id => jobs[id].ArrayJobId == arrayJobId).ToArray()) Wake(id);
    }

    private void WakeSingletons((uint, string) key)
    {
        if (!parkedSingletons.TryGetValue(key, out var waiting)) return;
        // Only the earliest can be the first of its name; with an array that is all its requeued tasks.
        var first = waiting.Min(id => jobs[id].ArrayJobId ?? id);
        foreach (var id in waiting.Where(id => (jobs[id].ArrayJobId ?? id) == first).ToArray()) Wake(id);
    }

    private void ParkSingleton(Job job)
    {
        if (!IsSingleton(job)) return;
        var key = (job.Spec.Uid, job.Spec.Name);
        if (!parkedSingletons.TryGetValue(key, out var waiting)) parkedSingletons.Add(key, waiting = []);
        waiting.Add(job.Id);
    }

    private void UnparkSingleton(Job job)
    {
        var key = (job.Spec.Uid, job.Spec.Name);
        if (parkedSingletons.TryGetValue(key, out var waiting) && waiting.Remove(job.Id) && waiting.Count == 0)
            parkedSingletons.Remove(key);
    }
}
