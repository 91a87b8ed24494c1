using Stint.Core.Accounts;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Partitions;
using Stint.Core.Scheduling;

namespace Stint.Core;

// Where the rest of the core asks the policy: who goes first, and which limits stand in the way.
public sealed partial class Cluster
{
    private readonly AccountBook accounts = new();
    private readonly Dictionary<PolicyKey, PolicyClass> policyClasses = [];
    private Decay decay = Decay.None;
    // Plans of the present pass are counted on top of what runs; another pass's are forgotten.
    private int limitPass;

    /// <summary>Before the first question of a scheduling pass: what earlier passes planned is forgotten.</summary>
    private void BeginLimitPass(Instant now)
    {
        limitPass++;
        ExpireRuns(now);
        RefreshFairShare(now);
    }

    /// <summary>Which limit of partition, association, QOS or tier keeps one more start of this job away now; null: none.</summary>
    private Verdict? LimitObstacle(Job job, Partition partition, Instant now)
    {
        var standing = StandingOf(job, partition);
        if (standing.Checks.Length == 0) return null;
        var question = new LimitQuestion(limitPass, now, decay);
        foreach (var check in standing.Checks)
            if (check.Fails(question)) return new Verdict(job, check.Reason, check.Sentence(question), Wake: check.ClearsAt(question));
        return null;
    }

    /// <summary>A start is planned in this pass: limits count it from here on.</summary>
    /// <param name="times">-1: it is not to be after all.</param>
    private void NoteLimitUse(Standing standing, int times = 1)
    {
        foreach (var meter in standing.Holders.Meters) meter.Plan(limitPass, standing.Request, standing.RunMs, times);
        standing.Holders.TierUser?.Running.Plan(limitPass, standing.TierRequest, standing.RunMs, times);
    }

    /// <summary>
    /// What is in the way of a start once placement has chosen, beyond <see cref="LimitObstacle"/>: whole nodes, whole cores and all memory may be more
    /// than was asked for. Null: no limit minds.
    /// </summary>
    private Verdict? ObstacleOfShares(Job job, Standing actual, Instant now)
    {
        if (actual == StandingOf(job, actual.Partition)) return null;
        var checks = new List<LimitCheck>();
        if (EnforcesLimits)
            checks.AddRange(new LimitCompiler(accounts.Tres, actual.Holders, actual.Request, job.Spec.TimeLimitMs, actual.RunMs, Config.Enforce.Safe).Compile());
        AddTierChecks(checks, job.Spec, actual.Holders, actual);
        var question = new LimitQuestion(limitPass, now, decay);
        foreach (var check in checks)
            if (check.Fails(question)) return new Verdict(job, check.Reason, check.Sentence(question), Wake: check.ClearsAt(question));
        return null;
    }

    /// <summary>Where the job stands when it gets these shares: as asked, unless they are more.</summary>
    private Standing StandingWith(Job job, Partition partition, IReadOnlyList<NodeShare> shares)
    {
        var standing = StandingOf(job, partition);
        var given = JobTres.Allocated(job.Spec, shares, "", partition, accounts.Tres);
        return given.IsWithin(standing.Request) ? standing : new Standing(partition, standing.Holders, given, TierTres.Of(given, accounts.Tres), standing.RunMs);
    }

    // For tests and measurements: what a pass asks for each job.
    internal Verdict? AskLimits(Job job, Partition partition, Instant now) => LimitObstacle(job, partition, now);
    internal bool AskReserve(Job job, Partition partition, Instant now) => MayReserve(job, partition, now);
    internal double AskPriority(Job job, Partition partition, Instant now) => PriorityOf(job, partition, now);

    /// <summary>False: a job that waits keeps no resources free for itself (QOS flag NoReserve, MinPrioThreshold).</summary>
    private bool MayReserve(Job job, Partition partition, Instant now)
    {
        var holders = StandingOf(job, partition).Holders;
        if (holders.JobQos?.Has(QosFlags.NoReserve) == true) return false;
        var threshold = 0u;
        foreach (var qos in (ReadOnlySpan<Qos?>)[holders.Second, holders.First])
            if (qos?.Spec.Limits is { HasMinPriorityThreshold: true } limits) threshold = limits.MinPriorityThreshold;
        if (threshold == 0 && holders.Association is { } association)
            foreach (var node in association.Chain())
                if (node.Spec.Limits is { HasMinPriorityThreshold: true } own) { threshold = own.MinPriorityThreshold; break; }
        return threshold == 0 || PriorityOf(job, partition, now) >= threshold;
    }

    /// <summary>What limits and priority know of a job in that partition. Worked out once per class, partition and version.</summary>
    private Standing StandingOf(Job job, Partition partition)
    {
        var @class = job.Policy ??= ClassFor(job.Asked);
        var known = @class.Find(partition);
        if (known is not null && known.Version.Book == accounts.Version
            && (known.Version.Nodes == 0 || known.Version.Nodes == nodesVersion)) return known;
        if (known is not null) @class.Forget(known);
        var standing = NewStanding(@class, partition, intern: true);
        @class.Add(standing);
        return standing;
    }

    private PolicyClass ClassFor(SharedSpec asked)
    {
        // One without members may be another's by now, or nobody's.
        if (asked.Policy is { Members: > 0 } known) return known;
        var key = PolicyKey.Of(asked.Spec);
        if (!policyClasses.TryGetValue(key, out var @class)) policyClasses.Add(key, @class = new PolicyClass(key, asked.Spec));
        return asked.Policy = @class;
    }

    private Standing NewStanding(PolicyClass @class, Partition partition, bool intern)
    {
        var spec = @class.Spec;
        var holders = HoldersOf(spec, partition);
        var request = JobTres.Requested(spec, partition, accounts.Tres, intern);
        var runMs = RunMs(spec.TimeLimitMs);
        var dependsOnNodes = spec.Exclusive || spec is { MemoryPerNodeBytes: 0, MemoryPerCpuBytes: 0, MemoryPerGpuBytes: 0 };
        var standing = new Standing(partition, holders, request, !TierTres.IsUsed(Config) ? NoTres : TierTres.Of(request, accounts.Tres), runMs)
        {
            Version = (accounts.Version, dependsOnNodes ? nodesVersion : 0),
        };
        var checks = new List<LimitCheck>();
        AddPartitionChecks(checks, spec, partition, holders, request);
        AddAccessChecks(checks, spec, holders);
        if (EnforcesLimits)
            checks.AddRange(new LimitCompiler(accounts.Tres, holders, request, spec.TimeLimitMs, runMs, Config.Enforce.Safe).Compile());
        AddTierChecks(checks, spec, holders, standing);
        standing.Checks = [.. checks];
        return standing;
    }

    private Holders HoldersOf(JobSpec spec, Partition partition)
    {
        var own = accounts.FindQos(spec.Qos);
        var ofPartition = partition.Spec.Qos.Length > 0 ? accounts.FindQos(partition.Spec.Qos) : null;
        var (first, second) = ofPartition is null ? (own, null) : own is null || ReferenceEquals(own, ofPartition) ? (ofPartition, null)
            : own.Has(QosFlags.OverPartQos) ? (own, ofPartition) : (ofPartition, own);
        return new Holders(accounts.Of(spec.Account, spec.User, partition.Name), first, second, own,
            TierTres.IsUsed(Config) ? accounts.TierUserOf(spec.Uid) : null, spec.Account, spec.Uid);
    }

    /// <summary>For how long a start counts: without a time limit as a year.</summary>
    private static long RunMs(long timeLimitMs) => timeLimitMs > 0 ? timeLimitMs : 365L * 86_400_000;

    // Each option of AccountingStorageEnforce switches the weaker ones on, as slurm.conf's manual says.
    private bool EnforcesLimits => Config.Enforce is { } enforce && (enforce.Limits || enforce.Safe);
    private bool EnforcesAssociations => Config.Enforce is { } enforce && (enforce.Associations || enforce.Limits || enforce.Safe || enforce.Qos || enforce.Wckeys);
    private bool EnforcesQos => Config.Enforce is { Qos: true };
    /// <summary>Jobs get an account and a QOS although nobody asked for one.</summary>
    private bool UsesAccounts => accounts.IsUsed || EnforcesAssociations;
}
