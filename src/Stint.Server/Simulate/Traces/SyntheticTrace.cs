using Stint.Core;
using Stint.Core.Scheduling.Planning;

namespace Stint.Server.Simulate.Traces;

/// <summary>
/// A workload drawn from a seed, shaped like real ones: widths are powers of two, run times and gaps spread over decades,
/// estimates are round and too long, a few users send most of the work. Equal seeds give equal traces.
/// </summary>
public static class SyntheticTrace
{
    private static readonly long[] RoundEstimatesS = [60, 300, 900, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 18 * 3600, 36 * 3600];

    /// <param name="seed">What it is drawn from.</param>
    /// <param name="jobs">How many.</param>
    /// <param name="processors">The cluster it is meant for: the widest job.</param>
    /// <param name="load">Demand as a share of what the cluster can do.</param>
    public static IReadOnlyList<TraceJob> Of(int seed, int jobs, int processors, double load = 0.75)
    {
        var random = new Random(seed);
        var drawn = Enumerable.Range(1, jobs).Select(id => Draw(random, id, processors)).ToList();
        var area = drawn.Sum(job => (double)job.Amount.Cpus * job.RunMs);
        var meanGapMs = area / (processors * load * jobs);
        double now = 0;
        for (var i = 0; i < drawn.Count; i++)
        {
            drawn[i] = drawn[i] with { Submitted = new Instant((long)now) };
            now += -Math.Log(1 - random.NextDouble()) * meanGapMs;
        }
        return drawn;
    }

    private static TraceJob Draw(Random random, int id, int processors)
    {
        var widest = (int)Math.Log2(processors);
        var width = random.Next(100) == 0 ? processors : 1L << random.Next(0, widest);
        var runS = Math.Exp(random.NextDouble() * Math.Log(36 * 3600));
        var rounded = Array.FindIndex(RoundEstimatesS, e => e >= runS);
        if (random.Next(3) == 0) rounded = random.Next(rounded, RoundEstimatesS.Length);
        var estimateS = RoundEstimatesS[rounded];
        var user = (int)(20 * Math.Pow(random.NextDouble(), 2));
        return new TraceJob(id, default, (long)(runS * 1000), estimateS * 1000, new Amount(width), $"u{user}");
    }
}
