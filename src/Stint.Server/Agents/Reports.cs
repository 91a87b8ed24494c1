using Google.Protobuf;
using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Agents;
using Stint.Server.Engine;

namespace Stint.Server.Agents;

/// <summary>
/// A report of an agent on its way through the engine. It is acknowledged after the commit; refused ones as well (and logged),
/// because sending them again would change nothing.
/// </summary>
internal sealed partial class Report(AgentSession session, ulong id, Command command, uint jobId, ILogger log, string drainReason = "", bool holds = false) : Work
{
    private static readonly Actor Root = new(0, IsOperator: true);
    private Refusal? refusal;

    public override void Decide(Batch batch)
    {
        DecideReport(batch);
        if (holds && refusal is null && batch.Cluster.FindJob(jobId) is { State: Core.Jobs.JobState.Pending, Held: false }) batch.Decide(new HoldJob(jobId, Root));
        NodeDrain.Decide(batch, session.Node, drainReason, log);
    }

    private void DecideReport(Batch batch)
    {
        // A node reports about jobs that hold, or held, a share there; whatever else it says is not its business.
        if (batch.Cluster.FindJob(jobId) is { } job && !HasShare(job, session.Node))
        {
            refusal = new Refusal(RefusalCodes.AccessDenied, $"job {jobId} has no share on node {session.Node}");
            return;
        }
        refusal = batch.Decide(command).Refusal;
    }

    public override void Committed()
    {
        if (refusal is not null) Log.Refused(log, session.Node, jobId, command.GetType().Name, refusal.Sentence);
        if (id != 0) session.Send(new ToAgent { Ack = new ReportAck { ReportId = id } });
    }

    public override void Abandon() { }

    /// <summary>
    /// That a batch script started moves nothing (no job, no share, no client): its record goes with the next commit, which for a
    /// short job is the one of its end. An srun waits to hear that its step runs.
    /// </summary>
    public override bool CanWait => command is ReportStepStarted { Report.StepId: StepIds.Batch };

    private static bool HasShare(Core.Jobs.Job job, string node)
    {
        for (var i = 0; i < job.Shares.Count; i++)
            if (job.Shares[i].Node == node) return true;
        return false;
    }

    public static Report Of(AgentSession session, ulong id, StepStartedReport report, ILogger log) => new(session, id, new ReportStepStarted(new StepStarted
    {
        JobId = report.Key?.JobId ?? 0, StepId = report.Key?.StepId ?? 0, Attempt = report.Key?.Attempt ?? 0, Node = session.Node,
        Receipt = report.Receipt?.ToByteString() ?? ByteString.Empty, Pid = report.Pid,
    }), report.Key?.JobId ?? 0, log);

    public static Report Of(AgentSession session, ulong id, StepExitedReport report, ILogger log) => new(session, id, new ReportStepExited(new StepExited
    {
        JobId = report.Key?.JobId ?? 0, StepId = report.Key?.StepId ?? 0, Attempt = report.Key?.Attempt ?? 0, Node = session.Node,
        Kind = KindOf(report), ExitCode = report.ExitCode, Signal = report.Signal, Cause = Bounded(report.Cause), Report = report.ToByteString(),
        Released = report.JobReleased, PeakMemoryBytes = report.Measured?.PeakMemoryBytes ?? 0,
        CpuUserUs = report.Measured?.CpuUserUs ?? 0, CpuSystemUs = report.Measured?.CpuSystemUs ?? 0, Started = report.Started,
    }), report.Key?.JobId ?? 0, log, report.DrainReason, report.HoldJob);

    public static Report Of(AgentSession session, ulong id, JobReleasedReport report, ILogger log) =>
        new(session, id, new ReportNodeReleased(report.JobId, report.Attempt, session.Node), report.JobId, log);

    private static EndKind KindOf(StepExitedReport report) => report.Outcome switch
    {
        Outcome.Exited => report is { ExitCode: 0, Signal: 0 } ? EndKind.EndCompleted : EndKind.EndFailed,
        Outcome.OutOfMemory => EndKind.EndOutOfMemory,
        Outcome.TimeLimit => EndKind.EndTimeout,
        // EndJob only carries out what the journal has decided already; the job's own kind says why.
        Outcome.Ended => EndKind.EndCancelled,
        Outcome.LaunchFailed => EndKind.EndLaunchFailed,
        Outcome.NodeFailure => EndKind.EndNodeFail,
        _ => EndKind.EndFailed,
    };

    private static string Bounded(string cause) => cause.Length <= 2_000 ? cause : cause[..2_000];

    private static partial class Log
    {
        [LoggerMessage(2201, LogLevel.Warning, "Node {Node} reported about job {JobId} ({Command}) what cannot be: {Why}")]
        public static partial void Refused(ILogger logger, string node, uint jobId, string command, string why);
    }
}
