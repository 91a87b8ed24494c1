namespace Stint.Core.Scheduling.Planning;

/// <summary>
/// What is available at every moment from an origin to forever: a capacity less the reservations made on it. It knows no jobs. Moments are
/// exact milliseconds; nothing is rounded to slots. Changing and searching cost O(log n) of its segments, plus the number of separate gaps
/// that a search has to step over.
/// </summary>
/// <remarks>Invariant: two neighbouring segments never have the same value, so the size follows the distinct changes ahead.</remarks>
public sealed class Timeline
{
    /// <summary>An end that never comes: a reservation until here is a change of capacity.</summary>
    public static readonly Instant Forever = new(long.MaxValue);

    private readonly SegmentTree _segments = new();
    private long _origin;

    public Timeline(Instant origin, in Amount capacity)
    {
        _origin = origin.Milliseconds;
        _segments.Insert(_origin, capacity);
    }

    /// <summary>The first moment that is kept.</summary>
    public Instant Origin => new(_origin);

    public int SegmentCount => _segments.Count;

    /// <summary>Takes an amount in [start, end). The part before the origin is ignored. Availability may become negative.</summary>
    public void Reserve(Instant start, Instant end, in Amount amount) => Change(start.Milliseconds, end.Milliseconds, -amount);

    /// <summary>Gives an amount back in [start, end): the whole or the rest of a reservation.</summary>
    public void Release(Instant start, Instant end, in Amount amount) => Change(start.Milliseconds, end.Milliseconds, amount);

    public Amount AvailableAt(Instant time)
    {
        _segments.Floor(AtLeastOrigin(time.Milliseconds), out var value);
        return value;
    }

    /// <summary>The smallest amount, of each resource, that is available all the time in [start, end).</summary>
    public Amount MinAvailable(Instant start, Instant end)
    {
        var from = AtLeastOrigin(start.Milliseconds);
        _segments.Floor(from, out var value);
        return _segments.Min(from, end.Milliseconds, value);
    }

    /// <summary>True when the amount is available all the time in [start, start + duration).</summary>
    public bool Fits(in Amount amount, long durationMs, Instant start)
    {
        var from = AtLeastOrigin(start.Milliseconds);
        _segments.Floor(from, out var value);
        return value.Covers(amount) && (durationMs == 0 || _segments.FirstShort(from, amount) >= SaturatingAdd(from, durationMs));
    }

    /// <summary>
    /// The first moment not before a given one from which the amount is available for the whole duration; null if there is none.
    /// </summary>
    public Instant? EarliestStart(in Amount amount, long durationMs, Instant notBefore)
    {
        if (durationMs < 0) throw new ArgumentOutOfRangeException(nameof(durationMs), durationMs, "a duration is not negative");
        var start = AtLeastOrigin(notBefore.Milliseconds);
        _segments.Floor(start, out var value);
        if (!value.Covers(amount)) start = _segments.FirstCovering(start, amount);
        while (start != SegmentTree.None)
        {
            var shortAt = _segments.FirstShort(start, amount);
            if (shortAt >= SaturatingAdd(start, durationMs)) return new Instant(start);
            start = _segments.FirstCovering(shortAt, amount);
        }
        return null;
    }

    /// <summary>Forgets what lies before a moment: it becomes the origin. Going back is not possible.</summary>
    public void Advance(Instant now)
    {
        if (now.Milliseconds <= _origin) return;
        var current = _segments.Floor(now.Milliseconds, out var value);
        for (var start = _origin; start < current;)
        {
            var next = _segments.FirstCovering(start + 1, Lowest);
            _segments.Remove(start);
            start = next;
        }
        if (current != now.Milliseconds)
        {
            _segments.Remove(current);
            _segments.Insert(now.Milliseconds, value);
        }
        _origin = now.Milliseconds;
    }

    /// <summary>Every segment in order of time: its start, and what is available until the next one.</summary>
    public IEnumerable<(Instant Start, Amount Available)> Segments()
    {
        for (var start = _origin; start != SegmentTree.None; start = _segments.FirstCovering(start + 1, Lowest))
        {
            _segments.Floor(start, out var value);
            yield return (new Instant(start), value);
        }
    }

    private static readonly Amount Lowest = new(long.MinValue, long.MinValue, long.MinValue, long.MinValue);

    private void Change(long start, long end, in Amount delta)
    {
        if (end < start) throw new ArgumentOutOfRangeException(nameof(end), end, $"the end lies before the start, {start} ms");
        start = AtLeastOrigin(start);
        if (end <= start || delta.IsZero) return;
        Cut(start);
        if (end != SegmentTree.None) Cut(end);
        _segments.Add(start, end, delta);
        Join(start);
        if (end != SegmentTree.None) Join(end);
    }

    /// <summary>Makes a segment start at a moment, without changing what is available.</summary>
    private void Cut(long time)
    {
        if (_segments.Floor(time, out var value) != time) _segments.Insert(time, value);
    }

    /// <summary>Drops the boundary at a moment where nothing changes there.</summary>
    private void Join(long time)
    {
        if (time == _origin) return;
        _segments.Floor(time - 1, out var before);
        if (_segments.Floor(time, out var after) == time && before == after) _segments.Remove(time);
    }

    private long AtLeastOrigin(long time) => time < _origin ? _origin : time;

    private static long SaturatingAdd(long time, long durationMs) => time > long.MaxValue - durationMs ? long.MaxValue : time + durationMs;
}
