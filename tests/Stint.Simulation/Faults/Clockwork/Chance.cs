namespace Stint.Simulation.Faults.Clockwork;

/// <summary>Random numbers of one part of the world (splitmix64). Each part has its own, so that leaving an event out changes as little as possible elsewhere.</summary>
internal sealed class Chance(ulong seed, string part)
{
    private ulong state = Mix(seed ^ Hash(part));

    public ulong Next() => Mix(state += 0x9E37_79B9_7F4A_7C15);
    /// <summary>At least 0, less than <paramref name="bound"/>.</summary>
    public int Below(int bound) => (int)(Next() % (ulong)bound);
    /// <summary>Both ends included.</summary>
    public long Between(long low, long high) => low + (long)(Next() % (ulong)(high - low + 1));
    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));
    public bool OneIn(int n) => Below(n) == 0;
    public T Of<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    private static ulong Hash(string text)
    {
        var hash = 0xCBF2_9CE4_8422_2325;
        foreach (var c in text) hash = (hash ^ c) * 0x100_0000_01B3;
        return hash;
    }
}
