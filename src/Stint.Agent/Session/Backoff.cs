namespace Stint.Agent.Session;

/// <summary>How long to wait before the next attempt: doubled from 100 ms to 5 s, each between half and all of it, so that a thousand nodes do not come back in step.</summary>
internal sealed class Backoff(Func<double> random)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100), Most = TimeSpan.FromSeconds(5);
    private TimeSpan _next = First;

    public TimeSpan Next()
    {
        var wait = _next * (0.5 + random() / 2);
        _next = _next * 2 < Most ? _next * 2 : Most;
        return wait;
    }

    public void Reset() => _next = First;
}
