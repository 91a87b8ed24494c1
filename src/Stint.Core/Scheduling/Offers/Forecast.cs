using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;

namespace Stint.Core.Scheduling.Offers;

/// <summary>
/// Looks ahead from a copy of the cluster, which it uses up: jobs end at their time limits, passes run as they would, until the job in
/// question starts.
/// </summary>
internal sealed class Forecast
{
    /// <summary>Moments that are looked at. With a thousand waiting jobs all of them start and end before.</summary>
    private const int MomentsMax = 4_000;
    private const int PassesMax = 10_000;

    private readonly PriorityQueue<uint, long> ends = new();
    private readonly List<uint> preempted = [];
    /// <summary>Nodes on which something ended at this moment.</summary>
    private readonly HashSet<string> touched = new(StringComparer.Ordinal);
    private readonly Cluster cluster;
    private readonly Instant start;
    private Instant now;

    public Forecast(Cluster cluster, Instant now)
    {
        this.cluster = cluster;
        start = this.now = now;
    }

    public Offer Of(JobSpec spec)
    {
        // With its token it would be the same submission as an earlier one.
        var decision = cluster.Decide(new SubmitJob(new JobSpec(spec) { ClientToken = "" }), now);
        if (decision.Refusal is { } refusal) return new Offer { Refusal = refusal };
        var id = decision.Id;
        foreach (var active in cluster.ActiveJobs) NoteEnd(cluster.Jobs[active]);
        foreach (var record in decision.Records) cluster.Apply(record);
        Passes();
        var job = cluster.FindJob(id)!;
        var partition = cluster.FindPartition(job.Spec.Partition);
        var nodes = partition is null ? [] : NodesFor(job, partition.Nodes);
        var offer = new Offer
        {
            JobId = id, Partition = job.Spec.Partition, LimitPolicy = job.Spec.LimitPolicy, Reason = job.Reason, ReasonDetail = job.ReasonDetail,
        };
        var started = LookAhead(id, nodes, job);
        offer = offer with { Nodes = [.. nodes.Values] };
        if (started is null) return offer;
        return offer with
        {
            Start = started.Started, Shares = started.Shares, Partition = started.Partition, Preempts = preempted,
            Reason = started.Started == start ? PendingReason.None : offer.Reason, ReasonDetail = started.Started == start ? "" : offer.ReasonDetail,
        };
    }

    /// <summary>The job as it starts, or its first task; null: not within what is looked at.</summary>
    private Job? LookAhead(uint id, Dictionary<string, NodeOffer> nodes, Job job)
    {
        for (var moment = 0; moment < MomentsMax; moment++)
        {
            if (StartedOf(id) is { } started) return started;
            if (NextMoment() is not { } next) return null;
            now = next;
            preempted.Clear();
            EndUntilNow();
            if (cluster.NextWake.IsSet && cluster.NextWake <= now) Do(new Tick());
            Passes();
            foreach (var name in touched) Update(nodes, name, job);
            touched.Clear();
        }
        return null;
    }

    private Job? StartedOf(uint id)
    {
        foreach (var job in cluster.JobsOf(id))
            if (job.State == JobState.Running) return job;
        return null;
    }

    private Instant? NextMoment()
    {
        var next = ends.TryPeek(out _, out var endMs) ? Math.Max(endMs, now.Milliseconds) : long.MaxValue;
        var wake = cluster.NextWake;
        if (wake.IsSet && wake > now && wake.Milliseconds < next) next = wake.Milliseconds;
        return next == long.MaxValue ? null : new Instant(next);
    }

    private void EndUntilNow()
    {
        while (ends.TryPeek(out var id, out var endMs) && endMs <= now.Milliseconds)
        {
            ends.Dequeue();
            if (cluster.FindJob(id) is not { IsActive: true } job) continue;
            if (job.State == JobState.Running && job.EndLimit > now) { NoteEnd(job); continue; }
            End(job, requeue: false);
            foreach (var share in job.Shares) touched.Add(share.Node);
        }
    }

    private void End(Job job, bool requeue)
    {
        var record = new Record { AtMs = now.Milliseconds };
        if (requeue) record.JobRequeued = new JobRequeued { JobId = job.Id };
        else record.JobEnded = new JobEnded { JobId = job.Id, Kind = EndKind.EndCompleted };
        cluster.Apply(record);
    }

    /// <summary>A job without a limit ends at a time that nobody knows; one that is ending already, at once.</summary>
    private void NoteEnd(Job job)
    {
        if (job.State == JobState.Completing) ends.Enqueue(job.Id, now.Milliseconds);
        else if (job.EndLimit.IsSet) ends.Enqueue(job.Id, job.EndLimit.Milliseconds);
    }

    private void Passes()
    {
        for (var pass = 0; cluster.NeedsSchedule && pass < PassesMax; pass++) Do(new Schedule());
    }

    private void Do(Command command)
    {
        foreach (var record in cluster.Decide(command, now).Records)
        {
            cluster.Apply(record);
            if (record.BodyCase == Record.BodyOneofCase.JobAllocated) NoteEnd(cluster.Jobs[record.JobAllocated.JobId]);
            if (record.BodyCase != Record.BodyOneofCase.JobEndRequested || cluster.FindJob(record.JobEndRequested.JobId) is not { IsActive: true } victim) continue;
            preempted.Add(victim.Id);
            End(victim, record.JobEndRequested.Requeue);
        }
    }

    private Dictionary<string, NodeOffer> NodesFor(Job job, IReadOnlyList<Node> nodes)
    {
        var offers = new Dictionary<string, NodeOffer>(StringComparer.Ordinal);
        var free = new FreeResources();
        foreach (var node in nodes)
        {
            if (!node.TakesJobs || job.Request.Excluded.Contains(node.Name)) continue;
            var most = Placement.TasksOn(job.Request, node, FreeResources.Total(node));
            if (most == 0) continue;
            // What the job itself took at once was free for it.
            var at = job.State == JobState.Running && job.Shares.Any(share => share.Node == node.Name);
            var tasks = at ? (int)job.Shares.First(share => share.Node == node.Name).Tasks : Placement.TasksOn(job.Request, node, free.On(node));
            offers.Add(node.Name, new NodeOffer(node.Name, tasks, most, tasks > 0 ? now : Instant.Never));
        }
        return offers;
    }

    private void Update(Dictionary<string, NodeOffer> nodes, string name, Job job)
    {
        if (!nodes.TryGetValue(name, out var offer) || offer.From.IsSet) return;
        var node = cluster.Nodes[name];
        if (Placement.TasksOn(job.Request, node, new FreeResources().On(node)) > 0 || job.Shares.Any(share => share.Node == name))
            nodes[name] = offer with { From = now };
    }
}
