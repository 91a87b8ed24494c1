using Stint.Protocol.Agents;

namespace Stint.Agent.Watch;

/// <summary>
/// Since when a job does nothing but wait: at every look nearly all of the time since the last one was full pressure on one resource. Pure; fed with the
/// running totals of PSI, which no look can miss.
/// </summary>
internal sealed class StallClock
{
    private const double NearlyAll = 0.9;
    private readonly Dictionary<string, (ulong FullUs, long AtMs, long SinceMs)> _last = new(StringComparer.Ordinal);

    /// <summary>The resource and for how long, when it is longer than <paramref name="after"/>; null otherwise.</summary>
    public (string Resource, TimeSpan For)? Look(IEnumerable<Pressure> job, long nowMs, TimeSpan after)
    {
        (string, TimeSpan)? stalled = null;
        foreach (var pressure in job)
        {
            var known = _last.TryGetValue(pressure.Resource, out var before);
            var elapsedUs = (nowMs - before.AtMs) * 1000.0;
            var waits = known && elapsedUs > 0 && pressure.FullUs >= before.FullUs && pressure.FullUs - before.FullUs >= NearlyAll * elapsedUs;
            var since = waits ? before.SinceMs : nowMs;
            _last[pressure.Resource] = (pressure.FullUs, nowMs, since);
            var lasted = TimeSpan.FromMilliseconds(nowMs - since);
            if (waits && lasted >= after) stalled = (pressure.Resource, lasted);
        }
        return stalled;
    }
}
