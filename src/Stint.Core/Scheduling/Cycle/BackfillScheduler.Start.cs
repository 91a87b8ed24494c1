using System.Runtime.InteropServices;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Cycle;

// One job at a time: may it, does it fit, which is next.
internal sealed partial class BackfillScheduler
{
    /// <summary>Jobs that this call starts or parks; they leave the queue when its records are applied.</summary>
    private readonly HashSet<uint> startedNow = [];
    private readonly Dictionary<uint, int> tasksStarted = [];

    /// <summary>The job that the contender looks at still waits, and may start.</summary>
    private bool IsThere(Contender contender) => contender is { Job: { } job, TasksLeft: > 0 } && job.Class == contender.Class
        && !startedNow.Contains(job.Id) && ThrottleOf(job) is null;

    /// <summary>What this plan has started of its array, also from other classes, may be all that may run.</summary>
    private Verdict? ThrottleOf(Job job) => job.Spec.ArrayThrottle > 0 ? view.ObstacleOf(job) : null;

    /// <summary>Sets the contender to the next job that has a task to start. False: there is none.</summary>
    private bool NextJob(Contender contender)
    {
        while (!IsThere(contender))
        {
            NoteThrottle(contender.Job);
            var job = contender.Class.After(contender.Cursor);
            contender.Job = job;
            if (job is null) return false;
            contender.Cursor = contender.Class.At(job);
            if (startedNow.Contains(job.Id)) continue;
            if (view.ObstacleOf(job) is { } obstacle)
            {
                plan.Verdicts.Add(obstacle);
                startedNow.Add(job.Id);
                continue;
            }
            contender.TasksLeft = view.StartableTasks(job) - tasksStarted.GetValueOrDefault(job.Id);
            contender.TasksReserved = 0;
        }
        return true;
    }

    /// <summary>What is left of an array that may start no more of its tasks waits for those that run.</summary>
    private void NoteThrottle(Job? job)
    {
        if (job?.Class is null || startedNow.Contains(job.Id) || job.IsArray && tasksStarted.GetValueOrDefault(job.Id) >= job.PendingTaskCount
            || ThrottleOf(job) is not { } obstacle) return;
        plan.Verdicts.Add(obstacle);
        startedNow.Add(job.Id);
    }

    /// <summary>How long a job is planned to hold its nodes. Without an end it is just below <see cref="long.MaxValue"/>, which stands for
    /// never.</summary>
    private long TimeOf(Job job) => Math.Clamp(view.PlannedMs(job), 1, long.MaxValue - 1);

    /// <summary>Nothing but resources is in the way of its class.</summary>
    private bool MayStart(Contender contender)
    {
        var job = contender.Job!;
        var verdict = view.ObstacleOfClass(job, contender.Partition) ?? WhyNever(contender, job);
        contender.Class.Note(contender, verdict);
        if (verdict is not { } found) return true;
        Again(found.Wake);
        return false;
    }

    private Verdict? WhyNever(Contender contender, Job job)
    {
        var prospect = contender.Prospect;
        if (prospect.NodesVersion != nodesVersion)
        {
            prospect.NodesVersion = nodesVersion;
            prospect.Feasibility = FeasibilityOf(prospect);
        }
        return prospect.Feasibility == Feasibility.Possible ? null
            : view.Infeasible(job, contender.Partition, prospect.Feasibility == Feasibility.Never);
    }

    private Feasibility FeasibilityOf(Prospect prospect)
    {
        if (FitsEmpty(prospect, openOnly: true)) return Feasibility.Possible;
        return FitsEmpty(prospect, openOnly: false) ? Feasibility.NotAvailable : Feasibility.Never;
    }

    private bool FitsEmpty(Prospect prospect, bool openOnly)
    {
        var request = prospect.Shape.Request;
        long tasks = 0;
        var nodes = 0;
        foreach (var place in places[prospect.Partition].Places)
        {
            var line = book.Nodes[place];
            looks++;
            if (openOnly && !line.IsOpen || !prospect.Shape.Admits(line.Node)) continue;
            var fits = request.TasksWithin(line.Node, line.Total);
            if (fits == 0) continue;
            tasks += fits;
            nodes++;
            if (request.Required.Count > 0 || prospect.Shape.IsWoven || request.JobGres >= 0) continue;      // not a matter of counting
            if (fits >= request.Tasks && request.NodesMin <= 1) return true;
            if (tasks >= request.Tasks && nodes >= request.NodesMin && (request.NodesMax == 0 || nodes <= request.NodesMax)) return true;
        }
        return tasks >= request.Tasks && nodes >= request.NodesMin && Placement.Fits(request, prospect.Partition.Nodes,
            node => openOnly && !node.TakesJobs ? null : FreeResources.Total(node));
    }

    private bool TryStart(Contender contender) => TryWhole(contender) || contender.Verdict is null && contender.Job!.Spec.TimeMinMs > 0 && TryShorter(contender);

    /// <summary>With less time than was asked for, where the job allows that: as much as there is until the nodes are needed.</summary>
    private bool TryShorter(Contender contender)
    {
        var job = contender.Job!;
        var nodes = places[contender.Partition];
        var shares = starts.Now(view, contender.Prospect, job, job.Spec.TimeMinMs, nodes.Places, nodes);
        if (shares is null || IsTooMuch(contender, job, shares)) return false;
        var roomMs = view.HasReservations ? job.Spec.TimeMinMs : long.MaxValue;
        foreach (var share in shares)
        {
            var until = book.Find(view.Node(share.Node))!.UntouchedUntil(view.Now.Milliseconds);
            if (until != long.MaxValue) roomMs = Math.Min(roomMs, until - view.Now.Milliseconds);
        }
        if (view.LimitThatFits(job, Math.Max(roomMs, job.Spec.TimeMinMs)) is not { } limit) return false;
        Start(contender, job, limit > 0 ? limit : TimeOf(job), shares, limit);
        return true;
    }

    private bool TryWhole(Contender contender)
    {
        var prospect = contender.Prospect;
        var nodes = places[contender.Partition];
        var forMs = TimeOf(contender.Job!);
        prospect.Enter(planNumber);
        if (view.HasReservations) return Search(contender, nodes, forMs, nodes.Places);
        if (forMs < prospect.ShortestFailedMs)
        {
            var learned = nodes.Bounds;
            if (learned.Of(prospect.Shape, forMs) <= view.Now.Milliseconds)
            {
                if (Search(contender, nodes, forMs, nodes.Places)) return true;
                if (contender.Verdict is not null) return false;
                learned.Learn(prospect.Shape, forMs, view.Now.Milliseconds + 1);
            }
            prospect.ShortestFailedMs = forMs;
        }
        else if (prospect.FreedSeen < book.Freed.Count)
        {
            var freed = prospect.Shape.IsOneNode ? CollectionsMarshal.AsSpan(book.Freed)[prospect.FreedSeen..] : nodes.Places;
            if (Search(contender, nodes, forMs, freed)) return true;
            if (contender.Verdict is not null) return false;
        }
        else return false;
        prospect.FreedSeen = book.Freed.Count;
        return false;
    }

    private bool Search(Contender contender, PartitionNodes nodes, long forMs, ReadOnlySpan<int> among)
    {
        var job = contender.Job!;
        if (starts.Now(view, contender.Prospect, job, forMs, among, nodes) is not { } shares || IsTooMuch(contender, job, shares)) return false;
        Start(contender, job, forMs, shares);
        return true;
    }

    /// <summary>There is room, and what placement chose there is more than a limit allows: that is what the contender waits for.</summary>
    private bool IsTooMuch(Contender contender, Job job, IReadOnlyList<NodeShare> shares)
    {
        if (view.ObstacleOfShares(job, contender.Partition, shares) is not { } obstacle) return false;
        contender.Class.Note(contender, obstacle);
        Again(obstacle.Wake);
        return true;
    }

    private void Start(Contender contender, Job job, long forMs, IReadOnlyList<NodeShare> shares, long runLimitMs = 0)
    {
        if (reservations.Of(job.Id) is { } own) reservations.Drop(view, own);
        var start = new Start(job, shares, contender.Partition, runLimitMs);
        plan.Starts.Add(start);
        view.NoteStart(start);
        var endMs = StartSearch.Sum(view.Now.Milliseconds, forMs);
        foreach (var share in shares)
        {
            var place = book.PlaceOf(view.Node(share.Node));
            book.Start(place, book.Nodes[place].Node.AmountOf(share), endMs);
        }
        contender.TasksLeft--;
        if (job.IsArray) tasksStarted[job.Id] = tasksStarted.GetValueOrDefault(job.Id) + 1;
        else startedNow.Add(job.Id);
        preemptors.Remove(job.Id);
    }
}
