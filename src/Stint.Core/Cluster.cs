using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Scheduling;

namespace Stint.Core;

/// <summary>
/// The whole cluster as a fold of its journal. One caller at a time; no clock, no I/O.
/// Invariant: state changes in <see cref="Apply"/> only, and <see cref="Decide"/> reads it without changing it
/// (caches that do not show in the journal excepted: pending reasons and what a scheduling pass may skip).
/// </summary>
public sealed partial class Cluster
{
    private readonly IScheduler scheduler;
    private readonly Dictionary<uint, Job> jobs = [];
    private readonly Dictionary<string, Node> nodes = new(StringComparer.Ordinal);

    public Cluster(IScheduler? scheduler = null)
    {
        this.scheduler = scheduler ?? new Scheduling.Cycle.BackfillScheduler();
        queue = new JobQueue(QueueFor);
    }

    /// <summary>Everything in hot state: pending, running, and ended less than MinJobAge ago.</summary>
    public IReadOnlyDictionary<uint, Job> Jobs => jobs;
    public IReadOnlyDictionary<string, Node> Nodes => nodes;
    /// <summary>The last configuration that was written to the journal; empty before the first.</summary>
    public ClusterConfigured Config { get; private set; } = new();
    /// <summary>Ids are never given out twice, also when the job is long forgotten.</summary>
    public uint NextJobId { get; private set; } = 1;

    /// <summary>What follows from a command, or why not. Total: never throws for bad input.</summary>
    public Decision Decide(Command command, Instant now) => command switch
    {
        Configure c => DecideConfigure(c, now),
        ChangeTiers c => DecideChangeTiers(c, now),
        RegisterNode c => DecideRegisterNode(c, now),
        LoseNode c => DecideLoseNode(c, now),
        UpdateNode c => DecideUpdateNode(c, now),
        SubmitJob c => DecideSubmit(c, now),
        CancelJob c => DecideCancel(c, now),
        HoldJob c => DecideHold(c, now),
        ReleaseJob c => DecideRelease(c, now),
        RequeueJob c => DecideRequeue(c, now),
        CompleteInteractiveJob c => DecideCompleteInteractive(c, now),
        CreateStep c => DecideCreateStep(c, now),
        ReportStepStarted c => DecideStepStarted(c, now),
        ReportStepExited c => DecideStepExited(c, now),
        ReportNodeReleased c => DecideNodeReleased(c, now),
        ReportNodeHoldings c => DecideNodeHoldings(c, now),
        MakeReservation c => DecideMakeReservation(c, now),
        UpdateReservation c => DecideUpdateReservation(c, now),
        DeleteReservation c => DecideDeleteReservation(c, now),
        SkipReservation c => DecideSkipReservation(c, now),
        UpdateJob c => DecideUpdateJob(c, now),
        SuspendJob c => DecideSuspend(c, now),
        ResumeJob c => DecideResume(c, now),
        TopJobs c => DecideTop(c, now),
        SubmitHetJob c => DecideSubmitHet(c, now),
        Schedule c => DecideSchedule(c, now),
        Tick => DecideTick(now),
        ShiftClock c => DecideShiftClock(c, now),
        IssueToken c => DecideIssueToken(c, now),
        UseToken c => DecideUseToken(c, now),
        SetQos c => DecideSetQos(c, now),
        RemoveQos c => DecideRemoveQos(c, now),
        SetAssociation c => DecideSetAssociation(c, now),
        RemoveAssociation c => DecideRemoveAssociation(c, now),
        _ => Decision.No(RefusalCodes.InvalidRequest, $"{command?.GetType().Name ?? "nothing"} is not a command of this version"),
    };

    /// <summary>Folds one record in. The engine applies records right after they were decided and before the commit.</summary>
    /// <exception cref="InvalidOperationException">The record contradicts the state: the journal is not ours, or the program is
    /// wrong.</exception>
    public void Apply(Record record)
    {
        var at = new Instant(record.AtMs);
        switch (record.BodyCase)
        {
            case Record.BodyOneofCase.ClusterConfigured: OnPolicy(record.ClusterConfigured, at); break;
            case Record.BodyOneofCase.NodeRegistered: On(record.NodeRegistered, at); break;
            case Record.BodyOneofCase.NodeStateChanged: On(record.NodeStateChanged, at); break;
            case Record.BodyOneofCase.JobSubmitted: On(record.JobSubmitted, at); break;
            case Record.BodyOneofCase.JobHeld: On(record.JobHeld); break;
            case Record.BodyOneofCase.JobReleased: On(record.JobReleased, at); break;
            case Record.BodyOneofCase.JobAllocated: On(record.JobAllocated, at); break;
            case Record.BodyOneofCase.JobEndRequested: On(record.JobEndRequested); break;
            case Record.BodyOneofCase.NodeReleased: On(record.NodeReleased, at); break;
            case Record.BodyOneofCase.JobEnded: On(record.JobEnded, at); break;
            case Record.BodyOneofCase.JobRequeued: On(record.JobRequeued, at); break;
            case Record.BodyOneofCase.JobsForgotten: On(record.JobsForgotten); break;
            case Record.BodyOneofCase.ArrayTasksCancelled: On(record.ArrayTasksCancelled, at); break;
            case Record.BodyOneofCase.StepCreated: On(record.StepCreated, at); break;
            case Record.BodyOneofCase.StepStarted: On(record.StepStarted, at); break;
            case Record.BodyOneofCase.StepExited: On(record.StepExited, at); break;
            case Record.BodyOneofCase.TokenIssued: On(record.TokenIssued, at); break;
            case Record.BodyOneofCase.TokenUsed: On(record.TokenUsed); break;
            case Record.BodyOneofCase.NodeCertified: On(record.NodeCertified); break;
            case Record.BodyOneofCase.JobUpdated: On(record.JobUpdated, at); CountUpdated(JobOf(record.JobUpdated.JobId), at); break;
            case Record.BodyOneofCase.JobSuspended: On(record.JobSuspended, at); CountUpdated(JobOf(record.JobSuspended.JobId), at); break;
            case Record.BodyOneofCase.JobResumed: On(record.JobResumed, at); CountUpdated(JobOf(record.JobResumed.JobId), at); break;
            case Record.BodyOneofCase.ArrayTasksSplit: On(record.ArrayTasksSplit); break;
            case Record.BodyOneofCase.ReservationMade: On(record.ReservationMade, at); break;
            case Record.BodyOneofCase.ReservationRemoved: On(record.ReservationRemoved, at); break;
            case Record.BodyOneofCase.QosSet: On(record.QosSet, at); break;
            case Record.BodyOneofCase.QosRemoved: On(record.QosRemoved, at); break;
            case Record.BodyOneofCase.AssociationSet: On(record.AssociationSet, at); break;
            case Record.BodyOneofCase.AssociationRemoved: On(record.AssociationRemoved, at); break;
            case Record.BodyOneofCase.ClockShifted: On(record.ClockShifted, at); break;
            default: throw new InvalidOperationException($"the journal holds a record of kind {record.BodyCase}, which this version does not know");
        }
    }

    private Job JobOf(uint id) => jobs.TryGetValue(id, out var job) ? job
        : throw new InvalidOperationException($"a record names job {id}, which is not known");

    private Node NodeOf(string name) => nodes.TryGetValue(name, out var node) ? node
        : throw new InvalidOperationException($"a record names node {name}, which is not known");
}
