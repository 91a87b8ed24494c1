using Stint.Core;
using Stint.Core.Journal;
using Stint.Server.Engine;
using Stint.Server.Hosting;

namespace Stint.Server.Configuration;

/// <summary>
/// QOS and accounts of stint.yaml go into the journal when the server starts, and only where they differ from what is there. What the file
/// does not name stays: commands may have made it.
/// </summary>
internal static class ConfiguredAccounts
{
    private static readonly Actor File = new(0, IsOperator: true);

    public static void Apply(Batch batch, ServerConfig config)
    {
        var later = new List<QosSpec>();
        foreach (var qos in config.Qos ?? [])
        {
            // A QOS may preempt one that comes later in the file: first without, then as it is written.
            if (batch.Decide(new SetQos(qos, File)).Refusal is not { } refusal) continue;
            if (qos.Preempt.Count == 0) throw Refused(refusal);
            var first = qos.Clone();
            first.Preempt.Clear();
            Must(batch.Decide(new SetQos(first, File)));
            later.Add(qos);
        }
        foreach (var qos in later) Must(batch.Decide(new SetQos(qos, File)));
        foreach (var association in config.Associations ?? []) Must(batch.Decide(new SetAssociation(association, File)));
    }

    private static void Must(Decision decision)
    {
        if (decision.Refusal is { } refusal) throw Refused(refusal);
    }

    private static StartException Refused(Refusal refusal) => new($"the configuration is refused: {refusal}");
}
