using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Scheduling.Priorities;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Server.Features.Jobs;

/// <summary>Why a job waits, with the numbers, what would make it start, and where its priority comes from.</summary>
internal static class PendingViews
{
    public static PendingView? Of(Cluster cluster, Job job, Instant now)
    {
        if (job.State != JobState.Pending) return null;
        var (startMs, nodes) = Plans.Of(cluster, job);
        var why = cluster.ReasonOf(job);
        var priority = Multifactor(cluster) ? cluster.PriorityBreakdownOf(job.Id, "", now) : null;
        return new PendingView
        {
            Reason = why.Reason.ToString(), Sentence = why.Detail, Behind = why.Behind, Remedies = [.. Remedies(cluster, job, now)], PlannedStartMs = startMs,
            PlannedNodes = Hostlist.Fold(nodes), JobsAhead = Ahead(cluster, job, now), Priority = priority?.Total ?? 0, Factors = Factors(priority),
        };
    }

    public static bool Multifactor(Cluster cluster) => cluster.Config.Priority is { Multifactor: true };

    private static PriorityFactorView[] Factors(PriorityBreakdown? all)
    {
        if (all is null) return [];
        var factors = new List<PriorityFactorView>();
        void Add(string name, PriorityPart part)
        {
            if (part.Weight != 0) factors.Add(new PriorityFactorView(name, part.Factor, part.Weight, part.Weighted));
        }
        Add("age", all.Age);
        Add("fair share", all.FairShare);
        Add("job size", all.JobSize);
        Add("partition", all.PartitionFactor);
        Add("QOS", all.Qos);
        Add("association", all.Association);
        foreach (var (name, part) in all.Tres) Add(name, part);
        if (all.Site != 0) factors.Add(new PriorityFactorView("site", all.Site, 1, all.Site));
        if (all.Nice != 0) factors.Add(new PriorityFactorView("nice", all.Nice, -1, -all.Nice));
        return [.. factors];
    }

    private static int Ahead(Cluster cluster, Job job, Instant now)
    {
        var multifactor = Multifactor(cluster);
        var mine = multifactor ? cluster.PriorityBreakdownOf(job.Id, "", now)?.Total ?? 0 : 0;
        var ahead = 0;
        foreach (var other in cluster.Jobs.Values)
        {
            if (other.State != JobState.Pending || other.Id == job.Id || other.Held || other.Spec.Partition != job.Spec.Partition) continue;
            var theirs = multifactor ? cluster.PriorityBreakdownOf(other.Id, "", now)?.Total ?? 0 : 0;
            if (theirs > mine || theirs == mine && other.Order < job.Order) ahead++;
        }
        return ahead;
    }

    /// <summary>What would make it start, by reason; the sentences name what to change.</summary>
    private static IEnumerable<string> Remedies(Cluster cluster, Job job, Instant now)
    {
        var name = job.Reason.ToString();
        if (Tiers.LimitViews.DenialOf(cluster, job, now) is { } denial)
        {
            yield return denial.Remedy;
            yield break;
        }
        if (name.StartsWith("QOSMax", StringComparison.Ordinal) || name.StartsWith("QOSGrp", StringComparison.Ordinal) || name.StartsWith("QOSMin", StringComparison.Ordinal))
        {
            yield return $"when jobs under QOS {Or(job.Spec.Qos, "normal")} have ended and the limit allows it, or with another QOS (-q)";
            yield break;
        }
        if (name.StartsWith("Assoc", StringComparison.Ordinal) || name.StartsWith("Max", StringComparison.Ordinal))
        {
            yield return $"when jobs of account {Or(job.Spec.Account, "(none)")} have ended and the limit allows it, or under another account (-A)";
            yield break;
        }
        switch (job.Reason)
        {
            case PendingReason.Licenses: yield return $"when {job.Spec.Licenses} are given back: scontrol show licenses"; break;
            case PendingReason.ReqNodeNotAvail or PendingReason.NodeDown: yield return "when the nodes are back (sinfo -R says why they are not), or without -w"; break;
            case PendingReason.Reservation: yield return $"when reservation {job.Spec.Reservation} begins: scontrol show reservation"; break;
            case PendingReason.ReservationDeleted or PendingReason.ReservationInvalid: yield return "without its reservation: scontrol update JobId=... ReservationName="; break;
            case PendingReason.BadConstraints or PendingReason.Constraints: yield return $"with features that nodes have: sinfo -o '%N %f'"; break;
            case PendingReason.PartitionNodeLimit or PendingReason.PartitionTimeLimit or PendingReason.PartitionConfig:
                yield return $"with a smaller request, or in a partition that allows it: scontrol show partition {job.Spec.Partition}";
                break;
            case PendingReason.DeadLine: yield return "never: it cannot end before its deadline any more"; break;
            case PendingReason.Priority or PendingReason.Resources when cluster.Config.Preempt is { By: not Core.Journal.PreemptBy.PreemptNone }: yield return "sooner, if it may preempt others: a partition of a higher tier, or a QOS that may"; break;
            default: break;
        }
        if (job.Spec.TimeLimitMs > 0 && job.Reason is PendingReason.Resources or PendingReason.Priority && cluster.Reservations.Count > 0)
            yield return "sooner, perhaps, with a shorter time limit (-t): it could end before a reservation begins";
    }

    private static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;
}
