using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>Where a step stands on this node. Only ever forwards.</summary>
internal enum StepPhase
{
    Preparing,    // directory, group, limits, shepherd are being made
    Starting,     // the shepherd lives; its tasks may not
    Running,
    Draining,     // all tasks are over; their last output is on its way
    Finishing,    // counters are read, the group is killed and removed
    Reported,     // the server was told and has not confirmed
    Removed,
}

/// <param name="End">The strictest order to end that came so far.</param>
/// <param name="Refused">Why it could not be started, when it never got a shepherd.</param>
internal sealed record StepState(StepPhase Phase, bool Started = false, EndJob? End = null, ExitRecord? Exit = null, bool ShepherdLost = false, string? Refused = null,
    bool RefusedByProlog = false, bool RefusedByNode = false)
{
    public static readonly StepState Initial = new(StepPhase.Preparing);
}

internal abstract record StepEvent
{
    public sealed record Prepared : StepEvent;
    public sealed record Refused(string Cause, bool ByProlog = false, bool ByNode = false) : StepEvent;
    public sealed record TasksStarted : StepEvent;
    public sealed record EndOrdered(EndJob Order) : StepEvent;
    public sealed record TasksEnded(ExitRecord Record) : StepEvent;
    public sealed record ShepherdGone : StepEvent;
    public sealed record OutputDrained : StepEvent;
    /// <summary>Nobody took output for too long, or the job is to end and its output still waits.</summary>
    public sealed record DrainExpired : StepEvent;
    public sealed record Finished : StepEvent;
    public sealed record Acknowledged : StepEvent;
}

internal abstract record StepAction
{
    public sealed record Terminate(EndJob Order) : StepAction;
    public sealed record ReportStarted : StepAction;
    /// <summary>Take what is left in the pipes, as fast as the client takes it; then <see cref="StepEvent.OutputDrained"/>.</summary>
    public sealed record Drain : StepAction;
    public sealed record AbandonOutput : StepAction;
    /// <summary>Measure, keep the report, kill and remove the group; then <see cref="StepEvent.Finished"/>.</summary>
    public sealed record Finish : StepAction;
    public sealed record ReportExited : StepAction;
    public sealed record RemoveDirectory : StepAction;
}

/// <summary>
/// The life of a step as a pure function: no clock, no descriptors, no threads. Invariants (tested over random event sequences):
/// the phase never goes back; Finish, ReportExited and RemoveDirectory happen once each and in this order; an event that
/// makes no sense in a phase changes nothing.
/// </summary>
internal static class StepMachine
{
    public static (StepState State, StepAction[] Actions) Next(StepState s, StepEvent e) => (s.Phase, e) switch
    {
        (StepPhase.Preparing, StepEvent.Prepared) => (s with { Phase = StepPhase.Starting }, s.End is { } order ? [new StepAction.Terminate(order)] : []),
        (StepPhase.Preparing, StepEvent.Refused refused) => (s with { Phase = StepPhase.Finishing, Refused = refused.Cause, RefusedByProlog = refused.ByProlog, RefusedByNode = refused.ByNode }, [new StepAction.Finish()]),

        (StepPhase.Starting, StepEvent.TasksStarted) => (s with { Phase = StepPhase.Running, Started = true }, [new StepAction.ReportStarted()]),

        (StepPhase.Starting or StepPhase.Running, StepEvent.TasksEnded ended) => Ended(s, ended.Record),
        (StepPhase.Starting or StepPhase.Running, StepEvent.ShepherdGone) =>
            (s with { Phase = StepPhase.Finishing, ShepherdLost = true }, [new StepAction.AbandonOutput(), new StepAction.Finish()]),

        (StepPhase.Draining, StepEvent.OutputDrained) => (s with { Phase = StepPhase.Finishing }, [new StepAction.Finish()]),
        (StepPhase.Draining, StepEvent.DrainExpired) => (s with { Phase = StepPhase.Finishing }, [new StepAction.AbandonOutput(), new StepAction.Finish()]),

        (StepPhase.Preparing, StepEvent.EndOrdered ordered) => (s with { End = Stricter(s.End, ordered.Order) }, []),
        (StepPhase.Starting or StepPhase.Running, StepEvent.EndOrdered ordered) =>
            (s with { End = Stricter(s.End, ordered.Order) }, [new StepAction.Terminate(ordered.Order)]),
        (StepPhase.Draining, StepEvent.EndOrdered ordered) => (s with { End = Stricter(s.End, ordered.Order) }, []),

        (StepPhase.Finishing, StepEvent.Finished) => (s with { Phase = StepPhase.Reported }, [new StepAction.ReportExited()]),
        (StepPhase.Reported, StepEvent.Acknowledged) => (s with { Phase = StepPhase.Removed }, [new StepAction.RemoveDirectory()]),
        _ => (s, []),
    };

    static (StepState, StepAction[]) Ended(StepState s, ExitRecord record)
    {
        var next = s with { Phase = StepPhase.Draining, Exit = record };
        // Tasks that were over before anyone heard that they had begun have begun all the same.
        if (s.Phase == StepPhase.Starting && !record.Flags.HasFlag(ExitFlags.NotStarted))
            return (next with { Started = true }, [new StepAction.ReportStarted(), new StepAction.Drain()]);
        return (next, [new StepAction.Drain()]);
    }

    static EndJob Stricter(EndJob? before, EndJob now) => before is not null && before.GraceMs <= now.GraceMs ? before : now;
}
