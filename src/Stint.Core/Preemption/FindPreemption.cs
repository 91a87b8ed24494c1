using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Partitions;
using Stint.Core.Reservations;
using Stint.Core.Resources;
using Stint.Core.Scheduling;

namespace Stint.Core;

// The fewest and cheapest jobs whose end lets another start. Cost is what would be lost: CPU time so far, or nothing when a job is only
// suspended. The set is irreducible: without any one of them the job would not fit.
public sealed partial class Cluster
{
    /// <summary>Nodes that are looked at one by one for a set of victims on a single node.</summary>
    private const int SingleNodeTriesMax = 256;

    private readonly record struct VictimSet(uint Tier, int Count, double Cost, List<Job> Jobs)
    {
        public bool IsBetterThan(VictimSet? other) => other is not { } o || Tier < o.Tier
            || Tier == o.Tier && (Count < o.Count || Count == o.Count && Cost < o.Cost);
    }

    /// <summary>Victims whose end lets the job start; null: none would do, or enough is on its way out already.</summary>
    /// <param name="freeOn">What is free on a node in this pass; null: the node can not be used.</param>
    private Preemption? FindPreemption(Job job, Partition partition, Func<Node, NodeBalance?> freeOn, Instant now)
    {
        if (Config.Preempt is null or { By: PreemptBy.PreemptNone }) return null;
        var search = new VictimSearch(this, job, partition, freeOn, now);
        var candidates = new List<Job>();
        foreach (var id in activeJobs)
            if (MayPreempt(job, partition, jobs[id], now)) candidates.Add(jobs[id]);
        if (candidates.Count == 0)
        {
            WakeAtExemptionEnd(job, partition, now);
            return null;
        }
        if (search.Fits([])) return null;
        candidates.Sort((a, b) => CompareVictims(a, b, now));
        if (search.Smallest(candidates) is not { } first)
        {
            WakeAtExemptionEnd(job, partition, now);
            return null;
        }
        var best = SetOf(first, now);
        if (job.Request.NodesMin <= 1 && best.Count > 1)
            foreach (var node in partition.Nodes.Where(node => candidates.Exists(victim => node.Jobs.Contains(victim.Id))).Take(SingleNodeTriesMax))
                if (search.Smallest(candidates.FindAll(victim => node.Jobs.Contains(victim.Id))) is { } onNode && SetOf(onNode, now) is var set
                    && set.IsBetterThan(best)) best = set;
        return new Preemption(job, [.. best.Jobs.Select(victim => new Victim(victim, ModeOf(victim), GraceOf(victim)))]);
    }

    private VictimSet SetOf(List<Job> victims, Instant now) =>
        new(victims.Max(victim => TierOf(PartitionOfRun(victim))), victims.Count, victims.Sum(victim => CostOf(victim, now)), victims);

    /// <summary>Lost CPU milliseconds; with youngest_first the run time alone counts.</summary>
    private double CostOf(Job victim, Instant now)
    {
        if (Config.Preempt.YoungestFirst) return RunTime(victim, now);
        return ModeOf(victim) == PreemptMode.PreemptSuspend ? 0 : (double)RunTime(victim, now) * CpusOf(victim);
    }

    private int CompareVictims(Job a, Job b, Instant now)
    {
        var byTier = TierOf(PartitionOfRun(a)).CompareTo(TierOf(PartitionOfRun(b)));
        if (byTier != 0) return byTier;
        var byCost = CostOf(a, now).CompareTo(CostOf(b, now));
        return byCost != 0 ? byCost : b.Id.CompareTo(a.Id);
    }

    /// <summary>One question at a time: would the job fit if these were gone?</summary>
    private sealed class VictimSearch(Cluster cluster, Job job, Partition partition, Func<Node, NodeBalance?> freeOn, Instant now)
    {
        private readonly long forMs = RunTimeMs(job.Spec);

        public bool Fits(IReadOnlyCollection<Job> victims) => NodesWith(victims) is not null;

        private HashSet<string>? NodesWith(IReadOnlyCollection<Job> victims)
        {
            var gone = new HashSet<uint>(victims.Select(static victim => victim.Id));
            var shares = Placement.Find(job.Request, partition.Nodes, node => BalanceWithout(node, gone));
            return shares is null ? null : new HashSet<string>(shares.Select(static share => share.Node), StringComparer.Ordinal);
        }

        /// <summary>What is free when the victims, and all that end already, have left the node.</summary>
        private NodeBalance? BalanceWithout(Node node, HashSet<uint> gone)
        {
            if (freeOn(node) is not { } free) return null;
            var left = node.Jobs.Count;
            foreach (var id in node.Jobs)
            {
                var other = cluster.jobs[id];
                if (!gone.Contains(id) && other.State != JobState.Completing || other.YieldsCpus && other.State != JobState.Completing) continue;
                var suspends = gone.Contains(id) && cluster.ModeOf(other) == PreemptMode.PreemptSuspend && other.State == JobState.Running;
                if (!suspends) left--;
                if (ShareOn(other, node.Name) is { } share) free = Balances.Plus(node, free, HeldShare(other, share), suspends);
            }
            if (left == 0 && free.Cpus == node.AllCpus)
                free = free with { IsIdle = true, Users = free.Users with { Uid = 0, Several = false, Alone = false } };
            return cluster.ReservedFor(job, node, free, now, forMs);
        }

        /// <summary>An irreducible set of victims, cheap ones first; null: all of them together are not enough.</summary>
        /// <param name="candidates">Cheapest first.</param>
        public List<Job>? Smallest(List<Job> candidates)
        {
            if (!Fits(candidates)) return null;
            var (low, high) = (1, candidates.Count);      // the shortest beginning of the list that is enough
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (Fits(candidates[..middle])) high = middle;
                else low = middle + 1;
            }
            var chosen = candidates[..low];
            if (NodesWith(chosen) is { } used)
            {
                var there = chosen.FindAll(victim => victim.Shares.Any(share => used.Contains(share.Node)));
                if (Fits(there)) chosen = there;
            }
            for (var i = chosen.Count - 1; i >= 0; i--)
            {
                var fewer = chosen.FindAll(victim => victim != chosen[i]);
                if (Fits(fewer)) chosen = fewer;
            }
            return chosen;
        }
    }
}
