using FsCheck;
using FsCheck.Fluent;
using Stint.Core;
using Stint.Core.Scheduling.Planning;

namespace Stint.Simulation.Planning;

public sealed class TimelineProperties
{
    private const int Horizon = 60;
    private static readonly Amount Capacity = new(8, 16);

    /// <summary>One reservation; a released one is given back again, from its middle on or wholly.</summary>
    public sealed record Step(int Start, int Length, int Cpus, int Memory, int Released);

    private static readonly Arbitrary<Step[]> Steps = (
        from start in Gen.Choose(0, Horizon - 1)
        from length in Gen.Choose(0, Horizon)
        from cpus in Gen.Choose(0, 9)
        from memory in Gen.Choose(0, 17)
        from released in Gen.Choose(0, 3)
        select new Step(start, length, cpus, memory, released)).ArrayOf().ToArbitrary();

    [Fact]
    public void A_timeline_answers_as_the_naive_one_does() => Prop.ForAll(Steps, steps =>
    {
        var (timeline, naive) = Build(steps);
        for (var t = 0; t < Horizon; t += 3)
        {
            Assert.Equal(naive.At(t), timeline.AvailableAt(new Instant(t)));
            Assert.Equal(naive.Min(t, t + 11), timeline.MinAvailable(new Instant(t), new Instant(t + 11)));
            for (var cpus = 1; cpus <= 9; cpus += 2)
            {
                var amount = new Amount(cpus, cpus * 2);
                var duration = 1 + t % 7 * 4;
                var earliest = timeline.EarliestStart(amount, duration, new Instant(t));
                Assert.Equal(naive.EarliestStart(amount, duration, t), earliest?.Milliseconds);
                Assert.Equal(naive.Min(t, t + duration).Covers(amount), timeline.Fits(amount, duration, new Instant(t)));
            }
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));

    [Fact]
    public void Neighbouring_segments_always_differ() => Prop.ForAll(Steps, steps =>
    {
        var segments = Build(steps).Timeline.Segments().ToList();
        for (var i = 1; i < segments.Count; i++)
        {
            Assert.NotEqual(segments[i - 1].Available, segments[i].Available);
            Assert.True(segments[i - 1].Start < segments[i].Start);
        }
        Assert.Equal(segments.Count, Build(steps).Timeline.SegmentCount);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void Advancing_changes_nothing_that_lies_ahead() => Prop.ForAll(Steps, Gen.Choose(0, Horizon).ToArbitrary(), (steps, now) =>
    {
        var (timeline, naive) = Build(steps);
        timeline.Advance(new Instant(now));
        for (var t = now; t < Horizon; t++) Assert.Equal(naive.At(t), timeline.AvailableAt(new Instant(t)));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private static (Timeline Timeline, NaiveTimeline Naive) Build(Step[] steps)
    {
        var timeline = new Timeline(default, Capacity);
        var naive = new NaiveTimeline(Horizon, Capacity);
        foreach (var step in steps)
        {
            var end = Math.Min(Horizon, step.Start + step.Length);
            Change(step.Start, end, new Amount(step.Cpus, step.Memory), reserve: true);
            if (step.Released > 1) continue;
            var from = step.Released == 0 ? step.Start : (step.Start + end) / 2;
            Change(from, end, new Amount(step.Cpus, step.Memory), reserve: false);
        }
        return (timeline, naive);

        void Change(int start, int end, Amount amount, bool reserve)
        {
            naive.Change(start, end, reserve ? -amount : amount);
            if (reserve) timeline.Reserve(new Instant(start), new Instant(end), amount);
            else timeline.Release(new Instant(start), new Instant(end), amount);
        }
    }
}
