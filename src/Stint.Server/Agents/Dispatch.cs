using System.Globalization;
using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Protocol.Agents;
using Stint.Server.Engine;
using Stint.Server.Runs;

namespace Stint.Server.Agents;

/// <summary>
/// The effects of committed records on nodes: launches and ends. Everything here is idempotent at the agent and can be derived from
/// the state again (<see cref="SendDue"/>), so a lost message costs a reconnect, never a job. Engine's thread only.
/// </summary>
internal sealed partial class Dispatch(AgentDirectory agents, Payloads payloads, RunDirectory runs, ILogger<Dispatch> log) : ICommitObserver
{
    public void Committed(long sequence, Record record, Cluster cluster, Instant now)
    {
        switch (record.BodyCase)
        {
            case Record.BodyOneofCase.JobAllocated when cluster.FindJob(record.JobAllocated.JobId) is { } job:
                if (job.Attempt == record.JobAllocated.Attempt) LaunchBatch(cluster, job, null, now);
                break;
            case Record.BodyOneofCase.StepCreated when cluster.FindJob(record.StepCreated.JobId) is { } job:
                if (job.Steps.TryGetValue(record.StepCreated.StepId, out var step)) LaunchStep(cluster, job, step, null, now);
                break;
            case Record.BodyOneofCase.JobEndRequested when cluster.FindJob(record.JobEndRequested.JobId) is { State: JobState.Completing } job:
                for (var i = 0; i < job.Shares.Count; i++) EndDue(cluster, job, job.Shares[i].Node, now);
                break;
            case Record.BodyOneofCase.JobSuspended when cluster.FindJob(record.JobSuspended.JobId) is { } job:
                Suspension.Tell(agents, job, now);
                break;
            case Record.BodyOneofCase.JobResumed when cluster.FindJob(record.JobResumed.JobId) is { } job:
                Suspension.Tell(agents, job, now);
                break;
            case Record.BodyOneofCase.JobUpdated when cluster.FindJob(record.JobUpdated.JobId) is { State: JobState.Running } job:
                Suspension.TellLimit(agents, job, now);
                break;
            case Record.BodyOneofCase.ClusterConfigured:
                UserLevels.Tell(agents, cluster);
                break;
            default:
                break;
        }
    }

    /// <summary>A session begins: whatever its node should be doing, or should have stopped doing, is told again.</summary>
    public void SendDue(Cluster cluster, AgentSession session, IReadOnlyList<(uint JobId, uint StepId, uint Attempt)> holdings, Instant now)
    {
        var node = session.Node;
        UserLevels.SendDue(cluster, session, holdings);
        // What is to go comes before what is to come: its cpus may be given away already.
        foreach (var job in cluster.EndsDue(node)) EndDue(cluster, job, node, now);
        foreach (var (jobId, attempt) in cluster.StrayJobs(node, holdings))
        {
            Log.Stray(log, node, jobId);
            session.Send(new ToAgent { EndJob = new EndJob { JobId = jobId, Attempt = attempt, Reason = EndReason.EndOver } });
        }
        foreach (var (jobId, stepId, _) in holdings)
            // Its srun went with the server that knew it.
            if (stepId < StepIds.Batch && !runs.IsFollowed(jobId, stepId)) session.Send(new ToAgent { SignalStep = new SignalStep { JobId = jobId, StepId = stepId, Signal = 9 } });
        foreach (var (job, step) in cluster.LaunchesDue(node))
        {
            if (step.Id == StepIds.Batch) LaunchBatch(cluster, job, node, now);
            else LaunchStep(cluster, job, step, node, now);
        }
        Suspension.SendDue(cluster, session, holdings, now);
    }

    private void LaunchBatch(Cluster cluster, Job job, string? onlyNode, Instant now)
    {
        if (job.State != JobState.Running || !job.Spec.IsBatch || job.Shares.Count == 0) return;
        // The script of a heterogeneous job runs on its first component alone.
        if (job.Spec.HetJobId != 0 && job.Spec.HetJobId != job.Id) return;
        var node = job.Shares[0].Node;
        if ((onlyNode is not null && onlyNode != node) || Answered(job, StepIds.Batch, node)) return;
        if (agents.Find(node) is { } session && PayloadOf(job, job.Spec.PayloadHash) is { } payload)
            session.Launch(LaunchSpecs.OfBatch(job, payload, cluster.Config, now, HetEnvironment.Of(cluster, job)).WithOverTime(cluster.Config.OverTimeMs));
    }

    private void LaunchStep(Cluster cluster, Job job, Step step, string? onlyNode, Instant now)
    {
        if (job.State != JobState.Running || step.IsOver || step.Id >= StepIds.Batch || !runs.IsFollowed(job.Id, step.Id)) return;
        for (var i = 0; i < step.Shares.Count; i++)
        {
            var node = step.Shares[i].Node;
            if ((onlyNode is not null && onlyNode != node) || Answered(job, step.Id, node)) continue;
            if (agents.Find(node) is { } session && PayloadOf(job, step.Spec.PayloadHash) is { } payload)
                session.Launch(LaunchSpecs.OfStep(job, step, i, payload, cluster.Config, now).WithOverTime(cluster.Config.OverTimeMs, step));
        }
    }

    private void EndDue(Cluster cluster, Job job, string node, Instant now)
    {
        if (job.ReleasedNodes.Contains(node) || agents.Find(node) is not { } session) return;
        var reason = ReasonOf(job.Kind);
        session.Send(new ToAgent
        {
            EndJob = new EndJob { JobId = job.Id, Attempt = job.Attempt, Reason = reason, GraceMs = job.GraceMs > 0 ? job.GraceMs : cluster.Config.KillWaitMs, Message = MessageOf(job, node, reason, now) },
        });
    }

    private LaunchPayload? PayloadOf(Job job, string hash)
    {
        var payload = payloads.Find(hash);
        if (payload is null) Log.PayloadMissing(log, job.Id, hash);
        return payload;
    }

    private static bool Answered(Job job, uint stepId, string node) => job.Steps.TryGetValue(stepId, out var step)
        && (step.StartReports.ContainsKey(node) || step.ExitReports.ContainsKey(node));

    private static EndReason ReasonOf(EndKind kind) => kind switch
    {
        EndKind.EndCancelled => EndReason.EndCancelled,
        EndKind.EndTimeout or EndKind.EndDeadline => EndReason.EndTimeLimit,
        EndKind.EndPreempted => EndReason.EndPreempted,
        EndKind.EndNodeFail => EndReason.EndNodeLost,
        _ => EndReason.EndOver,
    };

    /// <summary>What slurmstepd writes to the job's error file.</summary>
    private static string MessageOf(Job job, string node, EndReason reason, Instant now)
    {
        var why = reason switch { EndReason.EndTimeLimit => " DUE TO TIME LIMIT", EndReason.EndPreempted => " DUE TO PREEMPTION", EndReason.EndNodeLost => " DUE TO NODE FAILURE", _ => "" };
        if (reason == EndReason.EndOver) return "";
        var at = DateTimeOffset.FromUnixTimeMilliseconds(now.Milliseconds).ToLocalTime().ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"slurmstepd-{node}: error: *** JOB {job.Id} ON {node} CANCELLED AT {at}{why} ***");
    }

    private static partial class Log
    {
        [LoggerMessage(2102, LogLevel.Warning, "Node {Node} holds job {JobId}, which is over or not its own; it is told to end it")]
        public static partial void Stray(ILogger logger, string node, uint jobId);
        [LoggerMessage(2101, LogLevel.Error, "Job {JobId} cannot be launched: the journal has no payload {Hash}")]
        public static partial void PayloadMissing(ILogger logger, uint jobId, string hash);
    }
}
