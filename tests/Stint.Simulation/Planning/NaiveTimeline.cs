using Stint.Core.Scheduling.Planning;

namespace Stint.Simulation.Planning;

/// <summary>The timeline as its definition says: one value for each moment up to a horizon, and nothing taken after it.</summary>
public sealed class NaiveTimeline(long horizon, Amount capacity)
{
    private readonly Amount[] _at = [.. Enumerable.Repeat(capacity, (int)horizon)];

    public void Change(long start, long end, Amount delta)
    {
        for (var t = start; t < end; t++) _at[t] += delta;
    }

    public Amount At(long time) => time < horizon ? _at[time] : capacity;

    public Amount Min(long start, long end)
    {
        var min = At(start);
        for (var t = start; t < end; t++) min = Amount.Min(min, At(t));
        return min;
    }

    public long? EarliestStart(Amount amount, long duration, long notBefore)
    {
        for (var start = notBefore; start <= horizon; start++)
        {
            if (Min(start, start + Math.Max(1, duration)).Covers(amount)) return start;
        }
        return null;
    }
}
