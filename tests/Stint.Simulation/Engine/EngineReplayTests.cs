using Stint.Core.Scheduling.Planning;
using Stint.Server.Simulate.Clusters;
using Stint.Server.Simulate.Replay;
using Stint.Server.Simulate.Traces;
using Stint.Simulation.Replay;

namespace Stint.Simulation.Engine;

/// <summary>The engine, with everything that it is beside a planner, against the planning library alone.</summary>
public sealed class EngineReplayTests
{
    private const int Processors = 64;
    private static readonly ClusterDescription Cluster = ClusterDescription.Counted(Processors, 0);

    public static TheoryData<int, string> SeedsAndPolicies()
    {
        var data = new TheoryData<int, string>();
        foreach (var policy in (string[])["fcfs", "easy", "conservative", "default"])
            for (var seed = 1; seed <= 4; seed++) data.Add(seed, policy);
        return data;
    }

    [Theory, MemberData(nameof(SeedsAndPolicies))]
    public void Every_start_is_the_one_that_the_planning_library_gives(int seed, string policy)
    {
        var trace = SyntheticTrace.Of(seed, 500, Processors);
        var reference = Replayer.Run(trace, new Amount(Processors), Policies.Named(policy, new Amount(Processors))!);
        Assert.Equal(ById(reference), ById(ClusterReplay.Run(trace, Cluster, new ReplaySettings { Policy = policy })));
    }

    [Fact]
    public void With_exact_estimates_too()
    {
        var trace = SyntheticTrace.Of(9, 500, Processors);
        var reference = Replayer.Run(trace, new Amount(Processors), Policies.Easy, job => job.RunMs);
        Assert.Equal(ById(reference), ById(ClusterReplay.Run(trace, Cluster, new ReplaySettings { Policy = "easy", ExactEstimates = true })));
    }

    [Fact]
    public void Equal_words_give_equal_replays()
    {
        var trace = SyntheticTrace.Of(5, 400, Processors);
        var settings = new ReplaySettings { Policy = "default" };
        Assert.Equal(ClusterReplay.Run(trace, Cluster, settings).Started, ClusterReplay.Run(trace, Cluster, settings).Started);
    }

    [Theory, InlineData("fcfs"), InlineData("easy"), InlineData("conservative"), InlineData("default")]
    public void On_many_nodes_every_job_starts_once_and_nothing_is_oversubscribed(string policy)
    {
        var trace = SyntheticTrace.Of(2, 500, Processors);
        var nodes = Enumerable.Range(1, 8).Select(i => ClusterDescription.Node($"n{i}", new() { Cpus = 8, MemoryBytes = 1 << 30 }, 0, "")).ToList();
        var result = ClusterReplay.Run(trace, Cluster with { Nodes = nodes }, new ReplaySettings { Policy = policy });
        Assert.Equal(trace.Select(job => job.Id), result.Started.Select(s => s.Job.Id).Order());
        Assert.All(result.Started, s => Assert.True(s.Start >= s.Job.Submitted));
        long held = 0;
        foreach (var (_, delta) in result.Started.SelectMany(s => new[] { (At: s.Start.Milliseconds, Delta: s.Job.Amount.Cpus), (At: s.Start.Milliseconds + s.Job.RunMs, Delta: -s.Job.Amount.Cpus) })
            .OrderBy(change => change.At).ThenBy(change => change.Delta))
        {
            held += delta;
            Assert.InRange(held, 0, Processors);
        }
    }

    [Fact]
    public void A_job_that_can_never_run_is_given_up_with_its_reason()
    {
        TraceJob[] trace = [Job(1, 65), Job(2, 64)];
        var result = ClusterReplay.Run(trace, Cluster, new ReplaySettings { Policy = "easy" });
        Assert.Equal(trace[0], Assert.Single(result.Refused));
        Assert.Equal(trace[1], Assert.Single(result.Started).Job);
        Assert.StartsWith("job 1: ", result.WhyRefused, StringComparison.Ordinal);
    }

    [Fact]
    public void Prediction_changes_plans_and_kills_nobody()
    {
        var trace = SyntheticTrace.Of(6, 500, Processors, load: 0.9);
        var plain = ClusterReplay.Run(trace, Cluster, new ReplaySettings { Policy = "easy" });
        var predicted = ClusterReplay.Run(trace, Cluster, new ReplaySettings { Policy = "easy", Predict = true });
        Assert.Equal(500, predicted.Started.Count);
        Assert.NotEqual(plain.Started, predicted.Started);
    }

    private static TraceJob Job(long id, long width) => new(id, new Core.Instant(0), 1_000, 1_000, new Amount(width), "u");

    private static IEnumerable<(long Id, long StartMs)> ById(ReplayResult result) =>
        result.Started.Select(s => (s.Job.Id, s.Start.Milliseconds)).OrderBy(s => s.Id);
}
