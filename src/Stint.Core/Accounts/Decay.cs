namespace Stint.Core.Accounts;

/// <summary>
/// How usage fades: by half every half-life, and to nothing at calendar boundaries (PriorityDecayHalfLife and
/// PriorityUsageResetPeriod). Time is continuous: what is read does not depend on when somebody looked before.
/// </summary>
internal readonly record struct Decay(long HalfLifeMs, UsagePeriod Period)
{
    public static readonly Decay None = new(0, UsagePeriod.None);

    /// <summary>What is left of one unit after that time.</summary>
    public double Left(long ms) => HalfLifeMs <= 0 ? 1 : Math.Exp(-Lambda * ms);

    /// <summary>What a rate of one unit per second adds up to, in unit-seconds, fading as it goes.</summary>
    public double Grown(long ms)
    {
        if (HalfLifeMs <= 0) return ms / 1000.0;
        var x = Lambda * ms;
        // The closed form loses its digits near 0; the series does not.
        return x < 1e-4 ? ms / 1000.0 * (1 - x / 2 + x * x / 6) : (1 - Math.Exp(-x)) / (Lambda * 1000);
    }

    private double Lambda => Math.Log(2) / HalfLifeMs;
}
