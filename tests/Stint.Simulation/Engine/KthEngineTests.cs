using Stint.Server.Simulate.Clusters;
using Stint.Server.Simulate.Replay;
using Stint.Server.Simulate.Traces;
using Xunit.Abstractions;

namespace Stint.Simulation.Engine;

/// <summary>KTH-SP2 through the whole engine: submit, schedule, exits reported, records applied. A year of it in seconds.</summary>
[Collection(Alone.Name)]
public sealed class KthEngineTests(ITestOutputHelper output)
{
    private const string Kth = "pwa/KTH-SP2-1996-2.1-cln.swf";
    private static readonly TimeSpan YearTakesAtMost = TimeSpan.FromSeconds(10);

    [TraceFact(Kth)]
    public void First_come_first_served_is_the_golden_one() => AssertGolden(Run("fcfs"), 353_943, 946_685, 6_825.67);

    [TraceFact(Kth)]
    public void Easy_is_the_golden_one() => AssertGolden(Run("easy"), 6_837.2, 262_194, 92.87);

    [TraceFact(Kth)]
    public void Conservative_is_the_golden_one() => AssertGolden(Run("conservative"), 7_942.1, 249_742, 102.32);

    [TraceFact(Kth)]
    public void Easy_with_true_run_times_is_the_golden_one() => AssertGolden(Run("easy", exact: true), 6_331.8, 258_803, 72.06);

    [TraceFact(Kth)]
    public void The_default_has_at_most_065_of_easys_slowdown_at_no_more_than_11_of_its_longest_wait()
    {
        var (easy, standard) = (Run("easy"), Run("default"));
        Assert.InRange(standard.AverageBoundedSlowdown / easy.AverageBoundedSlowdown, 0, 0.65);
        Assert.InRange(standard.MaxWaitS / easy.MaxWaitS, 0, 1.1);
    }

    /// <summary>Within 0.1 %, the published digits.</summary>
    private static void AssertGolden(Metrics metrics, double waitS, double maxWaitS, double slowdown)
    {
        Assert.Equal(28_475, metrics.Jobs);
        Assert.InRange(metrics.AverageWaitS / waitS, 0.999, 1.001);
        Assert.InRange(metrics.MaxWaitS / maxWaitS, 0.999, 1.001);
        Assert.InRange(metrics.AverageBoundedSlowdown / slowdown, 0.999, 1.001);
    }

    private Metrics Run(string policy, bool exact = false)
    {
        var trace = TraceFile.Read(TraceFactAttribute.PathOf(Kth));
        ReplayResult? result = null;
        var took = Alone.CpuTimeOf(() => result = ClusterReplay.Run(trace, ClusterDescription.Counted(100, 0), new ReplaySettings { Policy = policy, ExactEstimates = exact }));
        var metrics = Metrics.Of(result!);
        var message = $"measured: KTH-SP2 through the engine, {policy}{(exact ? " with true run times" : "")}: slowdown {metrics.AverageBoundedSlowdown:F2}, "
            + $"wait {metrics.AverageWaitS:F1} s (longest {metrics.MaxWaitS:F0}), a year in {took.TotalSeconds:F2} s";
        output.WriteLine(message);
        Assert.True(took < YearTakesAtMost, message);
        return metrics;
    }
}
