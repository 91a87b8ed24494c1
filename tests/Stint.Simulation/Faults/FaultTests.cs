using System.Diagnostics;
using System.Globalization;
using Stint.Simulation.Faults.Plans;
using Xunit.Abstractions;

namespace Stint.Simulation.Faults;

/// <summary>
/// The real engine, sessions, runs, agent and steps over simulated time, network, disks and kernels. STINT_SEEDS: how many short runs, from
/// STINT_FIRST_SEED on; STINT_SEED: one seed again, with its trace; STINT_EVENTS: one long run of about so many events.
/// </summary>
[Collection(nameof(AllCores))]
public sealed class FaultTests(ITestOutputHelper output)
{
    private const int SeedsUsual = 10_000, FailuresEnough = 20, EventsUsual = 60_000, EventsPerJob = 38;

    [Fact]
    public void No_seed_breaks_a_promise()
    {
        var campaign = Campaign.Run(Number("STINT_FIRST_SEED") ?? 1, (int)(Number("STINT_SEEDS") ?? SeedsUsual), PlanMaker.Short, enough: static c => c.Failures.Count >= FailuresEnough);
        Say(campaign.Summary);
        if (campaign.Failures.Count > 0) Assert.Fail(string.Join("\n\n", campaign.Failures.GroupBy(static f => f.Broken!.Promise).Select(Kind)));
    }

    /// <summary>The smallest of those that break the same promise, and the seeds of the others.</summary>
    private static string Kind(IGrouping<string, Outcome> failures)
    {
        var failed = failures.MinBy(static f => f.Plan.Ops.Count)!;
        return $"{failures.Key}: seeds {string.Join(' ', failures.Select(static f => f.Plan.Seed))}\n{Failure.Report(failed, Shrinker.Shrink(failed))}";
    }

    [Fact]
    public void A_long_run_breaks_no_promise()
    {
        var events = (int)(Number("STINT_EVENTS") ?? EventsUsual);
        var seed = Number("STINT_FIRST_SEED") ?? 1;
        var watch = Stopwatch.StartNew();
        var outcome = FaultRun.Of(PlanMaker.Long(seed, events / EventsPerJob), progress: events <= EventsUsual ? null : world =>
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{watch.Elapsed.TotalSeconds,6:0} s  {world.Queue.Count} events, {world.Books.Records} records, {world.Books.Jobs.Count} jobs, {world.Queue.NowUs / 3.6e9:0.00} simulated hours")));
        Say(string.Create(CultureInfo.InvariantCulture,
            $"measured: one run of {outcome.Events} events, {outcome.Records} records, {outcome.Jobs} jobs, {outcome.Plan.Ops.Count(static op => op.IsFault)} faults, {outcome.SimulatedUs / 3.6e9:0.0} simulated hours in {watch.Elapsed.TotalSeconds:0.0} s"));
        if (outcome.Broken is not null) Assert.Fail(Failure.Report(outcome, FaultRun.Of(outcome.Plan, traces: true)));
    }

    [Fact]
    public void One_seed_again()
    {
        if (Number("STINT_SEED") is not { } seed) return;
        var outcome = FaultRun.Of(PlanMaker.Short(seed), traces: true);
        if (outcome.Broken is not null) Assert.Fail(Failure.Report(outcome, Shrinker.Shrink(outcome)));
        foreach (var line in outcome.Trace) output.WriteLine(line);
    }

    [Fact]
    public void A_seed_is_the_same_run_every_time()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var first = FaultRun.Of(PlanMaker.Short(seed), traces: true);
            var again = FaultRun.Of(PlanMaker.Short(seed), traces: true);
            Assert.Equal(first.Trace, again.Trace);
            Assert.Equal((first.Events, first.Records), (again.Events, again.Records));
        }
    }

    [Fact]
    public void Every_kind_of_fault_happens()
    {
        var campaign = Campaign.Run(1, 300, PlanMaker.Short);
        foreach (var kind in (ReadOnlySpan<string>)["agent dies between two acts", "agent killed", "journal refuses a commit", "link breaks", "network parted", "network slow",
            "node lost for good", "node reboots", "node slow", "node's clock jumps", "node's disk full", "processes do not die", "server dies after a commit",
            "server dies before a commit", "server killed", "server's clock jumps", "server's disk full", "server's disk slow", "shepherd killed"])
            Assert.True(campaign.Faults.All.GetValueOrDefault(kind) > 0, $"no \"{kind}\" in {campaign.Seeds} seeds");
        Assert.True(campaign.Jobs > 1_000 && campaign.Records > 10_000, campaign.Summary);
    }

    private void Say(string line) => Figures.Say(output, line);

    private static ulong? Number(string variable) => ulong.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
