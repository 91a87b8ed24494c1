using Stint.Core.Accounts;
using Stint.Core.Journal;

namespace Stint.Core;

public sealed partial class Cluster
{
    private const int AccountNameCharsMax = 256;

    private Decision DecideSetQos(SetQos command, Instant now)
    {
        if (!command.By.IsOperator) return NotOperator(command.By, "change a QOS");
        var spec = command.Spec;
        if (NameFault("QOS", spec.Name) is { } fault) return fault;
        if (LimitLists.Fault(spec.Limits, forQos: true) is { } limit) return Decision.No(RefusalCodes.InvalidLimit, $"QOS {spec.Name}: {limit}");
        foreach (var flag in spec.Flags)
            if (!Qos.IsFlag(flag)) return Decision.No(RefusalCodes.InvalidQos, $"QOS {spec.Name}: there is no flag \"{Short(flag)}\"");
        foreach (var other in spec.Preempt)
            if (accounts.FindQos(other) is null)
                return Decision.No(RefusalCodes.InvalidQos, $"QOS {spec.Name} is to preempt QOS {Short(other)}, which is not known", "Add that one first");
        if (!IsAmount(spec.UsageFactor) || !IsAmount(spec.LimitFactor) || spec.UsageThreshold is not (>= 0 and <= 1) || spec.GraceMs < 0 || spec.PreemptExemptMs < 0)
            return Decision.No(RefusalCodes.InvalidQos, $"QOS {spec.Name}: a factor, threshold or time is negative or too large");
        if (accounts.SetQos.Contains(spec.Name) && IsSame(accounts.FindQos(spec.Name)!.Spec, spec)) return Decision.Nothing;
        var batch = new Batch(now);
        batch.Add(new QosSet { Spec = spec.Clone(), ByUid = command.By.Uid });
        return batch.Decision();
    }

    private Decision DecideRemoveQos(RemoveQos command, Instant now)
    {
        if (!command.By.IsOperator) return NotOperator(command.By, "remove a QOS");
        if (!accounts.SetQos.Contains(command.Name)) return Decision.No(RefusalCodes.InvalidQos, $"there is no QOS {Short(command.Name)}", "sacctmgr show qos lists them");
        if (HoldersOfQos(command.Name) is { Length: > 0 } holders)
            return Decision.No(RefusalCodes.InUse, $"QOS {command.Name} is in use by {holders}", "Take it away from them first");
        var batch = new Batch(now);
        batch.Add(new QosRemoved { Name = command.Name, ByUid = command.By.Uid });
        return batch.Decision();
    }

    /// <summary>For a sentence: jobs, associations, partitions and other QOS that name it.</summary>
    private string HoldersOfQos(string name)
    {
        var holders = new List<string>();
        // Jobs of a QOS that nobody had to make can not lose it.
        if (name != AccountBook.NormalQos && JobsWhere(job => job.Spec.Qos == name) is { Length: > 0 } holding) holders.Add(holding);
        foreach (var association in accounts.Associations.Values)
            if (name != AccountBook.NormalQos && (association.Spec.Qos.Contains(name) || association.Spec.DefaultQos == name)) holders.Add(association.ToString());
        foreach (var partition in Config.Partitions)
            if (partition.Qos == name) holders.Add($"partition {partition.Name}");
        foreach (var other in accounts.Qos.Values)
            if (other.Name != name && other.Spec.Preempt.Contains(name)) holders.Add(other.ToString());
        return Listed(holders);
    }

    private string JobsWhere(Func<Jobs.Job, bool> holds)
    {
        var ids = jobs.Values.Where(job => !job.IsOver && holds(job)).Select(static job => job.Id).Order().ToList();
        return ids.Count switch
        {
            0 => "",
            1 => $"job {ids[0]}",
            _ => $"{ids.Count} jobs ({string.Join(", ", ids.Take(8))}{(ids.Count > 8 ? ", …" : "")})",
        };
    }

    private static string Listed(List<string> holders) =>
        holders.Count <= 8 ? string.Join(", ", holders) : $"{string.Join(", ", holders.Take(8))} and {holders.Count - 8} more";

    private static bool IsAmount(double value) => value is >= 0 and <= 1e6;

    private static Decision NotOperator(Actor by, string what) =>
        Decision.No(RefusalCodes.AccessDenied, $"uid {by.Uid} may not {what}", "Ask an administrator");

    private static Decision? NameFault(string what, string name) =>
        name.Length is > 0 and <= AccountNameCharsMax && !name.AsSpan().ContainsAny("|,\0\n ") ? null
            : Decision.No(RefusalCodes.InvalidRequest, $"\"{Short(name)}\" is not the name of a {what}: it is empty, too long, or has a bar, comma or blank in it");

    private void On(QosSet record, Instant at)
    {
        SettleQos(record.Spec.Name, at);
        // A new QOS may be named by jobs already, and another usage factor changes what running jobs are charged.
        Recount(_ => true, @class => MayUse(@class, record.Spec.Name), () => accounts.Put(record.Spec), at);
    }

    private void On(QosRemoved record, Instant at) => Recount(_ => true, @class => MayUse(@class, record.Name), () => accounts.RemoveQos(record.Name), at);

    private bool MayUse(PolicyClass @class, string qos) =>
        @class.Key.Qos == qos || PartitionNames(@class.Key.Partition).Any(name => QueueFor(name).Spec.Qos == qos);

    /// <summary>Whether it fades may change: what it has so far faded as before.</summary>
    private void SettleQos(string name, Instant at)
    {
        if (accounts.FindQos(name) is { Usage.At.IsSet: true } qos) qos.Usage.Settle(at, qos.Has(QosFlags.NoDecay) ? Decay.None : decay);
    }
}
