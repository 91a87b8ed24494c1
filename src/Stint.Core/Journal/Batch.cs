using Stint.Core.Journal;

namespace Stint.Core;

/// <summary>The records of one decision, all with its time.</summary>
internal sealed class Batch(Instant now)
{
    public List<Record> Records { get; } = [];
    public Instant Now => now;

    private void Add(Record record)
    {
        record.AtMs = now.Milliseconds;
        Records.Add(record);
    }

    public void Add(ClusterConfigured body) => Add(new Record { ClusterConfigured = body });
    public void Add(NodeRegistered body) => Add(new Record { NodeRegistered = body });
    public void Add(NodeStateChanged body) => Add(new Record { NodeStateChanged = body });
    public void Add(JobSubmitted body) => Add(new Record { JobSubmitted = body });
    public void Add(JobHeld body) => Add(new Record { JobHeld = body });
    public void Add(JobReleased body) => Add(new Record { JobReleased = body });
    public void Add(JobAllocated body) => Add(new Record { JobAllocated = body });
    public void Add(JobEndRequested body) => Add(new Record { JobEndRequested = body });
    public void Add(NodeReleased body) => Add(new Record { NodeReleased = body });
    public void Add(JobEnded body) => Add(new Record { JobEnded = body });
    public void Add(JobRequeued body) => Add(new Record { JobRequeued = body });
    public void Add(JobsForgotten body) => Add(new Record { JobsForgotten = body });
    public void Add(ArrayTasksCancelled body) => Add(new Record { ArrayTasksCancelled = body });
    public void Add(StepCreated body) => Add(new Record { StepCreated = body });
    public void Add(StepStarted body) => Add(new Record { StepStarted = body });
    public void Add(StepExited body) => Add(new Record { StepExited = body });
    public void Add(TokenIssued body) => Add(new Record { TokenIssued = body });
    public void Add(TokenUsed body) => Add(new Record { TokenUsed = body });
    public void Add(NodeCertified body) => Add(new Record { NodeCertified = body });
    public void Add(QosSet body) => Add(new Record { QosSet = body });
    public void Add(QosRemoved body) => Add(new Record { QosRemoved = body });
    public void Add(AssociationSet body) => Add(new Record { AssociationSet = body });
    public void Add(AssociationRemoved body) => Add(new Record { AssociationRemoved = body });

    public void Add(ClockShifted body) => Add(new Record { ClockShifted = body });
    public void Add(ReservationMade body) => Add(new Record { ReservationMade = body });
    public void Add(ReservationRemoved body) => Add(new Record { ReservationRemoved = body });
    public void Add(JobUpdated body) => Add(new Record { JobUpdated = body });
    public void Add(JobSuspended body) => Add(new Record { JobSuspended = body });
    public void Add(JobResumed body) => Add(new Record { JobResumed = body });
    public void Add(ArrayTasksSplit body) => Add(new Record { ArrayTasksSplit = body });

    public Decision Decision(uint id = 0) => Records.Count == 0 && id == 0 ? Core.Decision.Nothing : Core.Decision.Of(Records, id);
}
