using Stint.Core.Jobs;
using Stint.Core.Partitions;

namespace Stint.Core.Scheduling.Cycle;

/// <summary>A class of jobs on one of its partitions: what a plan ranks and looks at.</summary>
internal sealed class Contender(JobClass group, Prospect prospect)
{
    public JobClass Class { get; } = group;
    public Prospect Prospect { get; } = prospect;
    public Partition Partition => Prospect.Partition;

    /// <summary>What keeps the class from starting there whatever is free; null: nothing that was found.</summary>
    public Verdict? Verdict { get; set; }

    /// <summary>The plan that the rest belongs to.</summary>
    public long PlanNumber { get; private set; }
    /// <summary>Behind the last job that this plan is done with.</summary>
    public Cursor Cursor { get; set; }
    /// <summary>The job that is looked at, and how many of its tasks the plan has not started.</summary>
    public Job? Job { get; set; }
    public int TasksLeft { get; set; }
    public int TasksReserved { get; set; }
    public ClassRank Rank { get; set; }
    /// <summary>Among equal priorities, when holes are filled.</summary>
    public Planning.Rank FillRank { get; set; }
    /// <summary>How long that job is planned to hold its nodes.</summary>
    public long ForMs { get; set; }

    public void Enter(long planNumber)
    {
        if (PlanNumber == planNumber) return;
        PlanNumber = planNumber;
        Cursor = default;
        Job = null;
        TasksLeft = TasksReserved = 0;
    }
}

/// <summary>The place of a job in the order of a plan: tier and priority from the policy of the cluster, then the planner's own order
/// among equals, then first come first.</summary>
internal readonly record struct ClassRank(int Tier, double Priority, Planning.Rank Rank, ulong Order, uint Id) : IComparable<ClassRank>
{
    public int CompareTo(ClassRank other)
    {
        if (Tier != other.Tier) return other.Tier.CompareTo(Tier);
        // Not CompareTo: a difference of two NaN must not change the order, and -0 is 0.
        if (Priority > other.Priority) return -1;
        if (Priority < other.Priority) return 1;
        var byRank = Rank.Tier != other.Rank.Tier ? Rank.Tier.CompareTo(other.Rank.Tier)
            : Rank.Score < other.Rank.Score ? -1 : Rank.Score > other.Rank.Score ? 1 : 0;
        if (byRank != 0) return byRank;
        return Order != other.Order ? Order.CompareTo(other.Order) : Id.CompareTo(other.Id);
    }
}
