using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Server.Simulate.Clusters;
using Stint.Server.Simulate.Traces;

namespace Stint.Server.Simulate.Replay;

/// <summary>
/// Replays a trace through the engine's own core, over simulated time: jobs are submitted when they were, every pass decides as a server
/// would, and jobs that it starts report their end after the run time of the trace. All ends of a moment come before its submissions, and
/// one round of passes after both. Nothing is written anywhere: records are applied, not stored.
/// </summary>
public sealed class ClusterReplay
{
    /// <summary>Ended jobs are forgotten, so that a long trace does not fill the memory.</summary>
    private static readonly TimeSpan TickEvery = TimeSpan.FromHours(1);

    /// <summary>Traces that count from zero begin here: for the engine, a moment of zero is none.</summary>
    private const long FirstMomentMs = 1_000_000_000_000;

    /// <summary>Passes of one moment: each is a slice of the work, so a great many of them without an end is a mistake of the engine.</summary>
    private const int PassesMax = 1_000_000;

    private readonly IReadOnlyList<TraceJob> trace;
    private readonly ClusterDescription description;
    private readonly JobRequests requests;
    private readonly Cluster cluster = new();
    private readonly RunningJobs running = new();
    private readonly Dictionary<uint, int> indexOf = [];
    private readonly Instant[] starts;
    private readonly List<int> inOrder = [];
    private readonly List<TraceJob> refused = [];
    private readonly HashSet<int> givenUp = [];
    private readonly long shiftMs;
    private string whyRefused = "";
    private int rounds, restarts;
    private Instant now, nextTick;

    private ClusterReplay(IReadOnlyList<TraceJob> trace, ClusterDescription description, JobRequests requests)
    {
        (this.trace, this.description, this.requests) = (trace, description, requests);
        starts = new Instant[trace.Count];
        shiftMs = trace.Count > 0 && trace[0].Submitted.Milliseconds < FirstMomentMs ? FirstMomentMs - trace[0].Submitted.Milliseconds : 0;
    }

    /// <param name="trace">Jobs in order of submission.</param>
    /// <param name="description">The cluster.</param>
    /// <param name="settings">Policy and estimates.</param>
    /// <param name="progress">Told the share that is done, 0 to 1, now and then.</param>
    /// <exception cref="InvalidDataException">The engine refuses the cluster's configuration or a node.</exception>
    public static ReplayResult Run(IReadOnlyList<TraceJob> trace, ClusterDescription description, ReplaySettings settings, Action<double>? progress = null)
    {
        var requests = new JobRequests(description, settings.ExactEstimates ? static job => job.RunMs : static job => job.EstimateMs, settings.KeepNodes);
        return new ClusterReplay(trace, description, requests).Run(settings, progress);
    }

    /// <summary>A cluster with its configuration and its nodes, before the first job.</summary>
    internal static void SetUp(Cluster cluster, ClusterDescription description, ReplaySettings settings, Instant at)
    {
        var config = description.Config.Clone();
        config.Planning ??= new PlanningSettings();
        if (settings.Policy.Length > 0) config.Planning.Policy = settings.Policy;
        if (settings.Predict) config.Planning.PredictRunTimes = true;
        (config.MinJobAgeMs, config.MaxJobs) = (1, 0);
        Must(cluster, new Configure(config), at);
        foreach (var node in description.Nodes) Must(cluster, new RegisterNode(node.Clone()), at);
    }

    private ReplayResult Run(ReplaySettings settings, Action<double>? progress)
    {
        var arrived = 0;
        now = trace.Count == 0 ? new Instant(FirstMomentMs) : SubmittedAt(0);
        SetUp(cluster, description, settings, now);
        nextTick = now + TickEvery;
        while (NextMoment(arrived) is { } next)
        {
            now = next;
            EndUntilNow();
            while (arrived < trace.Count && SubmittedAt(arrived) <= now) Submit(arrived++);
            if (now >= nextTick || cluster.NextWake.IsSet && cluster.NextWake <= now) Tick();
            SchedulePasses();
            if (progress is not null && (rounds & 0xFF) == 0) progress((double)arrived / trace.Count);
        }
        GiveUpOnWaiting();
        var started = new List<(TraceJob, Instant)>(inOrder.Count);
        foreach (var index in inOrder)
            if (!givenUp.Contains(index)) started.Add((trace[index], new Instant(starts[index].Milliseconds - shiftMs)));
        return new ReplayResult(description.Capacity, started, refused, rounds) { WhyRefused = whyRefused, Restarts = restarts };
    }

    /// <summary>The next submission or end; when there is neither, the next moment at which time alone lets a waiting job start.</summary>
    private Instant? NextMoment(int arrived)
    {
        var next = running.NextEndMs;
        if (arrived < trace.Count) next = Math.Min(next, SubmittedAt(arrived).Milliseconds);
        var wake = cluster.NextWake;
        if (wake.IsSet && indexOf.Count > 0 && wake.Milliseconds < next && wake > now) next = wake.Milliseconds;
        return next == long.MaxValue ? null : new Instant(next);
    }

    private Instant SubmittedAt(int index) => new(trace[index].Submitted.Milliseconds + shiftMs);

    private void EndUntilNow()
    {
        while (running.TakeEnded(now) is { } ended) Report(ended.JobId, ended.Attempt, EndKind.EndCompleted);
    }

    private void Submit(int index)
    {
        var decision = Do(new SubmitJob(requests.Of(trace[index])));
        if (decision.Refusal is { } refusal) Refuse(index, refusal.ToString());
        else indexOf.Add(decision.Id, index);
    }

    private void Tick()
    {
        nextTick = now + TickEvery;
        while (Do(new Tick()).Records.Count > 0) { }
    }

    private void SchedulePasses()
    {
        for (var pass = 0; cluster.NeedsSchedule; pass++)
        {
            if (pass > PassesMax) throw new InvalidDataException($"the scheduler asks for yet another pass after {PassesMax} at one moment");
            rounds++;
            Do(new Schedule());
        }
    }

    private Decision Do(Command command)
    {
        var decision = cluster.Decide(command, now);
        foreach (var record in decision.Records)
        {
            cluster.Apply(record);
            Follow(record);
        }
        return decision;
    }

    /// <summary>What the nodes would do when they hear of it.</summary>
    private void Follow(Record record)
    {
        switch (record.BodyCase)
        {
            case Record.BodyOneofCase.JobAllocated: Started(record.JobAllocated); break;
            case Record.BodyOneofCase.JobSuspended: running.Suspend(record.JobSuspended.JobId, now); break;
            case Record.BodyOneofCase.JobResumed: running.Resume(record.JobResumed.JobId, now); break;
            case Record.BodyOneofCase.JobEndRequested: Interrupted(record.JobEndRequested); break;
            case Record.BodyOneofCase.JobEnded: indexOf.Remove(record.JobEnded.JobId); break;
        }
    }

    private void Started(JobAllocated record)
    {
        var index = indexOf[record.JobId];
        if (record.Attempt == 0) inOrder.Add(index);
        else restarts++;
        starts[index] = now;
        running.Start(record.JobId, record.Attempt, trace[index].RunMs, now);
    }

    /// <summary>The engine takes the job off its nodes: it is gone at once, and begins anew if it is requeued.</summary>
    private void Interrupted(JobEndRequested record)
    {
        if (running.Forget(record.JobId) is { } attempt) Report(record.JobId, attempt, record.Kind);
    }

    private void Report(uint jobId, uint attempt, EndKind kind)
    {
        var job = cluster.FindJob(jobId)!;
        var shares = job.Shares;
        Do(new ReportStepExited(new StepExited
        {
            JobId = jobId, StepId = StepIds.Batch, Attempt = attempt, Node = shares[0].Node, Kind = kind, Released = true, Started = true,
        }));
        for (var i = 1; i < shares.Count; i++) Do(new ReportNodeReleased(jobId, attempt, shares[i].Node));
    }

    /// <summary>Nothing will happen any more: who waits now waits for ever.</summary>
    private void GiveUpOnWaiting()
    {
        foreach (var (id, index) in indexOf)
        {
            var job = cluster.FindJob(id);
            if (job?.State == JobState.Pending) Refuse(index, $"{job.Reason}{(job.ReasonDetail.Length > 0 ? ": " : "")}{job.ReasonDetail}");
        }
    }

    private void Refuse(int index, string why)
    {
        if (refused.Count == 0) whyRefused = $"job {trace[index].Id}: {why}";
        refused.Add(trace[index]);
        givenUp.Add(index);
    }

    private static void Must(Cluster cluster, Command command, Instant at)
    {
        var decision = cluster.Decide(command, at);
        if (decision.Refusal is { } refusal) throw new InvalidDataException(refusal.ToString());
        foreach (var record in decision.Records) cluster.Apply(record);
    }
}
