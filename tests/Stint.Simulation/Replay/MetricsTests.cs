using Stint.Core;
using Stint.Core.Scheduling.Planning;
using Stint.Server.Simulate.Replay;
using Stint.Server.Simulate.Traces;

namespace Stint.Simulation.Replay;

public sealed class MetricsTests
{
    [Fact]
    public void Slowdown_is_bounded_by_one_below_and_by_ten_seconds_of_run_time()
    {
        Assert.Equal(1, Metrics.BoundedSlowdown(0, 3));
        Assert.Equal(10.3, Metrics.BoundedSlowdown(100, 3), 6);
        Assert.Equal(2, Metrics.BoundedSlowdown(100, 100));
    }

    [Fact]
    public void Jains_index_is_one_for_equals_and_one_over_n_for_one_who_has_all()
    {
        Assert.Equal(1, Metrics.JainIndex([3, 3, 3]), 9);
        Assert.Equal(0.25, Metrics.JainIndex([8, 0, 0, 0]), 9);
    }

    [Fact]
    public void Two_jobs_one_after_the_other_are_measured_by_hand()
    {
        TraceJob[] trace = [Job(1, "a"), Job(2, "b")];
        var metrics = Metrics.Of(Replayer.Run(trace, new Amount(2), Policies.Easy));
        Assert.Equal(new Metrics(2, 0, 50, 100, 1.5, 1, 0, 9.0 / 10, 2, 200), metrics);
    }

    [Fact]
    public void Nothing_run_is_nothing_measured() =>
        Assert.Equal(0, Metrics.Of(Replayer.Run([], new Amount(2), Policies.Easy)).Jobs);

    private static TraceJob Job(long id, string user) => new(id, new Instant(0), 100_000, 200_000, new Amount(2), user);
}
