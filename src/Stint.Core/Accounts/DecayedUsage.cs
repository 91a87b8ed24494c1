namespace Stint.Core.Accounts;

/// <summary>
/// What was used, fading: fair share's raw usage (billing-seconds), wall seconds, and seconds of each trackable resource.
/// Written by Apply only (<see cref="Settle"/>, <see cref="Charge"/>), at the times of the records; reading never changes it. Rates are
/// exact integers re-derived from the running jobs; the values are state and stand in the snapshot.
/// </summary>
internal sealed class DecayedUsage
{
    private const int Raw = 0, Wall = 1, FirstTres = 2;
    private double[] values = new double[FirstTres];
    private Int128[] rates = new Int128[FirstTres];      // millionths of a unit per second

    /// <summary>To when the values are counted; not set: nothing was ever charged.</summary>
    public Instant At { get; private set; }

    /// <summary>Billing-seconds: what fair share compares.</summary>
    public double RawSeconds(Instant now, Decay decay) => Value(Raw, now, decay);
    /// <summary>What GrpWall counts.</summary>
    public double WallSeconds(Instant now, Decay decay) => Value(Wall, now, decay);
    public double TresSeconds(int id, Instant now, Decay decay) => Value(FirstTres + id, now, decay);

    /// <summary>Billing units per second that run now.</summary>
    public double RawRate => (double)rates[Raw] / 1e6;

    private double Value(int slot, Instant now, Decay decay)
    {
        if (slot >= values.Length || !At.IsSet) return 0;
        var (from, value) = (At, values[slot]);
        var boundary = decay.Period.LastBoundary(now);
        if (boundary > from) (from, value) = (boundary, 0);
        var ms = Math.Max(0, now.Milliseconds - from.Milliseconds);
        return value * decay.Left(ms) + (double)rates[slot] / 1e6 * decay.Grown(ms);
    }

    /// <summary>Counts up to that moment.</summary>
    public void Settle(Instant at, Decay decay)
    {
        if (At.IsSet && at <= At) return;
        for (var slot = 0; slot < values.Length; slot++) values[slot] = Value(slot, at, decay);
        At = at;
    }

    /// <summary>A job's rate comes (+1) or goes (−1) at the moment to which this was settled.</summary>
    public void Charge(JobTres tres, long factorMicro, int sign)
    {
        rates[Raw] += sign * (Int128)tres.BillingMicro * factorMicro / 1_000_000;
        rates[Wall] += sign * (Int128)factorMicro;
        foreach (var (id, count) in tres.Counts)
        {
            Grow(FirstTres + id);
            rates[FirstTres + id] += sign * (Int128)count * factorMicro;
        }
    }

    public void Reset() => Array.Clear(values);

    /// <summary>Adds what another holds (+1) or takes it away (−1); both are settled to the same moment.</summary>
    public void Merge(DecayedUsage other, int sign)
    {
        Grow(other.values.Length - 1);
        for (var slot = 0; slot < other.values.Length; slot++) values[slot] = Math.Max(0, values[slot] + sign * other.values[slot]);
        if (!At.IsSet) At = other.At;
    }

    public void Load(Instant at, string name, double value, TresTable table)
    {
        At = at;
        var slot = name switch { "" => -1, "raw" => Raw, "wall" => Wall, _ => FirstTres + table.Intern(name) };
        if (slot < 0) return;
        Grow(slot);
        values[slot] = value;
    }

    /// <summary>By name, what is not zero: <c>raw</c>, <c>wall</c>, and the resources in the order of their names.</summary>
    public IEnumerable<(string Name, double Value)> Values(TresTable table)
    {
        if (values[Raw] != 0) yield return ("raw", values[Raw]);
        if (values[Wall] != 0) yield return ("wall", values[Wall]);
        var named = new List<(string Name, double Value)>();
        for (var slot = FirstTres; slot < values.Length; slot++)
            if (values[slot] != 0) named.Add((table.NameOf(slot - FirstTres), values[slot]));
        named.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        foreach (var pair in named) yield return pair;
    }

    public bool SameRatesAs(DecayedUsage other)
    {
        for (var slot = 0; slot < Math.Max(rates.Length, other.rates.Length); slot++)
            if ((slot < rates.Length ? rates[slot] : 0) != (slot < other.rates.Length ? other.rates[slot] : 0)) return false;
        return true;
    }

    private void Grow(int slot)
    {
        if (slot < values.Length) return;
        Array.Resize(ref values, slot + 1);
        Array.Resize(ref rates, slot + 1);
    }
}
