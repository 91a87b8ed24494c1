using Stint.Core;
using Stint.Core.Jobs;
using Stint.Protocol.Agents;

namespace Stint.Server.Agents;

/// <summary>Tells nodes that a job stands still, goes on, or has another time limit. All of it may be said twice.</summary>
internal static class Suspension
{
    /// <summary>After a record of either kind: what the job is now.</summary>
    public static void Tell(AgentDirectory agents, Job job, Instant now)
    {
        for (var i = 0; i < job.Shares.Count; i++)
            if (!job.ReleasedNodes.Contains(job.Shares[i].Node) && agents.Find(job.Shares[i].Node) is { } session) Tell(session, job, now);
    }

    public static void TellLimit(AgentDirectory agents, Job job, Instant now)
    {
        for (var i = 0; i < job.Shares.Count; i++)
            if (agents.Find(job.Shares[i].Node) is { } session)
                session.Send(new ToAgent { SetJobLimit = new SetJobLimit { JobId = job.Id, Attempt = job.Attempt, WallLeftMs = Left(job, now) } });
    }

    /// <summary>After a reconnect: jobs that were suspended, resumed or given another limit meanwhile.</summary>
    public static void SendDue(Cluster cluster, AgentSession session, IReadOnlyList<(uint JobId, uint StepId, uint Attempt)> holdings, Instant now)
    {
        var told = new HashSet<uint>();
        foreach (var (jobId, _, attempt) in holdings)
            if (told.Add(jobId) && cluster.FindJob(jobId) is { State: JobState.Running or JobState.Suspended } job && job.Attempt == attempt) Tell(session, job, now);
    }

    private static void Tell(AgentSession session, Job job, Instant now) => session.Send(job.State == JobState.Suspended
        ? new ToAgent { SuspendJob = new Protocol.Agents.SuspendJob { JobId = job.Id, Attempt = job.Attempt } }
        : new ToAgent { ResumeJob = new Protocol.Agents.ResumeJob { JobId = job.Id, Attempt = job.Attempt, WallLeftMs = Left(job, now) } });

    private static long Left(Job job, Instant now) => job.EndLimit.IsSet ? LaunchSpecs.WallLimitMs(job, now) : 0;
}
