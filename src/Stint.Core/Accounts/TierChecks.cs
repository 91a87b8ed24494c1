using Stint.Core.Accounts;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

// Tiers: the second layer over accounts and QOS, per job and per user over all jobs.
public sealed partial class Cluster
{
    private void AddTierChecks(List<LimitCheck> checks, JobSpec spec, Holders holders, Standing standing)
    {
        if (holders.TierUser is { } user && TierTres.At(Config, spec) is { } tier)
            checks.AddRange(TierLimits(tier, user, standing.TierRequest, 1, countsAsked: false));
    }

    /// <param name="tasks">Jobs that come at once.</param>
    /// <param name="countsAsked">What waits counts as well.</param>
    private static IEnumerable<TierCheck> TierLimits(TierSpec tier, TierUser user, JobTres request, int tasks, bool countsAsked)
    {
        const ulong MiB = 1 << 20;
        var limits = new (int What, ulong PerJob, ulong PerUser)[]
        {
            (TierTres.Cpu, tier.JobCpus, TierTres.Aggregate(tier.UserCpus, tier.JobCpus, tier.MaxJobs)),
            (TierTres.Memory, tier.JobMemoryBytes / MiB, TierTres.Aggregate(tier.UserMemoryBytes, tier.JobMemoryBytes, tier.MaxJobs) / MiB),
            (TierTres.Gpu, tier.JobGpus, TierTres.Aggregate(tier.UserGpus, tier.JobGpus, tier.MaxJobs)),
            (TierTres.Mig, tier.JobMigInstances, TierTres.Aggregate(tier.UserMigInstances, tier.JobMigInstances, tier.MaxJobs)),
            (TierTres.Equivalent, tier.JobGpuShares, TierTres.Aggregate(tier.UserGpuShares, tier.JobGpuShares, tier.MaxJobs)),
        };
        foreach (var (what, perJob, _) in limits)
            if (perJob > 0 && (ulong)request.Of(what) > perJob)
                yield return new TierCheck(PendingReason.AssociationResourceLimit, tier, user, what, perJob, request.Of(what), true, countsAsked);
        if (tier.MaxJobs > 0)
            yield return new TierCheck(PendingReason.AssociationJobLimit, tier, user, TierCheck.Jobs, tier.MaxJobs, tasks, false, countsAsked);
        foreach (var (what, _, perUser) in limits)
            if (perUser > 0 && request.Of(what) > 0)
                yield return new TierCheck(PendingReason.AssociationResourceLimit, tier, user, what, perUser, request.Of(what) * tasks, false, countsAsked);
    }

    /// <summary>What a tier that refuses does not take: running and waiting jobs count, this one with all its tasks.</summary>
    private Refusal? CheckTier(JobSpec spec, Standing standing, int tasks, Instant now)
    {
        if (standing.Holders.TierUser is not { } user || TierTres.At(Config, spec) is not { Refuse: true } tier) return null;
        var question = new LimitQuestion(0, now, decay);
        foreach (var check in TierLimits(tier, user, standing.TierRequest, tasks, countsAsked: true))
            if (check.Fails(question))
            {
                var denial = check.Denial(question, check.PerJob ? [] : WaitingOf(spec.Uid));
                return new Refusal(RefusalCodes.TierLimit, denial.Sentence, denial.Remedy) { Denial = denial };
            }
        return null;
    }

    /// <summary>The first few, for a sentence: of a very long queue only its beginning is looked through.</summary>
    private List<uint> WaitingOf(uint uid)
    {
        const int NamedMax = 9, LookedAtMax = 100_000;
        var found = new List<uint>();
        var looked = 0;
        foreach (var job in jobs.Values)
        {
            if (found.Count == NamedMax || ++looked > LookedAtMax) break;
            if (job.Spec.Uid == uid && job.State == JobState.Pending) found.Add(job.Id);
        }
        found.Sort();
        return found;
    }
}
