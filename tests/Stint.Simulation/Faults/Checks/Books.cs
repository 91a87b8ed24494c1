using Stint.Agent.Launch;
using Stint.Core;
using Stint.Core.Journal;

namespace Stint.Simulation.Faults.Checks;

/// <summary>
/// Reads what became durable, record by record, against what really happened. It has a view of each job of its own, so that it does not believe the
/// cluster's.
/// </summary>
internal sealed class Books(World world)
{
    private readonly SortedDictionary<uint, BookedJob> jobs = [];
    private readonly Dictionary<string, uint> byToken = new(StringComparer.Ordinal);
    private readonly HashSet<string> drained = new(StringComparer.Ordinal), unavailable = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> downedByAdmin = new(StringComparer.Ordinal);
    private readonly HashSet<(uint, uint, uint, string)> exits = [];
    private readonly HashSet<(uint Job, uint Attempt, string Node)> givenUp = [];
    private readonly HashSet<uint> cancelled = [];
    private readonly Dictionary<string, long> backSince = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<uint, BookedJob> Jobs => jobs;
    public long Records { get; private set; }
    public bool AllOver { get { foreach (var job in jobs.Values) if (!job.IsOver) return false; return true; } }

    public uint? JobOfToken(string token) => byToken.TryGetValue(token, out var id) ? id : null;

    /// <summary>The cluster wrote off the node for this job: its processes may run on where nobody sees them.</summary>
    public bool WasGivenUp(RunningStep step) => givenUp.Contains((step.Id.Job, step.Id.Attempt, step.Node));

    public bool IsBookedOver(RunningStep step) => exits.Contains((step.Id.Job, step.Id.Step, step.Id.Attempt, step.Node));

    /// <summary>A client was told that the job is cancelled.</summary>
    public void CancelIsKnown(uint job, int revivalsBefore)
    {
        if (Revivals(job) == revivalsBefore) cancelled.Add(job);
    }

    public int Revivals(uint job) => jobs.TryGetValue(job, out var known) ? known.Revivals : 0;
    public void RequeueWasAsked(uint job) => cancelled.Remove(job);

    public void Durable(IReadOnlyList<Record> records)
    {
        foreach (var record in records)
        {
            Records++;
            if (world.IsTracing) world.TraceLine(Line(record));
            switch (record.BodyCase)
            {
                case Record.BodyOneofCase.JobSubmitted: On(record.JobSubmitted); break;
                case Record.BodyOneofCase.JobHeld: jobs[record.JobHeld.JobId].Held = true; break;
                case Record.BodyOneofCase.JobReleased: jobs[record.JobReleased.JobId].Held = false; break;
                case Record.BodyOneofCase.JobAllocated: On(record.JobAllocated); break;
                case Record.BodyOneofCase.JobEndRequested: jobs[record.JobEndRequested.JobId].Ending = true; break;
                case Record.BodyOneofCase.JobEnded: On(record.JobEnded); break;
                case Record.BodyOneofCase.JobRequeued: On(record.JobRequeued); break;
                case Record.BodyOneofCase.ArrayTasksCancelled: On(record.ArrayTasksCancelled); break;
                case Record.BodyOneofCase.StepExited: On(record.StepExited); break;
                case Record.BodyOneofCase.NodeReleased: On(record.NodeReleased); break;
                case Record.BodyOneofCase.NodeStateChanged: On(record.NodeStateChanged); break;
                case Record.BodyOneofCase.NodeRegistered: Is(record.NodeRegistered.Name, available: true); break;
                default: break;
            }
        }
    }

    private void On(JobSubmitted record)
    {
        world.Promise(jobs.TryAdd(record.JobId, new BookedJob(record.JobId, record.Spec)), "ids", $"job id {record.JobId} was given out twice");
        // The comment says which submission of the plan it is. A token is remembered as long as its job, which a clock set forward makes short.
        if (record.Spec.Comment.Length == 0) return;
        world.Promise(!byToken.ContainsKey(record.Spec.Comment) || world.ServerClockJumped, "submitted once",
            $"submission {record.Spec.Comment} became job {byToken.GetValueOrDefault(record.Spec.Comment)} and job {record.JobId}");
        byToken[record.Spec.Comment] = record.JobId;
    }

    private void On(JobAllocated record)
    {
        var isTask = record.HasArrayTask;
        if (isTask)
        {
            var array = jobs[record.ArrayJobId];
            if (!jobs.TryGetValue(record.JobId, out var split) || ReferenceEquals(split, array) && !array.Split.ContainsKey(record.ArrayTask))
            {
                world.Promise(array.Split.TryAdd(record.ArrayTask, record.JobId), "array", $"task {record.ArrayTask} of array {array.Id} was split off twice");
                if (split is null) jobs.Add(record.JobId, new BookedJob(record.JobId, array.Spec) { Array = array, Held = array.Held });
            }
            if (cancelled.Contains(array.Id)) world.Promise(false, "cancel", $"task {record.ArrayTask} of array {array.Id} starts after its cancellation was acknowledged");
        }
        var job = jobs[record.JobId];
        world.Promise(!job.IsRunning && !job.IsOver, "sequence", $"job {job.Id} gets resources although it {(job.IsOver ? "is over" : "has some")}");
        world.Promise(!job.Held, "hold", $"job {job.Id} starts although it is held");
        world.Promise(!cancelled.Contains(job.Id), "cancel", $"job {job.Id} starts after its cancellation was acknowledged");
        world.Promise(job.LastAttempt is not { } last || record.Attempt > last, "attempts", $"job {job.Id} starts attempt {record.Attempt} after attempt {job.LastAttempt}");
        job.Begin(record, world.Queue.NowUs);
        foreach (var share in record.Shares)
            world.Promise(!drained.Contains(share.Node) && !unavailable.Contains(share.Node), "nodes", $"job {job.Id} starts on node {share.Node}, which takes no jobs");
        foreach (var step in world.Truth.Alive)
            world.Promise(step.Id.Job != job.Id || WasGivenUp(step), "sequence", $"job {job.Id} gets resources again while {step} runs");
    }

    private void On(NodeReleased record)
    {
        // Either the node said so, and then nothing of it runs there, or nobody can ask the node.
        var silent = unavailable.Contains(record.Node);
        if (silent) givenUp.Add((record.JobId, record.Attempt, record.Node));
        else CheckGone(record.JobId, record.Attempt, record.Node);
    }

    private void CheckGone(uint job, uint attempt, string node)
    {
        foreach (var step in world.Truth.Alive)
            world.Promise(step.Id.Job != job || step.Node != node || step.Id.Attempt != attempt || WasGivenUp(step), "released", $"node {node} let go of job {job} while {step} runs");
    }

    private void On(JobEnded record)
    {
        var job = jobs[record.JobId];
        world.Promise(!job.IsOver, "ends once", $"job {job.Id} ended a second time");
        if (job.IsRunning) CheckEnd(job, record.Kind, record.Cause);
        job.End(record.Kind);
    }

    private void On(JobRequeued record)
    {
        var job = jobs[record.JobId];
        if (job.IsRunning) LeaveNodes(job);
        job.Requeue(record.Held);
    }

    /// <summary>Nodes that had not let go yet are given up with the job: that is allowed only where nobody answers.</summary>
    private void LeaveNodes(BookedJob job)
    {
        foreach (var node in job.Nodes)
            if (unavailable.Contains(node)) givenUp.Add((job.Id, job.Attempt, node));
            else CheckGone(job.Id, job.Attempt, node);
    }

    private void CheckEnd(BookedJob job, EndKind kind, string cause)
    {
        LeaveNodes(job);
        if (kind == EndKind.EndCompleted && job.Spec.IsBatch)
            world.Promise(world.Truth.Find(job.Nodes[0], new StepId(job.Id, StepIds.Batch, job.Attempt)) is { EndedBy: EndedBy.Itself, Program.ExitCode: 0 }, "truth",
                $"job {job.Id} is said to have completed; its script did not");
        if (kind == EndKind.EndTimeout && job.Spec.IsBatch && !Excused(job))
            world.Promise(world.Truth.Find(job.Nodes[0], new StepId(job.Id, StepIds.Batch, job.Attempt)) is not null, "truth", $"job {job.Id} is said to have reached its time limit; it never ran");
        if (kind == EndKind.EndNodeFail)
            world.Promise(Excused(job), "truth",
                $"job {job.Id} is said to have lost a node of {string.Join(',', job.Nodes)} ({cause}); nothing was wrong with it");
    }

    /// <summary>Something was wrong with one of its nodes, or with the server's clock, since it began.</summary>
    private bool Excused(BookedJob job) => job.HadStepTrouble || world.ServerClockJumped
        || job.Nodes.Any(node => world.Truth.HadNodeTrouble(node, job.BeganUs) || world.Truth.WasSilent(node, job.BeganUs) || (downedByAdmin.TryGetValue(node, out var at) && at >= job.BeganUs));

    private void On(ArrayTasksCancelled record)
    {
        var array = jobs[record.ArrayJobId];
        foreach (var range in record.Tasks)
            for (var task = range.First; task <= range.Last; task += Math.Max(1, range.Step))
                world.Promise(!array.Split.ContainsKey(task) && array.TasksCancelled.Add(task), "array", $"task {task} of array {array.Id} was cancelled twice, or after its start");
    }

    private void On(StepExited record)
    {
        world.Promise(exits.Add((record.JobId, record.StepId, record.Attempt, record.Node)), "ends once", $"step {record.JobId}.{record.StepId} attempt {record.Attempt} on {record.Node} ended a second time");
        var job = jobs[record.JobId];
        var id = new StepId(record.JobId, record.StepId, record.Attempt);
        var really = world.Truth.Find(record.Node, id);
        var trouble = world.Truth.HadNodeTrouble(record.Node, job.BeganUs) || world.Truth.HadStepTrouble(record.Node, id)
            // A shepherd that has no room for its socket is not found by the next life of its agent, and is given up.
            || record.Kind == EndKind.EndNodeFail && world.Truth.HadFullDisk(record.Node);
        job.HadStepTrouble |= trouble;
        world.Promise(really is not { IsAlive: true } || trouble, "truth", $"{really} is said to be over ({record.Kind}) and runs");
        if (record.Released) CheckGone(record.JobId, record.Attempt, record.Node);
        if (trouble) return;
        switch (record.Kind)
        {
            case EndKind.EndCompleted or EndKind.EndFailed:
                world.Promise(really is { EndedBy: EndedBy.Itself } && really.Program.ExitCode == record.ExitCode
                    || really is { EndedBy: EndedBy.Order } && record.Signal != 0, "truth",
                    $"step {id} on {record.Node} is said to have ended with {record.ExitCode}:{record.Signal}; really it {How(really)}");
                break;
            case EndKind.EndNodeFail:
                world.Promise(false, "truth", $"step {id} is said to be lost on {record.Node} ({record.Cause}); nothing was wrong, and really it {How(really)}");
                break;
            case EndKind.EndCancelled:
                world.Promise(job.Ending || !id.IsBatch, "truth", $"step {id} is said to have been ended by order; nobody gave one");
                break;
            case EndKind.EndTimeout:
                var ranMs = (world.Queue.NowUs - job.BeganUs) / 1000;
                world.Promise(world.ServerClockJumped || ranMs >= job.Spec.TimeLimitMs - 1_000, "truth", $"step {id} is said to have reached its limit of {job.Spec.TimeLimitMs} ms after {ranMs} ms");
                break;
        }
        if (record.Started && really is not null && !world.Truth.HadFullDisk(record.Node))
            world.Promise(Math.Abs((long)record.CpuUserUs - really.CpuUs(world.Queue.NowUs)) <= 1_000, "usage",
                $"step {id} on {record.Node} used {really.CpuUs(world.Queue.NowUs)} µs; {record.CpuUserUs} are booked");
    }

    private static string How(RunningStep? really) => really is null ? "never ran" : really.IsAlive ? "runs" : $"ended by {really.EndedBy} with {really.Program.ExitCode}";

    private void On(NodeStateChanged record)
    {
        if (record.HasDrain) Set(drained, record.Name, record.Drain);
        if (record.HasAvailability) Is(record.Name, record.Availability == NodeAvailability.NodeUp);
        if (record.HasAvailability && record.ByAdmin) downedByAdmin[record.Name] = world.Queue.NowUs;
    }

    private void Is(string node, bool available)
    {
        if (!available) unavailable.Add(node);
        else if (unavailable.Remove(node)) backSince[node] = world.Queue.NowUs;
    }

    /// <summary>What the cluster has closed does not run on for long where it can be reached.</summary>
    public void CheckStrays(long beforeUs)
    {
        foreach (var step in world.Truth.Alive)
        {
            if (unavailable.Contains(step.Node) || Math.Max(world.HealedUs, backSince.GetValueOrDefault(step.Node)) > beforeUs || !jobs.TryGetValue(step.Id.Job, out var job)) continue;
            world.Promise(job.IsRunning && job.Attempt == step.Id.Attempt, "strays", $"{step} still runs; the cluster has closed it, and its node is back for long");
        }
    }

    private static void Set(HashSet<string> set, string name, bool isIn)
    {
        if (isIn) set.Add(name);
        else set.Remove(name);
    }

    /// <summary>The shepherd keeps the limit by its own clock, whatever server and agent do.</summary>
    public void CheckLimit(RunningStep step)
    {
        if (!jobs.TryGetValue(step.Id.Job, out var job) || job.Spec.TimeLimitMs <= 0) return;
        if (world.Truth.HadNodeTrouble(step.Node, step.StartedUs) || world.Truth.HadStepTrouble(step.Node, step.Id) || world.WasStuck(step.Node)) return;
        var ranMs = (step.EndedUs - step.StartedUs) / 1000;
        world.Promise(ranMs <= job.Spec.TimeLimitMs + World.KillWaitMs + 2_000, "limit", $"{step} ran {ranMs} ms; its limit is {job.Spec.TimeLimitMs} ms");
    }

    private static string Line(Record record)
    {
        var text = record.ToString();
        return "journal: " + (text.Length <= 300 ? text : text[..300]);
    }
}
