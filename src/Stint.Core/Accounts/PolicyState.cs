using Stint.Core.Accounts;
using Stint.Core.Journal;

namespace Stint.Core;

// Accounts and usage under another configuration, and in snapshots.
public sealed partial class Cluster
{
    /// <summary>Usage is counted to that moment by the old rules and goes on by the new ones.</summary>
    private void OnPolicy(ClusterConfigured record, Instant at)
    {
        foreach (var association in accounts.Associations.Values)
            if (association.Usage.At.IsSet) association.Usage.Settle(at, decay);
        foreach (var qos in accounts.Qos.Keys) SettleQos(qos, at);
        var resets = IsNow(record) && !IsNow(Config);
        Recount(_ => true, _ => true, () =>
        {
            On(record);
            TakePolicy();
            if (resets) ResetUsage();
        }, at);
    }

    private static bool IsNow(ClusterConfigured config) => string.Equals(config.Priority?.UsageReset, "NOW", StringComparison.OrdinalIgnoreCase);

    private void ResetUsage()
    {
        foreach (var association in accounts.Associations.Values) association.Usage.Reset();
        foreach (var qos in accounts.Qos.Values)
            if (!qos.Has(QosFlags.NoDecay)) qos.Usage.Reset();
    }

    /// <summary>What of the configuration is kept in another form.</summary>
    private void TakePolicy()
    {
        decay = new Decay(Config.Priority?.DecayHalfLifeMs ?? 0, UsagePeriods.Parse(Config.Priority?.UsageReset ?? "") ?? UsagePeriod.None);
        foreach (var partition in Config.Partitions)
            foreach (var weight in partition.BillingWeights) accounts.Tres.Intern(weight.Tres);
        if (Config.Priority is { } priority)
            foreach (var weight in priority.WeightTres) accounts.Tres.Intern(weight.Tres);
        accounts.Version++;
    }

    private void SaveAccounts(Snapshot snapshot)
    {
        foreach (var name in accounts.SetQos.Order(StringComparer.Ordinal)) snapshot.Qos.Add(accounts.FindQos(name)!.Spec);
        var sorted = accounts.Associations.Values.OrderBy(static node => node.Key.ToString(), StringComparer.Ordinal).ToList();
        foreach (var association in sorted)
            if (accounts.SetAssociations.Contains(association.Key)) snapshot.Associations.Add(association.Spec);
        foreach (var association in sorted) SaveUsage(snapshot, "association", association.Key.ToString(), association.Usage);
        foreach (var qos in accounts.Qos.Values.OrderBy(static qos => qos.Name, StringComparer.Ordinal)) SaveUsage(snapshot, "qos", qos.Name, qos.Usage);
    }

    private void SaveUsage(Snapshot snapshot, string kind, string key, DecayedUsage usage)
    {
        if (!usage.At.IsSet) return;
        var image = new UsageImage { Kind = kind, Key = key, AtMs = usage.At.Milliseconds };
        foreach (var (name, value) in usage.Values(accounts.Tres)) image.Tres.Add(new TresValue { Tres = name, Value = value });
        snapshot.Usage.Add(image);
    }

    /// <summary>Before the jobs: what they count towards must be there.</summary>
    private void LoadAccounts(Snapshot snapshot)
    {
        TakePolicy();
        foreach (var spec in snapshot.Qos) accounts.Put(spec);
        var left = snapshot.Associations.ToList();
        while (left.Count > 0)
        {
            var ready = left.FindAll(spec => spec.User.Length > 0 ? accounts.Account(spec.Account) is not null
                : accounts.Account(spec.Parent.Length > 0 ? spec.Parent : AccountBook.RootAccount) is not null);
            if (ready.Count == 0) throw new InvalidOperationException($"the snapshot holds account {left[0].Account} without its parent");
            foreach (var spec in ready) accounts.Put(spec);
            left.RemoveAll(ready.Contains);
        }
        foreach (var image in snapshot.Usage)
        {
            var parts = image.Key.Split('|');
            var usage = image.Kind == "qos" ? accounts.FindQos(image.Key)?.Usage
                : parts.Length == 3 ? accounts.Associations.GetValueOrDefault(new AssociationKey(parts[0], parts[1], parts[2]))?.Usage : null;
            if (usage is null) throw new InvalidOperationException($"the snapshot holds usage of {image.Kind} {image.Key}, which is not known");
            usage.Load(new Instant(image.AtMs), "", 0, accounts.Tres);
            foreach (var value in image.Tres) usage.Load(new Instant(image.AtMs), value.Tres, value.Value, accounts.Tres);
        }
    }
}
