using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Partitions;
using Stint.Core.Scheduling;

namespace Stint.Core;

// Where the rest of the core asks the policy: who goes first, and which limits stand in the way.
public sealed partial class Cluster
{
    /// <summary>Larger goes first; equal goes by <see cref="Job.Order"/>. Comparable among jobs of one partition tier.</summary>
    private double PriorityOf(Job job, Partition partition, Instant now) => 0;

    /// <summary>Before the first question of a scheduling pass: what earlier passes planned is forgotten.</summary>
    private void BeginLimitPass(Instant now) { }

    /// <summary>Which limit of partition, association, QOS or tier keeps one more start of this job away now; null: none.</summary>
    private Verdict? LimitObstacle(Job job, Partition partition, Instant now) => null;

    /// <summary>A start is planned in this pass: limits count it from here on.</summary>
    private void NoteLimitUse(Job job, Partition partition) { }

    /// <summary>Defaults of the policy (account, QOS), then what it refuses at submission.</summary>
    private Refusal? CheckPolicy(JobSpec spec, Instant now) => null;

    // Usage follows the records: each is called once per transition, inside Apply.
    private void CountSubmitted(Job job) { }
    private void CountStarted(Job job, Instant at) { }
    /// <summary>Leaves its allocation (ended or requeued), or leaves pending without ever starting.</summary>
    private void CountLeft(Job job, Instant at, bool wasActive) { }

    private void On(QosSet record) { }
    private void On(QosRemoved record) { }
    private void On(AssociationSet record) { }
    private void On(AssociationRemoved record) { }
}
