using System.Globalization;
using System.Text;

namespace Stint.Simulation.Faults;

/// <summary>What is shown of a failing seed: how to run it again, the least that makes it fail, and what happened then.</summary>
internal static class Failure
{
    private const int TraceLinesMax = 120;

    public static string Report(Outcome failed, Outcome shrunk)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"seed {failed.Plan.Seed} breaks \"{failed.Broken!.Message}\"");
        text.AppendLine(CultureInfo.InvariantCulture, $"again: STINT_SEED={failed.Plan.Seed} ./test --tier simulation --filter {nameof(FaultTests.One_seed_again)}");
        text.AppendLine(CultureInfo.InvariantCulture, $"shrunk from {failed.Plan.Ops.Count} to {shrunk.Plan.Ops.Count} ops; nodes: {string.Join(", ", shrunk.Plan.Nodes)}");
        foreach (var op in shrunk.Plan.Ops) text.AppendLine(CultureInfo.InvariantCulture, $"  {op}");
        text.AppendLine(CultureInfo.InvariantCulture, $"it then breaks \"{shrunk.Broken?.Message ?? "nothing"}\"; the last of what happened:");
        foreach (var line in shrunk.Trace.Skip(Math.Max(0, shrunk.Trace.Count - TraceLinesMax))) text.AppendLine(CultureInfo.InvariantCulture, $"  {line}");
        return text.ToString();
    }
}
