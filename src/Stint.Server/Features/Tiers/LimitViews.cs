using Stint.Core;
using Stint.Core.Accounts;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Server.Features.Jobs;

namespace Stint.Server.Features.Tiers;

/// <summary>From the cluster's state to the one model of a user's limits. On the engine's thread.</summary>
internal static class LimitViews
{
    private const int WaitingShownMax = 20;
    private const ulong MiB = 1 << 20;

    /// <param name="holding">Null: the user has no jobs.</param>
    /// <param name="use">What nodes count and the scheduler does not.</param>
    public static LimitsView Of(Cluster cluster, uint uid, string user, IReadOnlyList<string> groups, UserHolding? holding, UserUse use, IReadOnlyList<LimitNoticeView> notices, Instant now)
    {
        var tier = cluster.TierOf(uid, user, groups)?.Limits;
        var waiting = holding?.Waiting ?? [];
        return new LimitsView
        {
            NowMs = now.Milliseconds, User = user, Uid = uid, Tier = tier?.Name ?? "", TierFrom = tier is null ? "" : From(cluster.Config, tier.Name, user, groups),
            OnLimit = tier?.Refuse == true ? "refuse" : "wait", Contact = tier?.Contact ?? "",
            Limits = Limits(tier, holding, use),
            Jobs = [.. (holding?.Holding ?? []).Select(Job)],
            Waiting = [.. waiting.Take(WaitingShownMax).Select(job => Waiting(cluster, job, now))],
            WaitingMore = Math.Max(0, waiting.Count - WaitingShownMax),
            Notices = [.. notices],
        };
    }

    /// <summary>What a user would be limited to under another configuration.</summary>
    public static LimitsView Under(ClusterConfigured config, uint uid, string user, IReadOnlyList<string> groups)
    {
        var tier = Cluster.TierFor(config, new JobSpec { Uid = uid, User = user, Groups = { groups } });
        return new LimitsView { User = user, Uid = uid, Tier = tier?.Name ?? "", TierFrom = tier is null ? "" : From(config, tier.Name, user, groups), Limits = Limits(tier, null, new UserUse()) };
    }

    private static LimitView[] Limits(TierSpec? tier, UserHolding? holding, UserUse use) =>
    [
        Limit("cpus", tier?.UserCpus, tier?.JobCpus, holding?.Cpus ?? 0),
        Limit("memory", tier?.UserMemoryBytes, tier?.JobMemoryBytes, (holding?.MemoryMiB ?? 0) << 20) with { Soft = tier is { MemorySoftPercent: > 0, UserMemoryBytes: > 0 } ? (long)(tier.UserMemoryBytes / 100 * tier.MemorySoftPercent) : null },
        Limit("gpus", tier?.UserGpus, tier?.JobGpus, holding?.Gpus ?? 0),
        Limit("mig_instances", tier?.UserMigInstances, tier?.JobMigInstances, holding?.MigInstances ?? 0),
        .. tier is { JobGpuShares: > 0 } or { UserGpuShares: > 0 } ? [Limit("gpu_equivalents", tier.UserGpuShares, tier.JobGpuShares, holding?.GpuShares ?? 0)] : Array.Empty<LimitView>(),
        Limit("jobs", tier?.MaxJobs, 0, holding?.Holding.Count ?? 0),
        Limit("pids", tier?.UserPids, 0, (long)use.Pids) with { IsReserved = false },
        .. tier is { UserDiskBytes: > 0 } ? [Limit("disk", tier.UserDiskBytes, 0, (long)use.DiskBytes) with { IsReserved = false }] : Array.Empty<LimitView>(),
    ];

    private static string From(ClusterConfigured config, string tier, string user, IReadOnlyList<string> groups)
    {
        foreach (var own in config.UserTiers)
            if (own.Users.Contains(user)) return "override";
        foreach (var spec in config.Tiers)
        {
            if (spec.Name != tier) continue;
            if (spec.Users.Contains(user)) return "user";
            foreach (var group in groups)
                if (spec.Groups.Contains(group)) return $"group {group}";
        }
        return "default";
    }

    /// <summary>0 is no limit in a tier.</summary>
    private static LimitView Limit(string resource, ulong? limit, ulong? perJob, long used)
    {
        long? most = limit is > 0 and var all ? (long)Math.Min(all, long.MaxValue) : null;
        return new LimitView
        {
            Resource = resource, Limit = most, PerJob = perJob is > 0 and var one ? (long)Math.Min(one, long.MaxValue) : null, Used = used, Free = most - used is { } free ? Math.Max(0, free) : null,
        };
    }

    private static LimitJobView Job(HeldByJob held) => new()
    {
        JobId = held.Job.Id, Name = held.Job.Spec.Name, State = JobStates.Name(held.Job), NodeList = Server.Agents.JobEnvironment.NodeList(held.Job.Shares),
        Cpus = held.Cpus, MemoryBytes = (ulong)held.MemoryMiB * MiB, Gpus = held.Gpus, MigInstances = held.MigInstances,
    };

    private static LimitWaitingView Waiting(Cluster cluster, Job job, Instant now)
    {
        var why = cluster.ReasonOf(job);
        var denial = DenialOf(cluster, job, now);
        return new LimitWaitingView
        {
            JobId = job.Id, Name = job.Spec.Name, Tasks = job.IsArray ? job.PendingTaskCount : 1, Reason = why.Reason.ToString(), Sentence = denial?.Sentence ?? why.Detail,
            Remedy = denial?.Remedy ?? "", Denial = denial is null ? null : View(denial),
        };
    }

    /// <summary>The tier's limit that a waiting job waits for now; null: it waits for something else.</summary>
    public static TierDenial? DenialOf(Cluster cluster, Job job, Instant now)
    {
        if (job.Reason is not (PendingReason.AssociationResourceLimit or PendingReason.AssociationJobLimit)) return null;
        foreach (var limit in cluster.LimitsInTheWay(job.Id, now))
            if (limit.Denial is { } denial) return denial;
        return null;
    }

    public static LimitDenialView View(TierDenial denial)
    {
        var unit = denial.Thing == "memory" ? (long)MiB : 1;
        return new LimitDenialView(denial.Thing, denial.Tier, denial.PerJob ? "job" : "user", denial.Limit * unit, denial.Held * unit, denial.HeldJobs, [.. denial.Jobs], denial.Request * unit);
    }
}
