using Stint.Protocol.Agents;

namespace Stint.Server.Agents;

/// <summary>
/// A receipt comes twice, with the start and with the exit of a step. When both are the same it is stored once, with the start, which
/// this session posted to the engine before. One session's reading loop only.
/// </summary>
internal sealed class ReceiptsSeen
{
    private const int KeptMax = 20_000;
    private readonly Dictionary<StepKey, Receipt> kept = [];

    public void Started(StepStartedReport report)
    {
        if (report.Key is not { } key || report.Receipt is not { } receipt) return;
        if (kept.Count >= KeptMax) kept.Clear();
        kept[key] = receipt;
    }

    /// <summary>Takes the receipt out of the report if it says nothing that the start's did not say.</summary>
    public void Exited(StepExitedReport report)
    {
        if (report.Key is { } key && kept.Remove(key, out var known) && known.Equals(report.Receipt)) report.Receipt = null;
    }
}
