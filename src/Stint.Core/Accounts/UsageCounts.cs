using Stint.Core.Accounts;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

// Usage follows the records: each of these is called once per transition, inside Apply. What a job was counted as is kept with it,
// so that it leaves exactly what it put.
public sealed partial class Cluster
{
    private readonly Dictionary<uint, Charge> charges = [];
    private readonly SortedSet<(long EndMs, uint Id)> runEnds = [];
    private Instant runsExpired;

    /// <summary>It waits: new, or again after a requeue.</summary>
    private void CountSubmitted(Job job)
    {
        var tasks = CountedTasks(job);
        var @class = ClassFor(job.Asked);
        job.Policy = @class;
        @class.Members += tasks;
        @class.Waiting += tasks;
        (@class.Waiters ??= WaitersOf(@class)).Count(tasks);
    }

    private static int CountedTasks(Job job) => job.IsArray ? job.PendingTaskCount : 1;

    private void CountStarted(Job job, Instant at)
    {
        var @class = job.Policy ??= ClassFor(job.Asked);
        LeaveWaiting(@class, 1);
        Enter(job, @class, at);
    }

    /// <summary>Leaves its allocation (ended or requeued), or leaves pending without ever starting.</summary>
    private void CountLeft(Job job, Instant at, bool wasActive)
    {
        var tasks = wasActive ? 1 : CountedTasks(job);
        var @class = job.Policy!;
        if (wasActive) Leave(job, charges[job.Id], at);
        else LeaveWaiting(@class, tasks);
        Drop(@class, tasks);
        job.Policy = null;
    }

    /// <summary>Tasks of an array were cancelled before they started.</summary>
    private void CountCancelled(Job array, int tasks)
    {
        LeaveWaiting(array.Policy!, tasks);
        Drop(array.Policy!, tasks);
    }

    /// <summary>Its request, time limit or state changed: it is counted as what it is now.</summary>
    private void CountUpdated(Job job, Instant at)
    {
        if (job.IsOver || job.Policy is not { } former) return;
        var @class = ClassFor(job.Asked);
        var tasks = job.IsActive ? 1 : CountedTasks(job);
        if (ReferenceEquals(@class, former) && !job.IsActive) return;
        if (job.IsActive) Leave(job, charges[job.Id], at);
        else LeaveWaiting(former, tasks);
        job.Policy = @class;
        @class.Members += tasks;
        if (job.IsActive) Enter(job, @class, at);
        else
        {
            @class.Waiting += tasks;
            (@class.Waiters ??= WaitersOf(@class)).Count(tasks);
        }
        Drop(former, tasks);
    }

    private void LeaveWaiting(PolicyClass @class, int tasks)
    {
        @class.Waiting -= tasks;
        @class.Waiters!.Count(-tasks);
    }

    private void Drop(PolicyClass @class, int tasks)
    {
        @class.Members -= tasks;
        if (@class.Members == 0) policyClasses.Remove(@class.Key);
    }

    /// <param name="at">Not set: the job was loaded from a snapshot, usage and all.</param>
    private void Enter(Job job, PolicyClass @class, Instant at)
    {
        var partition = QueueFor(job.Partition.Length > 0 ? job.Partition : job.Spec.Partition);
        var holders = StandingOf(job, partition).Holders;
        var tres = JobTres.Allocated(job.Spec, job.Shares, job.Licenses, partition, accounts.Tres);
        var end = job.EndLimit.IsSet ? job.EndLimit.Milliseconds : job.Started.Milliseconds + RunMs(0);
        var tierTres = holders.TierUser is null ? NoTres : TierTres.Of(tres, accounts.Tres);
        var charge = new Charge(@class, holders, tres, tierTres, (@class.Waiters ??= WaitersOf(@class)).TierRequest, end);
        charges.Add(job.Id, charge);
        charge.Enter(job.Id);
        if (end > runsExpired.Milliseconds)
        {
            charge.PlanRun(true);
            runEnds.Add((end, job.Id));
        }
        Accrue(at);
        charge.Tick(job.State != JobState.Suspended, at, decay);
    }

    private void Leave(Job job, Charge charge, Instant at)
    {
        charges.Remove(job.Id);
        Accrue(at);
        charge.Tick(false, at, decay);
        charge.PlanRun(false);
        runEnds.Remove((charge.EndMs, job.Id));
        charge.Leave(job.Id);
    }

    /// <summary>A job past its time limit has no minutes left that others would have to wait for.</summary>
    private void ExpireRuns(Instant now)
    {
        while (runEnds.Count > 0 && runEnds.Min.EndMs <= now.Milliseconds)
        {
            charges[runEnds.Min.Id].PlanRun(false);
            runEnds.Remove(runEnds.Min);
        }
        if (now > runsExpired) runsExpired = now;
    }

    /// <summary>All partitions it may run in count it as submitted, each QOS once; the association is the one of the first.</summary>
    private Waiters WaitersOf(PolicyClass @class)
    {
        var meters = new List<Meter>();
        TierUser? user = null;
        foreach (var name in PartitionNames(@class.Key.Partition))
        {
            var holders = HoldersOf(@class.Spec, QueueFor(name));
            user ??= holders.TierUser;
            var isFirst = meters.Count == 0;
            foreach (var meter in holders.Meters)
                if ((isFirst || !IsOfAssociation(holders, meter)) && !meters.Contains(meter)) meters.Add(meter);
        }
        return new Waiters([.. meters], user, TierRequestOf(@class));
    }

    private static bool IsOfAssociation(Holders holders, Meter meter)
    {
        if (holders.Association is { } association)
            foreach (var node in association.Chain())
                if (ReferenceEquals(node.Meter, meter)) return true;
        return false;
    }

    private static readonly JobTres NoTres = JobTres.Counted();

    /// <summary>It must not move with the nodes: what is taken off later is what was put on.</summary>
    private JobTres TierRequestOf(PolicyClass @class) => !TierTres.IsUsed(Config) ? NoTres
        : TierTres.Of(JobTres.Requested(@class.Spec, null, accounts.Tres, intern: true), accounts.Tres);

    /// <summary>Accounts, QOS or the configuration changed: classes that it may touch are counted anew.</summary>
    /// <param name="touched">Who counts them may change.</param>
    /// <param name="freed">A limit that keeps them away may change.</param>
    private void Recount(Func<PolicyClass, bool> touched, Func<PolicyClass, bool> freed, Action change, Instant at)
    {
        var waiting = new List<PolicyClass>();
        foreach (var @class in policyClasses.Values)
            if (touched(@class)) waiting.Add(@class);
        var running = new List<Job>();
        foreach (var (id, charge) in charges)
            if (touched(charge.Class)) running.Add(jobs[id]);
        foreach (var job in running) Leave(job, charges[job.Id], at);
        foreach (var @class in waiting)
        {
            @class.Waiters?.Count(-@class.Waiting);
            @class.Waiters = null;
        }
        change();
        foreach (var @class in waiting) (@class.Waiters = WaitersOf(@class)).Count(@class.Waiting);
        foreach (var job in running) Enter(job, job.Policy!, at);
        priorityNodes = -1;
        // Who waits for a limit stays in the queue; a new version makes the next pass look at all of it.
        foreach (var @class in policyClasses.Values)
            if (@class.Waiting > 0 && freed(@class)) { NodesChanged(); break; }
    }
}
