using Stint.Core.Journal;

namespace Stint.Core.Accounts;

/// <summary>What tiers count: a small table of its own. A MIG slice is no whole GPU and is counted apart; both are parts of <see cref="Equivalent"/>, in 2,800ths of a GPU.</summary>
internal static class TierTres
{
    public const int Cpu = 0, Memory = 1, Gpu = 2, Mig = 3, Equivalent = 4;

    public static JobTres Of(JobTres tres, TresTable table)
    {
        long gpus = 0, typed = 0, slices = 0, shares = 0;
        foreach (var (id, count) in tres.Counts)
        {
            var name = table.NameOf(id);
            if (name == "gres/gpu") gpus += count;
            else if (name == "gres/mig") (slices, shares) = (slices + count, shares + count * GpuShare.Smallest);
            else if (name.StartsWith("gres/gpu:", StringComparison.Ordinal) && GpuShare.Of(name) is > 0 and var share) (typed, shares) = (typed + count, shares + count * share);
        }
        return JobTres.Counted((Cpu, tres.Of(TresTable.Cpu)), (Memory, tres.Of(TresTable.Memory)), (Gpu, gpus - typed), (Mig, slices + typed),
            (Equivalent, (gpus - typed) * GpuShare.Whole + shares));
    }

    public static bool IsUsed(ClusterConfigured config) => config.Tiers.Count + config.UserTiers.Count > 0;

    /// <summary>The tier that holds now for a job's user, whatever it was at submission: what is written for the user alone, then by name before by group;
    /// of several groups the first tier in the configuration's order; or else the default one.</summary>
    public static TierSpec? At(ClusterConfigured config, JobSpec job)
    {
        foreach (var spec in config.UserTiers)
            if (spec.Users.Contains(job.User)) return spec;
        TierSpec? standard = null, byGroup = null;
        foreach (var spec in config.Tiers)
        {
            if (spec.Users.Contains(job.User)) return spec;
            if (spec.Name == config.DefaultTier) standard = spec;
            if (byGroup is not null || spec.Groups.Count == 0) continue;
            foreach (var group in job.Groups)
                if (spec.Groups.Contains(group)) byGroup ??= spec;
        }
        return byGroup ?? standard;
    }

    /// <summary>With the aggregates filled in that the tier leaves to be worked out.</summary>
    public static TierSpec Filled(TierSpec tier)
    {
        var limits = tier.Clone();
        limits.UserCpus = Aggregate(tier.UserCpus, tier.JobCpus, tier.MaxJobs);
        limits.UserMemoryBytes = Aggregate(tier.UserMemoryBytes, tier.JobMemoryBytes, tier.MaxJobs);
        limits.UserGpus = Aggregate(tier.UserGpus, tier.JobGpus, tier.MaxJobs);
        limits.UserMigInstances = Aggregate(tier.UserMigInstances, tier.JobMigInstances, tier.MaxJobs);
        limits.UserGpuShares = Aggregate(tier.UserGpuShares, tier.JobGpuShares, tier.MaxJobs);
        return limits;
    }

    /// <summary>The aggregate of a user: as written, or else what one job may have times the jobs.</summary>
    public static ulong Aggregate(ulong written, ulong perJob, ulong jobs)
    {
        if (written > 0 || perJob == 0 || jobs == 0) return written;
        return jobs > ulong.MaxValue / perJob ? ulong.MaxValue : perJob * jobs;
    }
}
