using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Partitions;
using Stint.Core.Resources;
using Stint.Core.Scheduling;
using Stint.Core.Scheduling.Cycle;

namespace Stint.Core;

public sealed partial class Cluster
{
    private static readonly PlanningSettings NoPlanning = new();

    /// <summary>Nodes on which something started or ended since the last pass.</summary>
    private readonly List<Node> touched = [];

    private void Touch(Node node)
    {
        if (node.IsTouched) return;
        node.IsTouched = true;
        touched.Add(node);
    }

    /// <summary>This cluster as a policy sees it in one call.</summary>
    private sealed class View(Cluster cluster, Func<bool>? isEnough) : SchedulingView
    {
        private readonly FreeResources free = new();
        /// <summary>What each start that was noted takes.</summary>
        private readonly Stack<string> licenses = new();
        private readonly IReadOnlyList<Partition> withOrphans = cluster.WithOrphans();

        public override Instant Now => cluster.passAt;
        public override IReadOnlyList<Partition> Partitions => withOrphans;
        public override IReadOnlyCollection<Node> AllNodes => cluster.nodes.Values;
        public override long NodesVersion => cluster.nodesVersion;
        public override int StartsMax => Cluster.StartsMax;
        public override PlanningSettings Planning => cluster.Config.Planning ?? NoPlanning;
        public override bool IsEnough() => isEnough is not null && isEnough();
        public override Node Node(string name) => cluster.nodes[name];
        public override NodeBalance FreeOn(Node node) => free.On(node);
        internal override JobQueue Queue => cluster.queue;
        internal override List<Node> Touched => cluster.touched;
        public override bool HasReservations => cluster.HasReservations;
        public override IReadOnlyList<Instant> ReservationEdges() => cluster.ReservationEdges();
        public override bool HasPreemption => cluster.Config.Preempt is { By: not PreemptBy.PreemptNone };

        public override IEnumerable<Job> Pending(Partition partition) => cluster.queue.Classes
            .Where(group => Array.Exists(group.Contenders, contender => contender.Partition == partition))
            .SelectMany(static group => group.Jobs()).OrderBy(static job => job.Order).ThenBy(static job => job.Id).ToList();

        public override long EndOf(uint jobId) => cluster.PlannedEnd(cluster.jobs[jobId]);
        internal override double PriorityOf(Job job, Partition partition) => cluster.PriorityOf(job, partition, cluster.passAt);
        public override Verdict? ObstacleOf(Job job) => cluster.ObstacleOf(job);
        public override Verdict? ObstacleOfClass(Job job, Partition partition) => cluster.ObstacleOfClass(job, partition);
        public override int StartableTasks(Job job) => cluster.StartableTasks(job);
        public override long PlannedMs(Job job) => cluster.PlannedMs(job);

        public override void NoteStart(in Start start)
        {
            var holder = Holder.Of(start.Job.Spec);
            foreach (var share in start.Shares) free.TryTake(cluster.nodes[share.Node], share, holder);
            cluster.NoteArrayStart(start.Job);
            var chosen = cluster.ChosenLicenses(start.Job) ?? "";
            licenses.Push(chosen);
            cluster.NoteLicenseUse(chosen);
            if (start.Partition is { } partition) cluster.NoteLimitUse(cluster.StandingWith(start.Job, partition, start.Shares));
        }

        internal override Verdict? ObstacleOfShares(Job job, Partition partition, IReadOnlyList<NodeShare> shares) => cluster.ObstacleOfShares(job, cluster.StandingWith(job, partition, shares), cluster.passAt);

        internal override void TakeBack(in Start start)
        {
            free.Undo(start.Shares.Count);
            cluster.PassLicenses.GiveBack(licenses.Pop());
            if (start.Partition is { } partition) cluster.NoteLimitUse(cluster.StandingWith(start.Job, partition, start.Shares), -1);
        }

        internal override IEnumerable<Job> ComponentsOf(Job job) => cluster.HetGroup(job);
        internal override bool MayReserve(Job job, Partition partition) => cluster.MayReserve(job, partition, cluster.passAt);

        public override NodeBalance? ReservedFor(Job job, Node node, NodeBalance balance, Instant from, long forMs) =>
            cluster.ReservedFor(job, node, balance, from, forMs);

        public override Preemption? FindPreemption(Job job, Partition partition)
        {
            var found = cluster.FindPreemption(job, partition, FreeOfOpen, cluster.passAt);
            if (found is null) cluster.WakeAtExemptionEnd(job, partition, cluster.passAt);
            return found;
        }

        public override Verdict? ReservedVerdict(Job job, Partition partition) => cluster.ReservedVerdict(job, partition, FreeOfOpen, cluster.passAt);
        public override long? LimitThatFits(Job job, long roomMs) => Cluster.LimitThatFits(job, roomMs);

        private NodeBalance? FreeOfOpen(Node node) => node.TakesJobs ? free.On(node) : null;

        public override Verdict Infeasible(Job job, Partition partition, bool isNever) => isNever
            ? new Verdict(job, PendingReason.PartitionConfig, NeverHere(job, partition))
            : new Verdict(job, PendingReason.ReqNodeNotAvail, NotAvailable(job, partition));
    }

    /// <summary>The configured partitions, and the queues of those that were taken out: their jobs are told why they wait.</summary>
    private IReadOnlyList<Partition> WithOrphans() => partitions.Count == partitionsByName.Count
        ? partitions
        : [.. partitions, .. partitionsByName.Values.Where(static partition => !partition.IsConfigured)];
}
