using Stint.Simulation.Faults.Clockwork;

namespace Stint.Simulation.Faults.Network;

/// <summary>The network between one node and the server: usually fast, slow at times, and sometimes nothing passes.</summary>
internal sealed class Weather : IWeather
{
    private const long UsualUs = 400, SpreadUs = 1_600;
    private long slowUntilUs, slowByUs, partedUntilUs;

    private const long SilenceMinUs = 5_000_000, SilenceMaxUs = 8_000_000;

    /// <summary>How long keep-alive takes to find out that the other side is gone; as everywhere, well below the node time-out.</summary>
    public static long Silence(Chance chance) => chance.Between(SilenceMinUs, SilenceMaxUs);

    public void Slow(long untilUs, long byUs) => (slowUntilUs, slowByUs) = (untilUs, byUs);
    public void Part(long untilUs) => partedUntilUs = Math.Max(partedUntilUs, untilUs);

    public void Heal() => slowUntilUs = partedUntilUs = 0;

    public long PartedUntilUs => partedUntilUs;
    public bool IsPartitioned(long nowUs) => nowUs < partedUntilUs;

    /// <summary>What is sent into a partition is kept by TCP and arrives after it, if the connection lives so long.</summary>
    public long ArrivalUs(long sentUs, Chance chance)
    {
        var from = Math.Max(sentUs, partedUntilUs);
        var delay = UsualUs + chance.Between(0, SpreadUs);
        if (from < slowUntilUs) delay += chance.Between(0, slowByUs);
        return from + delay;
    }
}
