using Stint.Core;
using Stint.Core.Scheduling.Planning;
using Stint.Server.Simulate.Replay;
using Stint.Server.Simulate.Traces;

namespace Stint.Simulation.Replay;

public sealed class ReplayerTests
{
    private static readonly Amount Processors = new(64);

    public static TheoryData<int, string> SeedsAndPolicies()
    {
        var data = new TheoryData<int, string>();
        foreach (var policy in Policies.Names)
        {
            for (var seed = 1; seed <= 5; seed++) data.Add(seed, policy);
        }
        return data;
    }

    [Theory, MemberData(nameof(SeedsAndPolicies))]
    public void Every_job_starts_once_after_its_submission_and_the_cluster_is_never_oversubscribed(int seed, string policy)
    {
        var trace = SyntheticTrace.Of(seed, 600, 64);
        var result = Replayer.Run(trace, Processors, Policies.Named(policy, Processors)!);
        Assert.Equal(trace, result.Started.Select(s => s.Job).OrderBy(job => job.Id));
        Assert.All(result.Started, s => Assert.True(s.Start >= s.Job.Submitted));
        AssertNeverOversubscribed(result);
    }

    [Fact]
    public void First_come_first_served_starts_in_order_of_submission()
    {
        var result = Replayer.Run(SyntheticTrace.Of(3, 500, 64), Processors, Policies.Fcfs);
        Assert.Equal(result.Started.OrderBy(s => s.Job.Id).Select(s => s.Start), result.Started.OrderBy(s => s.Start).Select(s => s.Start));
    }

    [Fact]
    public void With_exact_estimates_conservative_planning_starts_nobody_later_than_first_come_first_served()
    {
        for (var seed = 0; seed < 10; seed++)
        {
            var trace = SyntheticTrace.Of(seed, 300, 64);
            var fcfs = Replayer.Run(trace, Processors, Policies.Fcfs, job => job.RunMs).Started.ToDictionary(s => s.Job.Id, s => s.Start);
            var result = Replayer.Run(trace, Processors, Policies.Conservative, job => job.RunMs);
            Assert.All(result.Started, s => Assert.True(s.Start <= fcfs[s.Job.Id], $"seed {seed}, job {s.Job.Id}"));
        }
    }

    [Fact]
    public void Equal_seeds_give_equal_replays()
    {
        var policy = Policies.Default(Processors);
        var first = Replayer.Run(SyntheticTrace.Of(9, 400, 64), Processors, policy).Started;
        var second = Replayer.Run(SyntheticTrace.Of(9, 400, 64), Processors, policy).Started;
        Assert.Equal(first, second);
    }

    [Fact]
    public void The_default_beats_easy_on_drawn_work_and_waits_for_the_longest_about_as_long()
    {
        double slowdowns = 0, longest = 0;
        const int seeds = 5;
        for (var seed = 0; seed < seeds; seed++)
        {
            var trace = SyntheticTrace.Of(seed, 1_500, 64, load: 0.8);
            var easy = Metrics.Of(Replayer.Run(trace, Processors, Policies.Easy));
            var standard = Metrics.Of(Replayer.Run(trace, Processors, Policies.Default(Processors)));
            slowdowns += standard.AverageBoundedSlowdown / easy.AverageBoundedSlowdown / seeds;
            longest += standard.MaxWaitS / easy.MaxWaitS / seeds;
        }
        Assert.InRange(slowdowns, 0, 0.95); // 0.87 when written; the drawn work has less short work behind long heads than real traces
        Assert.InRange(longest, 0, 1.5);
    }

    [Fact]
    public void A_job_larger_than_the_cluster_is_refused_and_blocks_nobody()
    {
        TraceJob[] trace = [Job(1, 65), Job(2, 64)];
        var result = Replayer.Run(trace, Processors, Policies.Fcfs);
        Assert.Equal([trace[0]], result.Refused);
        Assert.Equal((trace[1], new Instant(0)), Assert.Single(result.Started));
    }

    [Fact]
    public void Jobs_of_no_duration_do_not_share_processors()
    {
        TraceJob[] trace = [Job(1, 64) with { RunMs = 0 }, Job(2, 64) with { RunMs = 0 }];
        var result = Replayer.Run(trace, Processors, Policies.Easy);
        Assert.Equal(2, result.Started.Count);
    }

    private static TraceJob Job(long id, long width) => new(id, new Instant(0), 1_000, 1_000, new Amount(width), "u");

    private static void AssertNeverOversubscribed(ReplayResult result)
    {
        var changes = result.Started.SelectMany(s => new[]
        {
            (At: s.Start.Milliseconds, Delta: s.Job.Amount.Cpus),
            (At: s.Start.Milliseconds + s.Job.RunMs, Delta: -s.Job.Amount.Cpus),
        });
        long held = 0;
        foreach (var (_, delta) in changes.OrderBy(c => c.At).ThenBy(c => c.Delta))
        {
            held += delta;
            Assert.InRange(held, 0, result.Capacity.Cpus);
        }
    }
}
