using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Agents;

namespace Stint.Server.Agents;

/// <summary>
/// The second layer as nodes are told it: the limits of one user over all of that user's jobs there. Told with each launch, again after a reconnect, and
/// when tiers change; of two that a node hears, the one of the newer tiers holds.
/// </summary>
internal static class UserLevels
{
    /// <summary>
    /// What a user's level may use beyond the sum of its jobs: pages that outlive the job they were charged to, and the kernel's own. Without it a job
    /// that fills its own limit would meet the user's at the same moment, and the wrong one of the two would be blamed.
    /// </summary>
    internal const ulong OverheadBytes = 32 << 20;

    /// <summary>Null: no tier was ever configured, and the level is not looked at. All zero: nothing limits this user, and what did does so no longer.</summary>
    public static UserLimits? Of(ClusterConfigured config, JobSpec spec)
    {
        if (config.TiersChangedMs == 0) return null;
        var limits = new UserLimits { Version = config.TiersChangedMs };
        if (Cluster.TierFor(config, spec) is not { } tier) return limits;
        limits.Tier = tier.Name;
        limits.CpuMilli = tier.UserCpus > ulong.MaxValue / 1000 ? 0 : tier.UserCpus * 1000;
        limits.PidsMax = tier.UserPids;
        limits.DiskBytes = tier.UserDiskBytes;
        if (tier.UserMemoryBytes is 0 or > 1UL << 60) return limits;
        limits.MemoryBytes = tier.UserMemoryBytes + OverheadBytes;
        if (tier.MemorySoftPercent > 0) limits.MemorySoftBytes = tier.UserMemoryBytes / 100 * tier.MemorySoftPercent;
        return limits;
    }

    /// <summary>Every node hears of the users who have jobs there.</summary>
    public static void Tell(AgentDirectory agents, Cluster cluster)
    {
        if (cluster.Config.TiersChangedMs == 0) return;
        var told = new HashSet<(string, uint)>();
        foreach (var id in cluster.ActiveJobs.Reverse())
            if (cluster.FindJob(id) is { } job)
                for (var i = 0; i < job.Shares.Count; i++)
                    if (told.Add((job.Shares[i].Node, job.Spec.Uid)) && agents.Find(job.Shares[i].Node) is { } session) Tell(session, cluster.Config, job.Spec);
    }

    /// <summary>After a reconnect: before any launch, for each user who has, or may have, something there.</summary>
    public static void SendDue(Cluster cluster, AgentSession session, IReadOnlyList<(uint JobId, uint StepId, uint Attempt)> holdings)
    {
        if (cluster.Config.TiersChangedMs == 0) return;
        var newest = new SortedDictionary<uint, JobSpec>();
        var there = cluster.Nodes.GetValueOrDefault(session.Node)?.Jobs ?? [];
        foreach (var id in there.Concat(holdings.Select(static held => held.JobId)).Order())
            if (cluster.FindJob(id) is { } job) newest[job.Spec.Uid] = job.Spec;
        foreach (var spec in newest.Values) Tell(session, cluster.Config, spec);
    }

    private static void Tell(AgentSession session, ClusterConfigured config, JobSpec spec) =>
        session.Send(new ToAgent { SetUserLimits = new SetUserLimits { Uid = spec.Uid, Limits = Of(config, spec) } });
}
