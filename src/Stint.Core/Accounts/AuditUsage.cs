using Stint.Core.Accounts;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>Counts all jobs anew into an empty book and compares.</summary>
    private void AuditUsage()
    {
        foreach (var @class in policyClasses.Values)
            Must(@class.Members > 0 || @class.Waiting == 0, $"a class without members counts {@class.Waiting} waiting jobs");
        var fresh = Recounted();
        foreach (var (key, node) in accounts.Associations)
        {
            Must(node.Meter.SameAs(fresh.accounts.Associations[key].Meter), $"{node} counts other jobs or resources than its jobs have");
            Must(node.Usage.SameRatesAs(fresh.accounts.Associations[key].Usage), $"{node} is charged at another rate than its jobs run at");
        }
        foreach (var (name, qos) in accounts.Qos)
        {
            foreach (var (who, meter) in qos.Meters())
                Must(meter.SameAs(fresh.accounts.Qos[name].Meters().FirstOrDefault(pair => pair.Who == who).Meter ?? new Meter()),
                    $"{qos} {who} counts other jobs or resources than its jobs have");
            Must(qos.Usage.SameRatesAs(fresh.accounts.Qos[name].Usage), $"{qos} is charged at another rate than its jobs run at");
        }
        foreach (var (uid, user) in accounts.TierUsers)
        {
            var other = fresh.accounts.TierUserOf(uid);
            Must(user.Running.SameAs(other.Running) && user.Asked.SameAs(other.Asked) && user.Jobs.Keys.SequenceEqual(other.Jobs.Keys),
                $"the tier of uid {uid} counts other jobs or resources than its jobs have");
        }
        Must(charges.Count == activeJobs.Count, $"{charges.Count} jobs are charged; {activeJobs.Count} hold resources");
    }

    /// <summary>The same accounts with nothing counted, then every job counted once.</summary>
    private Cluster Recounted()
    {
        var fresh = new Cluster(scheduler) { Config = Config, runsExpired = runsExpired };
        // Numbers of resources are given out in the order in which they are first met, which is another one here.
        for (var id = TresTable.FixedCount; id < accounts.Tres.Count; id++) fresh.accounts.Tres.Intern(accounts.Tres.NameOf(id));
        fresh.RebuildPartitions();
        foreach (var partition in partitionsByName.Values) fresh.QueueFor(partition.Name).Nodes = partition.Nodes;
        var specs = new Journal.Snapshot();
        SaveAccounts(specs);
        specs.Usage.Clear();
        fresh.LoadAccounts(specs);
        foreach (var node in accounts.Associations.Values) Must(fresh.accounts.Associations.ContainsKey(node.Key), $"{node} is in no list of associations");
        foreach (var job in jobs.Values)
        {
            if (job.IsOver) continue;
            var kept = (job.Policy, job.Asked.Policy);
            job.Asked.Policy = null;        // of the classes of this cluster, not of the fresh one
            fresh.CountSubmitted(job);
            if (job.IsActive) fresh.CountStarted(job, Instant.Never);
            (job.Policy, job.Asked.Policy) = kept;
        }
        return fresh;
    }
}
