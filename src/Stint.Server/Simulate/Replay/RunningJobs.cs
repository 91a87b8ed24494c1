using Stint.Core;

namespace Stint.Server.Simulate.Replay;

/// <summary>What runs in a replay, and when it will be through. A job that is suspended keeps what is left of its run time.</summary>
internal sealed class RunningJobs
{
    private readonly Dictionary<uint, Run> runs = [];
    private readonly PriorityQueue<(uint JobId, long Epoch), (long EndMs, long Epoch)> ends = new();
    private long epochs;

    private sealed class Run
    {
        public uint Attempt;
        public long LeftMs, SinceMs, Epoch;
        public bool Suspended;
    }

    /// <summary>Of those that run; <see cref="long.MaxValue"/>: none does.</summary>
    public long NextEndMs
    {
        get
        {
            DropStale();
            return ends.TryPeek(out _, out var first) ? first.EndMs : long.MaxValue;
        }
    }

    public void Start(uint jobId, uint attempt, long runMs, Instant now)
    {
        var run = new Run { Attempt = attempt, LeftMs = runMs };
        runs[jobId] = run;
        Go(jobId, run, now);
    }

    public void Suspend(uint jobId, Instant now)
    {
        if (!runs.TryGetValue(jobId, out var run) || run.Suspended) return;
        run.LeftMs -= now.Milliseconds - run.SinceMs;
        run.Epoch = ++epochs;
        run.Suspended = true;
    }

    public void Resume(uint jobId, Instant now)
    {
        if (!runs.TryGetValue(jobId, out var run) || !run.Suspended) return;
        run.Suspended = false;
        Go(jobId, run, now);
    }

    /// <summary>Takes out a job that was told to end; its attempt, or null when it is not here (it ends by itself).</summary>
    public uint? Forget(uint jobId) => runs.Remove(jobId, out var run) ? run.Attempt : null;

    /// <summary>Takes out the next that is through by now, in the order of the ends; null: none is left.</summary>
    public (uint JobId, uint Attempt)? TakeEnded(Instant now)
    {
        if (NextEndMs > now.Milliseconds) return null;
        var (jobId, _) = ends.Dequeue();
        runs.Remove(jobId, out var run);
        return (jobId, run!.Attempt);
    }

    private void Go(uint jobId, Run run, Instant now)
    {
        (run.SinceMs, run.Epoch) = (now.Milliseconds, ++epochs);
        ends.Enqueue((jobId, run.Epoch), (now.Milliseconds + run.LeftMs, run.Epoch));
    }

    private void DropStale()
    {
        while (ends.TryPeek(out var end, out _) && (!runs.TryGetValue(end.JobId, out var run) || run.Epoch != end.Epoch)) ends.Dequeue();
    }
}
