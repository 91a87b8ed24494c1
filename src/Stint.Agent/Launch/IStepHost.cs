using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>
/// The steps of this node: starts them behind a shepherd, follows them, finds them again after the agent's own death.
/// Thread-safe. Every report goes to <see cref="IStepReports"/>.
/// </summary>
public interface IStepHost
{
    /// <summary>Looks through the spool: reconnects to living shepherds, reads exit records, ends what lost its shepherd. Call once, before anything else.</summary>
    Task RecoverAsync(CancellationToken cancellation);

    /// <summary>Starts a step; its signature was checked. The same key again is ignored (idempotent). Never throws for a bad spec: that is a report.</summary>
    void Launch(LaunchSpec spec);

    /// <summary>SIGTERM (and SIGCONT), grace, SIGKILL to the whole group; reports when the job is gone from this node, at once if it never was here.</summary>
    void EndJob(EndJob order);

    /// <summary>Freezes every process of the job and stops its wall time; again is the same.</summary>
    void Suspend(SuspendJob order);
    /// <summary>Thaws them; a job that is not frozen only gets its wall time.</summary>
    void Resume(ResumeJob order);
    /// <summary>What is left of the job's wall time from now on.</summary>
    void SetLimit(SetJobLimit order);

    void Signal(SignalStep order);
    void Input(StepInput input);
    void Resize(ResizePty order);
    /// <summary>The client took that many bytes of this step's output: as many more may be read from its pipes.</summary>
    void OutputTaken(StepOutputTaken taken);

    /// <summary>Every step that still has a directory here, for Hello.</summary>
    IReadOnlyList<StepHolding> Holdings { get; }
    /// <summary>The server has committed the report: the step's directory may go.</summary>
    void Acknowledged(ulong reportId);
    /// <summary>All reports that are not acknowledged, oldest first, to be sent again after a reconnect.</summary>
    IReadOnlyList<ToServer> Unacknowledged { get; }
}

/// <summary>Where reports go. <see cref="Send"/> never blocks; when the link is down, reports with an id are kept by the host and sent again.</summary>
public interface IStepReports
{
    void Send(ToServer message);
}
