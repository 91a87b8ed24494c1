using System.Diagnostics;
using System.Globalization;
using Stint.Simulation.Faults.Mutants;
using Stint.Simulation.Faults.Plans;

namespace Stint.Simulation.Faults;

/// <summary>Many seeds, on all cores; sums over all of them, and the first failures.</summary>
internal sealed class Campaign
{
    private readonly Lock gate = new();
    private readonly List<Outcome> failures = [];

    public long Seeds { get; private set; }
    public long Events { get; private set; }
    public long Records { get; private set; }
    public long Jobs { get; private set; }
    public double SimulatedHours { get; private set; }
    public FaultCounts Faults { get; } = new();
    public TimeSpan Took { get; private set; }
    public IReadOnlyList<Outcome> Failures => failures;

    /// <param name="enough">Stops early; asked after each run.</param>
    public static Campaign Run(ulong first, int count, Func<ulong, Plan> plan, Func<Mutant>? mutant = null, Func<Campaign, bool>? enough = null)
    {
        var campaign = new Campaign();
        var watch = Stopwatch.StartNew();
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (i, loop) =>
        {
            var outcome = FaultRun.Of(plan(first + (ulong)i), mutant);
            lock (campaign.gate)
            {
                campaign.Add(outcome);
                if (enough?.Invoke(campaign) == true) loop.Stop();
            }
        });
        campaign.Took = watch.Elapsed;
        campaign.failures.Sort(static (a, b) => a.Plan.Seed.CompareTo(b.Plan.Seed));
        return campaign;
    }

    private void Add(Outcome outcome)
    {
        (Seeds, Events, Records, Jobs) = (Seeds + 1, Events + outcome.Events, Records + outcome.Records, Jobs + outcome.Jobs);
        SimulatedHours += outcome.SimulatedUs / 3.6e9;
        Faults.Add(outcome.Faults);
        if (outcome.Broken is not null) failures.Add(outcome);
    }

    public string Summary => string.Create(CultureInfo.InvariantCulture,
        $"measured: {Seeds} seeds, {Events} events, {Records} records, {Jobs} jobs, {SimulatedHours:0} simulated hours in {Took.TotalSeconds:0.0} s; {failures.Count} failed; "
        + $"faults: {string.Join(", ", Faults.All.Select(static f => $"{f.Key} {f.Value}"))}");
}
