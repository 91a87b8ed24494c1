using Stint.Core.Accounts;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

// Jobs end when the budget they run on is spent (GrpTRESMins, GrpWall), unless AccountingStorageEnforce=safe: then no job starts that the
// budget does not cover to its time limit (slurm.conf(5), AccountingStorageEnforce; slurmctld's acct_policy_job_time_out).
public sealed partial class Cluster
{
    private void SpentBudgets(Batch batch)
    {
        if (!EnforcesLimits || Config.Enforce.Safe || activeJobs.Count == 0) return;
        var question = new LimitQuestion(limitPass, batch.Now, decay);
        if (!AnySpent(question)) return;
        foreach (var id in activeJobs)
        {
            var job = jobs[id];
            if (job.State != JobState.Running || PartitionOfRun(job) is not { } partition || IsEndingIn(batch, id)) continue;
            foreach (var check in StandingOf(job, partition).Checks)
                if (check is IBudget budget && budget.IsSpent(question))
                {
                    End(batch, job, new Ending(EndKind.EndTimeout, Cause: budget.Spent));
                    break;
                }
        }
    }

    /// <summary>A look at those who have such a limit, few, before one at every running job.</summary>
    private bool AnySpent(in LimitQuestion question)
    {
        // A QOS may scale what its jobs' associations allow.
        var factor = 1.0;
        foreach (var qos in accounts.Qos.Values)
        {
            factor = Math.Min(factor, qos.LimitFactor);
            if (qos.Spec.Limits is { } limits && IsSpent(limits, qos.Usage, question.Now, qos.Has(QosFlags.NoDecay) ? Decay.None : decay, 1)) return true;
        }
        foreach (var association in accounts.Associations.Values)
            if (association.Spec.Limits is { } limits && IsSpent(limits, association.Usage, question.Now, decay, factor)) return true;
        return false;
    }

    private bool IsSpent(UsageLimits limits, DecayedUsage usage, Instant now, Decay fading, double factor)
    {
        if (limits.HasGrpWallMs && Math.Floor(usage.WallSeconds(now, fading) / 60) >= limits.GrpWallMs / 60_000) return true;
        foreach (var limit in limits.GrpTresMins)
            if (accounts.Tres.Find(limit.Tres) is { } id && usage.TresSeconds(id, now, fading) / 60 >= limit.Value * factor) return true;
        return false;
    }
}
