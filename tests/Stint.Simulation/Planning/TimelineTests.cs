using Stint.Core;
using Stint.Core.Scheduling.Planning;

namespace Stint.Simulation.Planning;

public sealed class TimelineTests
{
    private static readonly Amount Capacity = new(10, 100);

    [Fact]
    public void An_untouched_timeline_is_one_segment_and_offers_everything_at_once()
    {
        var timeline = new Timeline(At(0), Capacity);
        Assert.Equal(1, timeline.SegmentCount);
        Assert.Equal(At(7), timeline.EarliestStart(Capacity, 1_000, At(7)));
    }

    [Fact]
    public void More_than_the_capacity_never_starts() =>
        Assert.Null(new Timeline(At(0), Capacity).EarliestStart(new Amount(11), 1, At(0)));

    [Fact]
    public void A_request_waits_to_the_millisecond_for_the_end_of_what_is_in_its_way()
    {
        var timeline = new Timeline(At(0), Capacity);
        timeline.Reserve(At(0), At(12_345), new Amount(8));
        Assert.Equal(At(12_345), timeline.EarliestStart(new Amount(3), 1, At(0)));
        Assert.Equal(At(0), timeline.EarliestStart(new Amount(2), long.MaxValue, At(0)));
    }

    [Fact]
    public void A_gap_that_is_one_millisecond_too_short_is_stepped_over()
    {
        var timeline = new Timeline(At(0), Capacity);
        timeline.Reserve(At(0), At(100), new Amount(10));
        timeline.Reserve(At(200), At(300), new Amount(10));
        Assert.Equal(At(100), timeline.EarliestStart(new Amount(1), 100, At(0)));
        Assert.Equal(At(300), timeline.EarliestStart(new Amount(1), 101, At(0)));
    }

    [Fact]
    public void Every_resource_has_to_be_there_at_the_same_time()
    {
        var timeline = new Timeline(At(0), Capacity);
        timeline.Reserve(At(0), At(10), new Amount(10));
        timeline.Reserve(At(10), At(20), new Amount(0, 100));
        Assert.Equal(At(20), timeline.EarliestStart(new Amount(1, 1), 5, At(0)));
        Assert.Equal(new Amount(0, 0), timeline.MinAvailable(At(0), At(20)));
    }

    [Fact]
    public void What_is_given_back_early_leaves_no_trace()
    {
        var timeline = new Timeline(At(0), Capacity);
        timeline.Reserve(At(5), At(50), new Amount(4));
        timeline.Release(At(20), At(50), new Amount(4));
        timeline.Release(At(5), At(20), new Amount(4));
        Assert.Equal([(At(0), Capacity)], timeline.Segments());
    }

    [Fact]
    public void Capacity_lost_for_good_may_make_availability_negative()
    {
        var timeline = new Timeline(At(0), Capacity);
        timeline.Reserve(At(0), At(100), new Amount(8));
        timeline.Reserve(At(50), Timeline.Forever, new Amount(5));
        Assert.Equal(-3, timeline.AvailableAt(At(50)).Cpus);
        Assert.Equal(At(100), timeline.EarliestStart(new Amount(5), 10, At(0)));
        Assert.Null(timeline.EarliestStart(new Amount(6), 51, At(0)));
    }

    [Fact]
    public void The_past_is_forgotten_and_the_future_kept()
    {
        var timeline = new Timeline(At(0), Capacity);
        for (var i = 0; i < 100; i++) timeline.Reserve(At(i), At(i + 50), new Amount(1, i));
        var before = timeline.AvailableAt(At(77));
        timeline.Advance(At(77));
        Assert.Equal(At(77), timeline.Origin);
        Assert.Equal(before, timeline.AvailableAt(At(77)));
        Assert.Equal(Capacity, timeline.AvailableAt(At(1_000)));
        timeline.Reserve(At(0), At(78), new Amount(1));
        Assert.Equal(before - new Amount(1), timeline.AvailableAt(At(0)));
    }

    [Fact]
    public void An_end_before_its_start_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Timeline(At(0), Capacity).Reserve(At(5), At(4), new Amount(1)));

    private static Instant At(long milliseconds) => new(milliseconds);
}
