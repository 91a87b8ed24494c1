using Stint.Core.Accounts;
using Stint.Core.Arrays;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Partitions;

namespace Stint.Core;

// What the policy fills in and refuses at submission. As in Slurm, a job over a limit is taken and waits, unless the limit is on how
// many jobs are submitted, a QOS says DenyOnLimit, or a tier says refuse.
public sealed partial class Cluster
{
    private const string Violates = "job violates accounting/QOS policy (job submit limit, user's size and/or time limits): ";

    /// <summary>Defaults of the policy (account, QOS, tier), then what it refuses at submission.</summary>
    private Refusal? CheckPolicy(JobSpec spec, Instant now)
    {
        var candidates = PartitionNames(spec.Partition).Select(name => FindPartition(name)!).ToArray();
        FillAccount(spec, candidates[0]);
        if (CheckAccount(spec, candidates) is { } noAccount) return noAccount;
        if (CheckQos(spec, candidates[0]) is { } noQos) return noQos;
        if (spec.Tier.Length == 0) spec.Tier = TierTres.At(Config, spec)?.Name ?? "";

        // With several partitions it is enough that one of them takes the job.
        Refusal? first = null;
        var tasks = spec.Array.Count == 0 ? 1 : new TaskSet(spec.Array).Count;
        foreach (var partition in candidates)
        {
            var refusal = CheckAccess(spec, partition);
            if (refusal is null)
            {
                var standing = NewStanding(new PolicyClass(PolicyKey.Of(spec), spec), partition, intern: false);
                refusal = CheckLimits(standing, tasks, now) ?? CheckTier(spec, standing, tasks, now);
            }
            if (refusal is null) return null;
            first ??= refusal;
        }
        return first;
    }

    private void FillAccount(JobSpec spec, Partition partition)
    {
        if (!UsesAccounts) return;
        if (spec.Account.Length == 0) spec.Account = accounts.DefaultAccount(spec.User) ?? "";
        if (spec.Qos.Length == 0) spec.Qos = AccountBook.DefaultQos(accounts.Of(spec.Account, spec.User, partition.Name));
    }

    private Refusal? CheckAccount(JobSpec spec, Partition[] candidates)
    {
        if (!EnforcesAssociations) return null;
        if (spec.Account.Length == 0)
            return No(RefusalCodes.InvalidAccount, $"invalid account or account/partition combination specified: user {Short(spec.User)} has no account",
                "Ask an administrator for one (sacctmgr add user)");
        foreach (var partition in candidates)
            if (accounts.Of(spec.Account, spec.User, partition.Name) is not null) return null;
        return No(RefusalCodes.InvalidAccount,
            accounts.Account(spec.Account) is null
                ? $"invalid account or account/partition combination specified: there is no account {Short(spec.Account)}"
                : $"invalid account or account/partition combination specified: user {Short(spec.User)} has no association with account {Short(spec.Account)} for partition {candidates[0].Name}",
            "sacctmgr show assoc lists the accounts of a user");
    }

    private Refusal? CheckQos(JobSpec spec, Partition partition)
    {
        if (!UsesAccounts || spec.Qos.Length == 0) return null;
        if (accounts.FindQos(spec.Qos) is not { } qos)
            return No(RefusalCodes.InvalidQos, $"invalid qos specification: there is no QOS {Short(spec.Qos)}", "sacctmgr show qos lists them");
        if (EnforcesQos && accounts.Of(spec.Account, spec.User, partition.Name) is { } association
            && AccountBook.AllowedQos(association) is var allowed && !allowed.Contains(qos.Name))
            return No(RefusalCodes.InvalidQos, $"invalid qos specification: {association} may use {string.Join(", ", allowed)}, not {qos.Name}",
                "Ask for one of those with --qos");
        return qos.Has(QosFlags.RequiresReservation) && spec.Reservation.Length == 0
            ? No(RefusalCodes.InvalidQos, $"invalid qos specification: QOS {qos.Name} is for jobs in a reservation", "Name one with --reservation")
            : null;
    }

    private Refusal? CheckLimits(Standing standing, int tasks, Instant now)
    {
        if (!EnforcesLimits) return null;
        var holders = standing.Holders;
        foreach (var (reason, holder, name, meter, limit) in LimitCompiler.SubmitLimits(holders))
            if ((long)meter.Submitted + tasks > limit)
                return No(RefusalCodes.AccountingPolicy,
                    $"{Violates}{holder} allows {limit} submitted {(limit == 1 ? "job" : "jobs")} ({name}, {reason}); {meter.Submitted} are submitted, this asks for {tasks} more",
                    "Submit again when some of them have ended");
        if (holders.First?.Has(QosFlags.DenyOnLimit) != true && holders.Second?.Has(QosFlags.DenyOnLimit) != true) return null;
        var question = new LimitQuestion(0, now, decay);
        foreach (var check in standing.Checks)
            if (check is not (TierCheck or RuleCheck) && check.FailsAlone)
                return No(RefusalCodes.AccountingPolicy, $"{Violates}{check.Sentence(question)} ({check.Reason})", "Ask for less, or use another QOS");
        return null;
    }
}
