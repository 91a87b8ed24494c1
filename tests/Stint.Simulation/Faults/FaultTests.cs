using System.Globalization;
using Stint.Simulation.Faults.Plans;
using Xunit.Abstractions;

namespace Stint.Simulation.Faults;

/// <summary>STINT_SEEDS: how many short runs; STINT_SEED: one seed again; STINT_EVENTS: one long run of so many events.</summary>
public sealed class FaultTests(ITestOutputHelper output)
{
    private const int SeedsUsual = 10_000;

    [Fact]
    public void No_seed_breaks_a_promise()
    {
        var first = Number("STINT_FIRST_SEED") ?? 1;
        var count = (int)(Number("STINT_SEEDS") ?? SeedsUsual);
        var campaign = Campaign.Run(first, count, PlanMaker.Short, enough: static c => c.Failures.Count >= 40);
        output.WriteLine(campaign.Summary);
        Console.WriteLine(campaign.Summary);
        if (campaign.Failures.Count > 0) Assert.Fail(string.Join("\n\n", campaign.Failures.GroupBy(static f => f.Broken!.Promise).Select(Kind)));
    }

    /// <summary>The smallest of those that break the same promise, and the seeds of the others.</summary>
    private static string Kind(IGrouping<string, Outcome> failures)
    {
        var failed = failures.MinBy(static f => f.Plan.Ops.Count)!;
        return $"{failures.Key}: seeds {string.Join(' ', failures.Select(static f => f.Plan.Seed))}\n{Failure.Report(failed, Shrinker.Shrink(failed))}";
    }

    [Fact]
    public void One_seed_again()
    {
        if (Number("STINT_SEED") is not { } seed) return;
        var outcome = FaultRun.Of(PlanMaker.Short(seed), traces: true);
        if (outcome.Broken is not null) Assert.Fail(Failure.Report(outcome, Shrinker.Shrink(outcome)));
        foreach (var line in outcome.Trace) output.WriteLine(line);
    }

    private static ulong? Number(string variable) => ulong.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
