using System.Diagnostics;
using Stint.Core;
using Stint.Core.Scheduling.Planning;
using Xunit.Abstractions;

namespace Stint.Simulation.Planning;

public sealed class TimelineCostTests(ITestOutputHelper output)
{
    [Fact]
    public void A_hundred_times_the_segments_cost_far_less_than_a_hundred_times_the_time()
    {
        CostUs(1_000); // warms up
        var small = CostUs(1_000);
        var large = CostUs(100_000);
        output.WriteLine($"reserve, search, release: {small:F2} µs with 1,000 reservations, {large:F2} µs with 100,000");
        Assert.InRange(large / small, 0, 30);
    }

    /// <summary>Microseconds for one reservation, one search and one release on a timeline with this many reservations.</summary>
    private static double CostUs(int reservations)
    {
        var random = new Random(1);
        var capacity = new Amount(1_000_000, 1L << 50);
        var timeline = new Timeline(new Instant(0), capacity);
        for (var i = 0; i < reservations; i++) Reserve(timeline, random, reservations);
        const int rounds = 20_000;
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < rounds; i++)
        {
            var (start, end, amount) = Reserve(timeline, random, reservations);
            timeline.EarliestStart(capacity - new Amount(random.Next(1_000)), 5_000, start);
            timeline.Release(start, end, amount);
        }
        return watch.Elapsed.TotalMicroseconds / rounds;
    }

    private static (Instant, Instant, Amount) Reserve(Timeline timeline, Random random, int reservations)
    {
        var start = new Instant(random.NextInt64(reservations * 1_000L));
        var end = new Instant(start.Milliseconds + 1 + random.Next(50_000));
        var amount = new Amount(random.Next(1, 100), random.Next());
        timeline.Reserve(start, end, amount);
        return (start, end, amount);
    }
}
