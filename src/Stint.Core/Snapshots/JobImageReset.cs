namespace Stint.Core.Journal;

public sealed partial class JobImage
{
    /// <summary>As new, to be read into again. False: lists of it are a job's by now, and it must be left to that.</summary>
    /// <remarks>Invariant, and tested: each field that the message has is reset here.</remarks>
    internal bool TryReset()
    {
        if (Shares.Count > 0 || Steps.Count > 0 || ReleasedNodes.Count > 0 || PendingTasks.Count > 0) return false;
        ClearArrayJobId();
        ClearArrayTask();
        (JobId, Spec, State, Attempt, Kind, SpecNumber, ClientTokenHash) = (0, null, 0, 0, EndKind.EndUnknown, 0, 0);
        (SubmitMs, EligibleMs, StartMs, EndMs, EndLimitMs, NotBeforeMs) = (0, 0, 0, 0, 0, 0);
        (ExitCode, Signal, ByUid, NextStepId, SuspendedFor) = (0, 0, 0, 0, 0);
        (Cause, Partition, Reservation, Licenses) = ("", "", "", "");
        (Held, HeldByAdmin, RequeuePending, KeepsResources, RequeueHeld) = (false, false, false, false, false);
        (ArrayFinishedOk, ArrayFinishedBad, Order) = (0, 0, 0);
        (SuspendedMs, SuspendedAtMs, RunLimitMs, GraceMs) = (0, 0, 0, 0);
        return true;
    }
}
