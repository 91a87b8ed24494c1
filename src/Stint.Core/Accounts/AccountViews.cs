using Stint.Core.Accounts;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

/// <summary>One limit in the way of a pending job.</summary>
/// <param name="Partition">In which of the job's partitions.</param>
/// <param name="Sentence">Limit, usage and request; ends without a full stop.</param>
/// <param name="ClearsAt">When time alone takes it away, as things stand; not set: time alone does not.</param>
/// <param name="Denial">Of a tier's limit: its numbers.</param>
public sealed record LimitInTheWay(string Partition, PendingReason Reason, string Sentence, Instant ClearsAt, TierDenial? Denial = null);

/// <summary>What runs and waits under one holder of limits.</summary>
/// <param name="Holder"><c>account physics</c>, <c>QOS low</c>, <c>QOS low, uid 1001</c>.</param>
/// <param name="Used">By trackable resource, what running jobs hold: memory and disk in MiB.</param>
/// <param name="RunMinutes">What they may yet use.</param>
public sealed record HolderUsage(string Holder, int Running, int Submitted, IReadOnlyList<(string Tres, long Count)> Used,
    IReadOnlyList<(string Tres, double Minutes)> RunMinutes);

/// <summary>A user's tier and what counts against it: the numbers behind <c>stint limits</c> and every denial.</summary>
/// <param name="Limits">Aggregates are filled in where the tier leaves them to be worked out.</param>
public sealed record TierUsage(TierSpec Limits, int Running, int Submitted, long Cpus, ulong MemoryBytes, long Gpus, long MigInstances, IReadOnlyList<uint> Jobs);

// What others may ask about accounts. All of it is read only.
public sealed partial class Cluster
{
    /// <summary>The account tree depth first: accounts and users' associations, those that are there by themselves included.</summary>
    public IReadOnlyList<AssociationSpec> Associations()
    {
        var specs = new List<AssociationSpec>();
        void Add(Association node)
        {
            specs.Add(node.Spec);
            foreach (var child in node.Children) Add(child);
        }
        Add(accounts.Root);
        return specs;
    }

    /// <summary>By name, the normal one included.</summary>
    public IReadOnlyList<QosSpec> QosList() => [.. accounts.Qos.Values.Select(static qos => qos.Spec).OrderBy(static spec => spec.Name, StringComparer.Ordinal)];

    /// <summary>Every holder with anything running or submitted, and each association (<c>scontrol show assoc_mgr</c>).</summary>
    public IReadOnlyList<HolderUsage> HolderUsages(Instant now)
    {
        var usages = new List<HolderUsage>();
        foreach (var node in accounts.Associations.Values.OrderBy(static node => node.Key.ToString(), StringComparer.Ordinal))
            usages.Add(UsageOf(node.ToString(), node.Meter, now));
        foreach (var qos in accounts.Qos.Values.OrderBy(static qos => qos.Name, StringComparer.Ordinal))
            foreach (var (who, meter) in qos.Meters())
                if (who.Length == 0 || !meter.IsIdle) usages.Add(UsageOf(who.Length == 0 ? qos.ToString() : $"{qos}, {who}", meter, now));
        return usages;
    }

    private HolderUsage UsageOf(string holder, Meter meter, Instant now)
    {
        var used = new List<(string, long)>();
        var run = new List<(string, double)>();
        for (var id = 0; id < accounts.Tres.Count; id++)
        {
            if (meter.Used(id) is > 0 and var count) used.Add((accounts.Tres.NameOf(id), count));
            if (meter.RunLeft(id, now) is var left && left > 0) run.Add((accounts.Tres.NameOf(id), (double)left / 60_000));
        }
        return new HolderUsage(holder, meter.Jobs, meter.Submitted, used, run);
    }

    /// <summary>All limits in the way of a pending job, in all of its partitions, in the order in which they are looked at.</summary>
    public IReadOnlyList<LimitInTheWay> LimitsInTheWay(uint jobId, Instant now)
    {
        var found = new List<LimitInTheWay>();
        if (FindJob(jobId) is not { State: JobState.Pending } job) return found;
        var question = new LimitQuestion(0, now, decay);
        foreach (var name in PartitionNames(job.Spec.Partition))
            foreach (var check in StandingOf(job, QueueFor(name)).Checks)
                if (check.Fails(question)) found.Add(new LimitInTheWay(name, check.Reason, check.Sentence(question), check.ClearsAt(question), (check as TierCheck)?.Denial(question, [])));
        return found;
    }

    /// <summary>A user's tier with what he holds; null: he has none.</summary>
    public TierUsage? TierOf(uint uid, string user, IEnumerable<string> groups)
    {
        if (TierTres.At(Config, new JobSpec { User = user, Groups = { groups } }) is not { } tier) return null;
        var limits = TierTres.Filled(tier);
        if (!accounts.TierUsers.TryGetValue(uid, out var held)) return new TierUsage(limits, 0, 0, 0, 0, 0, 0, []);
        var running = held.Running;
        return new TierUsage(limits, running.Jobs, held.Asked.Submitted, running.Used(TierTres.Cpu), (ulong)running.Used(TierTres.Memory) << 20,
            running.Used(TierTres.Gpu), running.Used(TierTres.Mig), [.. held.Jobs.Keys]);
    }
}
