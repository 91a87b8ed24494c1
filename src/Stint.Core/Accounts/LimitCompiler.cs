using Google.Protobuf.Collections;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Accounts;

/// <summary>
/// Works out which limits meet a class of jobs, in Slurm's order: counts of jobs and wall time first, then resources; the first QOS,
/// the second, the user's association, its accounts. A limit of a QOS takes the place of the same limit of the next in line, per
/// resource (the resource limits page of Slurm's manual, "Hierarchy").
/// </summary>
internal sealed class LimitCompiler(TresTable table, Holders holders, JobTres request, long timeLimitMs, long runMs, bool safe)
{
    private readonly List<LimitCheck> first = [];
    private readonly List<LimitCheck> then = [];
    // What a QOS has set already: the same limit of the next in line does not count.
    private readonly HashSet<(string Limit, int Id)> taken = [];

    public LimitCheck[] Compile()
    {
        foreach (var qos in (ReadOnlySpan<Qos?>)[holders.First, holders.Second])
            if (qos is not null) Add(qos);
        if (holders.Association is { } association)
        {
            foreach (var node in association.Chain())
            {
                AddGroup(node);
                if (ReferenceEquals(node, association)) AddMax(association);
            }
        }
        return [.. first, .. then];
    }

    private void Add(Qos qos)
    {
        var holder = qos.ToString();
        if (qos.Has(QosFlags.EnforceUsageThreshold) && qos.Spec.UsageThreshold > 0 && ReferenceEquals(qos, holders.JobQos)
            && holders.Association is { } association)
            first.Add(new ThresholdCheck(holder, association, qos.Spec.UsageThreshold));
        if (qos.Spec.Limits is not { } limits) return;
        var fades = !qos.Has(QosFlags.NoDecay);
        var before = taken.ToHashSet();
        bool Mine(string limit, int id)
        {
            if (before.Contains((limit, id))) return false;
            taken.Add((limit, id));
            return true;
        }
        if (limits.HasGrpJobs && Mine("GrpJobs", 0))
            first.Add(new JobCountCheck(PendingReason.QOSGrpJobsLimit, holder, "GrpJobs", qos.Meter, limits.GrpJobs));
        if (limits.HasGrpWallMs && Mine("GrpWall", 0))
            first.Add(new WallCheck(PendingReason.QOSGrpWallLimit, holder, "GrpWall", qos.Usage, qos.Meter, limits.GrpWallMs, timeLimitMs, safe, fades));
        if (limits.HasMaxJobsPerAccount && Mine("MaxJobsPerAccount", 0))
            first.Add(new JobCountCheck(PendingReason.MaxJobsPerAccount, $"{holder} per account", "MaxJobsPerAccount", qos.OfAccount(holders.Account), limits.MaxJobsPerAccount));
        if (limits.HasMaxJobsPerUser && Mine("MaxJobsPerUser", 0))
            first.Add(new JobCountCheck(PendingReason.QOSMaxJobsPerUserLimit, $"{holder} per user", "MaxJobsPerUser", qos.OfUser(holders.Uid), limits.MaxJobsPerUser));
        if (limits.HasMaxWallMs && Mine("MaxWall", 0)) AddWall(PendingReason.QOSMaxWallDurationPerJobLimit, holder, limits.MaxWallMs);

        foreach (var (id, limit) in Sorted(limits.GrpTresMins))
            if (Mine("GrpTRESMins", id)) AddUsage(LimitFamily.QosGrpMins, holder, qos.Usage, qos.Meter, id, limit, fades);
        foreach (var (id, limit) in Sorted(limits.GrpTres))
            if (Mine("GrpTRES", id)) AddTres(LimitFamily.QosGrp, holder, "GrpTRES", qos.Meter, id, limit);
        foreach (var (id, limit) in Sorted(limits.GrpTresRunMins))
            if (Mine("GrpTRESRunMins", id)) AddRun(LimitFamily.QosGrpRunMins, holder, "GrpTRESRunMins", qos.Meter, id, limit);
        AddPerJob(limits, holder, (LimitFamily.QosMinsPerJob, LimitFamily.QosPerJob, LimitFamily.QosPerNode), 1, Mine);
        foreach (var (id, limit) in Sorted(limits.MinTresPerJob))
            if (Mine("MinTRESPerJob", id) && request.Of(id) < limit)
                then.Add(new RequestCheck(LimitReasons.Of(LimitFamily.QosMin, table.KindOf(id)), holder, "MinTRESPerJob",
                    Amount.Of(table.NameOf(id), limit), Amount.Of(table.NameOf(id), request.Of(id)), AtLeast: true));
        foreach (var (id, limit) in Sorted(limits.MaxTresPerAccount))
            if (Mine("MaxTRESPerAccount", id)) AddTres(LimitFamily.QosPerAccount, $"{holder} per account", "MaxTRESPerAccount", qos.OfAccount(holders.Account), id, limit);
        foreach (var (id, limit) in Sorted(limits.MaxTresPerUser))
            if (Mine("MaxTRESPerUser", id)) AddTres(LimitFamily.QosPerUser, $"{holder} per user", "MaxTRESPerUser", qos.OfUser(holders.Uid), id, limit);
        foreach (var (id, limit) in Sorted(limits.MaxTresRunMinsPerAccount))
            if (Mine("MaxTRESRunMinsPerAccount", id)) AddRun(LimitFamily.QosRunMinsPerAccount, $"{holder} per account", "MaxTRESRunMinsPerAccount", qos.OfAccount(holders.Account), id, limit);
        foreach (var (id, limit) in Sorted(limits.MaxTresRunMinsPerUser))
            if (Mine("MaxTRESRunMinsPerUser", id)) AddRun(LimitFamily.QosRunMinsPerUser, $"{holder} per user", "MaxTRESRunMinsPerUser", qos.OfUser(holders.Uid), id, limit);
    }

    /// <summary>Limits that an association inherits: its own, or else the nearest account's.</summary>
    private void AddMax(Association association)
    {
        var factor = holders.JobQos?.LimitFactor ?? 1;
        var limits = Inherited(association);
        var holder = association.ToString();
        if (limits.HasMaxJobs && !taken.Contains(("MaxJobsPerAccount", 0)) && !taken.Contains(("MaxJobsPerUser", 0)))
            first.Add(new JobCountCheck(PendingReason.AssocMaxJobsLimit, holder, "MaxJobs", association.Meter, limits.MaxJobs));
        if (limits.HasMaxWallMs && !taken.Contains(("MaxWall", 0)))
            AddWall(PendingReason.AssocMaxWallDurationPerJobLimit, holder, limits.MaxWallMs);
        AddPerJob(limits, holder, (LimitFamily.AssocMinsPerJob, LimitFamily.AssocPerJob, LimitFamily.AssocPerNode), factor,
            (limit, id) => !taken.Contains((limit, id)));
    }

    private void AddGroup(Association node)
    {
        if (node.Spec.Limits is not { } limits) return;
        var factor = holders.JobQos?.LimitFactor ?? 1;
        var holder = node.ToString();
        if (limits.HasGrpJobs && !taken.Contains(("GrpJobs", 0)))
            first.Add(new JobCountCheck(PendingReason.AssocGrpJobsLimit, holder, "GrpJobs", node.Meter, limits.GrpJobs));
        if (limits.HasGrpWallMs && !taken.Contains(("GrpWall", 0)))
            first.Add(new WallCheck(PendingReason.AssocGrpWallLimit, holder, "GrpWall", node.Usage, node.Meter, limits.GrpWallMs, timeLimitMs, safe, Fades: true));
        foreach (var (id, limit) in Sorted(limits.GrpTresMins, factor))
            if (!taken.Contains(("GrpTRESMins", id))) AddUsage(LimitFamily.AssocGrpMins, holder, node.Usage, node.Meter, id, limit, fades: true);
        foreach (var (id, limit) in Sorted(limits.GrpTres, factor))
            if (!taken.Contains(("GrpTRES", id))) AddTres(LimitFamily.AssocGrp, holder, "GrpTRES", node.Meter, id, limit);
        foreach (var (id, limit) in Sorted(limits.GrpTresRunMins, factor))
            if (!taken.Contains(("GrpTRESRunMins", id))) AddRun(LimitFamily.AssocGrpRunMins, holder, "GrpTRESRunMins", node.Meter, id, limit);
    }

    private void AddWall(PendingReason reason, string holder, long limitMs)
    {
        if (timeLimitMs <= 0 || timeLimitMs > limitMs)
            first.Add(new RequestCheck(reason, holder, "MaxWall", Amount.Time(limitMs), Amount.Time(timeLimitMs)));
    }

    private void AddPerJob(UsageLimits limits, string holder, (LimitFamily Mins, LimitFamily Job, LimitFamily Node) family, double factor,
        Func<string, int, bool> counts)
    {
        foreach (var (id, limit) in Sorted(limits.MaxTresMinsPerJob, factor))
            if (counts("MaxTRESMinsPerJob", id) && (Int128)request.Of(id) * runMs > (Int128)limit * 60_000)
                then.Add(new RequestCheck(LimitReasons.Of(family.Mins, table.KindOf(id)), holder, "MaxTRESMinsPerJob",
                    Amount.Minutes(table.NameOf(id), limit), Amount.Minutes(table.NameOf(id), (long)((Int128)request.Of(id) * runMs / 60_000))));
        foreach (var (id, limit) in Sorted(limits.MaxTresPerJob, factor))
            if (counts("MaxTRESPerJob", id) && request.Of(id) > limit)
                then.Add(new RequestCheck(LimitReasons.Of(family.Job, table.KindOf(id)), holder, "MaxTRESPerJob",
                    Amount.Of(table.NameOf(id), limit) + " per job", Amount.Of(table.NameOf(id), request.Of(id))));
        foreach (var (id, limit) in Sorted(limits.MaxTresPerNode, factor))
            if (counts("MaxTRESPerNode", id) && request.Of(id) / Math.Max(1, request.Nodes) > limit)
                then.Add(new RequestCheck(LimitReasons.Of(family.Node, table.KindOf(id)), holder, "MaxTRESPerNode",
                    Amount.Of(table.NameOf(id), limit) + " per node", Amount.Of(table.NameOf(id), request.Of(id) / Math.Max(1, request.Nodes))));
    }

    private void AddTres(LimitFamily family, string holder, string name, Meter meter, int id, long limit)
    {
        if (request.Of(id) is > 0 and var asked)
            then.Add(new TresCheck(LimitReasons.Of(family, table.KindOf(id)), holder, name, meter, id, table.NameOf(id), limit, asked));
    }

    private void AddRun(LimitFamily family, string holder, string name, Meter meter, int id, long limit)
    {
        if (request.Of(id) is > 0 and var asked)
            then.Add(new RunMinutesCheck(LimitReasons.Of(family, table.KindOf(id)), holder, name, meter, id, table.NameOf(id), limit, (Int128)asked * runMs));
    }

    private void AddUsage(LimitFamily family, string holder, DecayedUsage usage, Meter meter, int id, long limit, bool fades)
    {
        if (request.Of(id) == 0) return;
        var factor = holders.JobQos is { } qos && safe && qos.Has(QosFlags.UsageFactorSafe) ? qos.UsageFactorMicro : 1_000_000;
        then.Add(new UsageMinutesCheck(LimitReasons.Of(family, table.KindOf(id)), holder, "GrpTRESMins", usage, meter, id, table.NameOf(id), limit,
            (Int128)request.Of(id) * runMs * factor / 1_000_000, safe, fades));
    }

    private IEnumerable<(int Id, long Limit)> Sorted(RepeatedField<TresValue> values, double factor = 1)
    {
        if (values.Count == 0) return [];
        var list = new List<(int Id, long Limit)>(values.Count);
        foreach (var value in values) list.Add((table.Intern(value.Tres), (long)Math.Min(value.Value * factor, 1e17)));
        list.Sort((a, b) => table.Compare(a.Id, b.Id));
        return list;
    }

    private static UsageLimits Inherited(Association association)
    {
        var limits = new UsageLimits();
        foreach (var node in association.Chain())
        {
            if (node.Spec.Limits is not { } own) continue;
            if (!limits.HasMaxJobs && own.HasMaxJobs) limits.MaxJobs = own.MaxJobs;
            if (!limits.HasMaxWallMs && own.HasMaxWallMs) limits.MaxWallMs = own.MaxWallMs;
            if (!limits.HasMaxSubmitJobs && own.HasMaxSubmitJobs) limits.MaxSubmitJobs = own.MaxSubmitJobs;
            if (!limits.HasMinPriorityThreshold && own.HasMinPriorityThreshold) limits.MinPriorityThreshold = own.MinPriorityThreshold;
            Inherit(limits.MaxTresPerJob, own.MaxTresPerJob);
            Inherit(limits.MaxTresPerNode, own.MaxTresPerNode);
            Inherit(limits.MaxTresMinsPerJob, own.MaxTresMinsPerJob);
        }
        return limits;
    }

    private static void Inherit(RepeatedField<TresValue> limits, RepeatedField<TresValue> own)
    {
        foreach (var value in own)
            if (!limits.Any(known => known.Tres == value.Tres)) limits.Add(value);
    }

    /// <summary>How long one job may run: the first QOS that says so, or else the association; none: any time.</summary>
    public static IEnumerable<long> WallLimits(Holders holders)
    {
        foreach (var qos in new[] { holders.First, holders.Second })
            if (qos?.Spec.Limits is { HasMaxWallMs: true } limits) return [limits.MaxWallMs];
        return holders.Association is { } association && Inherited(association) is { HasMaxWallMs: true } own ? [own.MaxWallMs] : [];
    }

    /// <summary>How many jobs may be submitted: counted whatever flags say (GrpSubmitJobs, MaxSubmitJobs and their kin).</summary>
    public static IEnumerable<(PendingReason Reason, string Holder, string Name, Meter Meter, uint Limit)> SubmitLimits(Holders holders)
    {
        var (group, max) = (false, false);
        foreach (var qos in new[] { holders.First, holders.Second })
        {
            if (qos?.Spec.Limits is not { } limits) continue;
            if (limits.HasGrpSubmitJobs && !group)
                yield return (PendingReason.QOSGrpSubmitJobsLimit, qos.ToString(), "GrpSubmitJobs", qos.Meter, limits.GrpSubmitJobs);
            if (limits.HasMaxSubmitPerAccount)
                yield return (PendingReason.MaxSubmitJobsPerAccount, $"{qos} per account", "MaxSubmitJobsPerAccount", qos.OfAccount(holders.Account), limits.MaxSubmitPerAccount);
            if (limits.HasMaxSubmitPerUser)
                yield return (PendingReason.QOSMaxSubmitJobPerUserLimit, $"{qos} per user", "MaxSubmitJobsPerUser", qos.OfUser(holders.Uid), limits.MaxSubmitPerUser);
            group |= limits.HasGrpSubmitJobs;
            max |= limits.HasMaxSubmitPerAccount || limits.HasMaxSubmitPerUser;
        }
        if (holders.Association is not { } association) yield break;
        var inherited = Inherited(association);
        if (!max && inherited.HasMaxSubmitJobs)
            yield return (PendingReason.AssocMaxSubmitJobLimit, association.ToString(), "MaxSubmitJobs", association.Meter, inherited.MaxSubmitJobs);
        if (group) yield break;
        foreach (var node in association.Chain())
            if (node.Spec.Limits is { HasGrpSubmitJobs: true } limits)
                yield return (PendingReason.AssocGrpSubmitJobsLimit, node.ToString(), "GrpSubmitJobs", node.Meter, limits.GrpSubmitJobs);
    }
}
