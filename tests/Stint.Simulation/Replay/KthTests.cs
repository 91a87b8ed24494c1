using System.Diagnostics;
using Stint.Core.Scheduling.Planning;
using Stint.Server.Simulate.Replay;
using Stint.Server.Simulate.Traces;
using Xunit.Abstractions;

namespace Stint.Simulation.Replay;

/// <summary>
/// KTH-SP2, a year on 100 processors, against an independent count-based reference: estimate = requested time, run time capped at it,
/// bounded slowdown with 10 s. Literature for EASY: slowdown 92.6.
/// </summary>
public sealed class KthTests(ITestOutputHelper output)
{
    private const string Kth = "pwa/KTH-SP2-1996-2.1-cln.swf";
    private static readonly Amount Processors = new(100);

    [TraceFact(Kth)]
    public void First_come_first_served_is_the_golden_one() => AssertGolden(Run(Policies.Fcfs), 353_943, 946_685, 6_825.67);

    [TraceFact(Kth)]
    public void Easy_is_the_golden_one_and_a_year_takes_seconds()
    {
        var watch = Stopwatch.StartNew();
        AssertGolden(Run(Policies.Easy), 6_837.2, 262_194, 92.87);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
    }

    [TraceFact(Kth)]
    public void Easy_with_the_shortest_first_is_the_golden_one() => AssertGolden(Run(Policies.EasyShortestFirst), 5_906.0, 284_815, 69.56);

    [TraceFact(Kth)]
    public void Conservative_replanned_at_each_event_is_the_golden_one() =>
        AssertGolden(Run(Policies.Conservative), 7_942.1, 249_742, 102.32);

    [TraceFact(Kth)]
    public void Easy_with_true_run_times_is_the_golden_one() =>
        AssertGolden(Run(Policies.Easy, job => job.RunMs), 6_331.8, 258_803, 72.06);

    [TraceFact(Kth)]
    public void The_default_has_at_most_065_of_easys_slowdown_at_no_more_than_11_of_its_longest_wait()
    {
        var easy = Run(Policies.Easy);
        var standard = Run(Policies.Default(Processors));
        Assert.InRange(standard.AverageBoundedSlowdown / easy.AverageBoundedSlowdown, 0, 0.65);
        Assert.InRange(standard.MaxWaitS / easy.MaxWaitS, 0, 1.1);
        Assert.True(standard.AverageWaitS < easy.AverageWaitS);
    }

    /// <summary>Within 0.1 %, the published digits.</summary>
    private static void AssertGolden(Metrics metrics, double waitS, double maxWaitS, double slowdown)
    {
        Assert.Equal(28_475, metrics.Jobs);
        Assert.InRange(metrics.AverageWaitS / waitS, 0.999, 1.001);
        Assert.InRange(metrics.MaxWaitS / maxWaitS, 0.999, 1.001);
        Assert.InRange(metrics.AverageBoundedSlowdown / slowdown, 0.999, 1.001);
    }

    private Metrics Run(Policy policy, Func<TraceJob, long>? estimateMs = null)
    {
        var trace = TraceFile.Read(TraceFactAttribute.PathOf(Kth));
        var watch = Stopwatch.StartNew();
        var metrics = Metrics.Of(Replayer.Run(trace, Processors, policy, estimateMs));
        output.WriteLine($"{policy.Name}: {metrics}, replayed in {watch.Elapsed.TotalSeconds:F2} s");
        return metrics;
    }
}
