using FsCheck;
using FsCheck.Fluent;
using Stint.Core;
using Stint.Core.Scheduling.Planning;

namespace Stint.Simulation.Planning;

public sealed class BackfillProperties
{
    [Fact]
    public void A_round_leaves_the_timeline_as_it_found_it() => Check(Scenario.WithInfeasible, (scenario, policy) =>
    {
        var timeline = scenario.Timeline();
        var before = timeline.Segments().ToList();
        Backfill.Plan(timeline, Scenario.Now, scenario.Queue, policy);
        Assert.Equal(before, timeline.Segments());
    });

    [Fact]
    public void Starts_and_reservations_never_take_more_than_there_is() => Check(Scenario.WithInfeasible, (scenario, policy) =>
    {
        var timeline = scenario.Timeline();
        var plan = Backfill.Plan(timeline, Scenario.Now, scenario.Queue, policy);
        Apply(timeline, scenario, plan);
        Assert.All(timeline.Segments(), segment => Assert.True(segment.Available.Covers(Amount.Zero), $"{segment}"));
    });

    [Fact]
    public void A_round_decides_about_each_request_at_most_once() => Check(Scenario.WithInfeasible, (scenario, policy) =>
    {
        var plan = Backfill.Plan(scenario.Timeline(), Scenario.Now, scenario.Queue, policy);
        var decided = plan.Starts.Concat(plan.Reservations.Select(r => r.Id)).Concat(plan.Infeasible).ToList();
        Assert.Equal(decided.Count, decided.Distinct().Count());
        Assert.True(plan.Reservations.Count <= policy.ReservationDepth);
    });

    [Fact]
    public void Backfilling_never_delays_a_reserved_start() => Check(Scenario.Feasible, (scenario, policy) =>
    {
        var bold = Backfill.Plan(scenario.Timeline(), Scenario.Now, scenario.Queue, policy);
        var shy = Backfill.Plan(scenario.Timeline(), Scenario.Now, scenario.Queue, policy with { Backfills = false });
        Assert.Equal(shy.Reservations, bold.Reservations);
        Assert.Equal(shy.Starts, bold.Starts.Take(shy.Starts.Count));
    });

    [Fact]
    public void Reservations_hold_when_estimates_are_exact_and_nothing_else_arrives() => Check(Scenario.Feasible, (scenario, policy) =>
    {
        // In a fixed order: one that follows the clock may change its mind about the head, and is bounded by its wait instead.
        var fixedOrder = policy with { Order = AsGiven.Order };
        var promised = Backfill.Plan(scenario.Timeline(), Scenario.Now, scenario.Queue, fixedOrder);
        if (promised.Reservations.Count == 0) return;
        var started = RunToTheEnd(scenario, fixedOrder);
        Assert.All(promised.Reservations, promise =>
            Assert.True(started[promise.Id] <= promise.Start, $"{promise.Id}: promised {promise.Start}, started {started[promise.Id]}"));
    });

    [Fact]
    public void An_infeasible_head_changes_nothing_for_the_others() => Check(Scenario.WithInfeasible, (scenario, policy) =>
    {
        var feasible = scenario.Queue.Where(r => Scenario.Capacity.Covers(r.Amount)).ToArray();
        var with = Backfill.Plan(scenario.Timeline(), Scenario.Now, scenario.Queue, policy);
        var without = Backfill.Plan(scenario.Timeline(), Scenario.Now, feasible, policy);
        Assert.Equal(without.Starts, with.Starts);
        Assert.Equal(without.Reservations, with.Reservations);
    });

    [Fact]
    public void Of_two_that_ask_the_same_the_first_in_order_is_never_passed() => Check(Scenario.WithInfeasible, (scenario, policy) =>
    {
        var twins = scenario.Queue.Concat(scenario.Queue.Select(r => r with { Id = r.Id + 1_000 })).ToArray();
        var plan = Backfill.Plan(scenario.Timeline(), Scenario.Now, twins, policy);
        foreach (var id in plan.Starts.Where(id => id >= 1_000)) Assert.Contains(id - 1_000, plan.Starts);
    });

    [Fact]
    public void Whoever_waited_past_the_bound_goes_first_by_age() => Check(Scenario.Feasible, (scenario, _) =>
    {
        var order = new BoundedWait(ShortestFirst.Order, 100_000);
        var sorted = scenario.Queue.OrderBy(r => order.RankOf(r, Scenario.Now))
            .Select(r => Scenario.Now.Milliseconds - r.Queued.Milliseconds).ToList();
        var aged = sorted.TakeWhile(waited => waited > 100_000).ToList();
        Assert.Equal(aged.OrderDescending(), aged);
        Assert.DoesNotContain(sorted.Skip(aged.Count), waited => waited > 100_000);
    });

    private static void Check(Arbitrary<Scenario> scenarios, Action<Scenario, Policy> property) =>
        Prop.ForAll(scenarios, Scenario.Policies, property).Check(Config.QuickThrowOnFailure.WithMaxTest(400));

    private static void Apply(Timeline timeline, Scenario scenario, Plan plan)
    {
        foreach (var id in plan.Starts) Hold(timeline, scenario.Queue[id], Scenario.Now);
        foreach (var (id, start) in plan.Reservations) Hold(timeline, scenario.Queue[id], start);
    }

    private static void Hold(Timeline timeline, Request request, Instant start) =>
        timeline.Reserve(start, new Instant(start.Milliseconds + Math.Max(1, request.EstimateMs)), request.Amount);

    /// <summary>Plans at every moment at which something ends, until all have started.</summary>
    private static Dictionary<long, Instant> RunToTheEnd(Scenario scenario, Policy policy)
    {
        var timeline = scenario.Timeline();
        var queue = scenario.Queue.ToList();
        var started = new Dictionary<long, Instant>();
        for (var now = Scenario.Now; queue.Count > 0; now = timeline.Segments().Skip(1).First().Start)
        {
            timeline.Advance(now);
            foreach (var id in Backfill.Plan(timeline, now, queue.ToArray(), policy).Starts)
            {
                started[id] = now;
                Hold(timeline, scenario.Queue[id], now);
            }
            queue.RemoveAll(r => started.ContainsKey(r.Id));
            if (queue.Count == 0) break;
        }
        return started;
    }
}
