using Stint.Core.Scheduling.Planning;

namespace Stint.Simulation.Replay;

/// <summary>What was held and what was waited for over the time of a replay, averaged in equal slots, as shares of the cluster.</summary>
public sealed record Series(double[] Held, double[] Waiting)
{
    public static Series Of(ReplayResult result, int slots)
    {
        var series = new Series(new double[slots], new double[slots]);
        if (result.Started.Count == 0) return series;
        var first = result.Started.Min(s => s.Job.Submitted.Milliseconds);
        var last = result.Started.Max(s => s.Start.Milliseconds + s.Job.RunMs);
        var slotMs = Math.Max(1.0, (double)(last - first) / slots);
        double whole = Replayer.MainResource(result.Capacity, result.Capacity);
        foreach (var (job, start) in result.Started)
        {
            var share = Replayer.MainResource(job.Amount, result.Capacity) / whole;
            Spread(series.Waiting, (job.Submitted.Milliseconds - first) / slotMs, (start.Milliseconds - first) / slotMs, share);
            Spread(series.Held, (start.Milliseconds - first) / slotMs, (start.Milliseconds + job.RunMs - first) / slotMs, share);
        }
        return series;
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
