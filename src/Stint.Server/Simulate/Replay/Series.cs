namespace Stint.Server.Simulate.Replay;

/// <summary>
/// What was held and what was waited for over the time of a replay, averaged in equal slots, as shares of the cluster: of its GPUs where
/// jobs hold GPUs, else of its processors.
/// </summary>
public sealed record Series(double[] Held, double[] Waiting, long FirstMs, long LastMs, bool OfGpus)
{
    public static Series Of(ReplayResult result, int slots)
    {
        var ofGpus = result.Capacity.Gpus > 0 && result.Started.Any(s => s.Job.GpuMilli > 0);
        var (held, waiting) = (new double[slots], new double[slots]);
        if (result.Started.Count == 0) return new Series(held, waiting, 0, 0, ofGpus);
        var first = result.Started.Min(s => s.Job.Submitted.Milliseconds);
        var last = result.Started.Max(s => s.Start.Milliseconds + s.Job.RunMs);
        var slotMs = Math.Max(1.0, (double)(last - first) / slots);
        double whole = ofGpus ? 1000.0 * result.Capacity.Gpus : Math.Max(1, result.Capacity.Cpus);
        foreach (var (job, start) in result.Started)
        {
            var share = (ofGpus ? job.GpuMilli : job.Amount.Cpus) / whole;
            Spread(waiting, (job.Submitted.Milliseconds - first) / slotMs, (start.Milliseconds - first) / slotMs, share);
            Spread(held, (start.Milliseconds - first) / slotMs, (start.Milliseconds + job.RunMs - first) / slotMs, share);
        }
        return new Series(held, waiting, first, last, ofGpus);
    }

    /// <summary>Adds a share to the slots from one moment to another, both counted in slots, to each by the part that it covers.</summary>
    private static void Spread(double[] slots, double from, double to, double share)
    {
        for (var i = (int)from; i < slots.Length && i < to; i++)
        {
            slots[i] += share * (Math.Min(to, i + 1) - Math.Max(from, i));
        }
    }
}
