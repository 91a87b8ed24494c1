using Stint.Core.Journal;

namespace Stint.Storage.Sqlite;

/// <summary>Slurm's state names, as accounting shows them.</summary>
internal static class HistoryNames
{
    public static string OfJob(EndKind kind) => kind switch
    {
        EndKind.EndCompleted => "COMPLETED",
        EndKind.EndCancelled => "CANCELLED",
        EndKind.EndTimeout => "TIMEOUT",
        EndKind.EndNodeFail => "NODE_FAIL",
        EndKind.EndOutOfMemory => "OUT_OF_MEMORY",
        EndKind.EndPreempted => "PREEMPTED",
        EndKind.EndDeadline => "DEADLINE",
        _ => "FAILED",
    };

    /// <summary>A step is not timed out, its job is: Slurm shows the step as cancelled.</summary>
    public static string OfStep(EndKind kind) => kind == EndKind.EndTimeout ? "CANCELLED" : OfJob(kind);

    /// <summary>Of several nodes the worst counts.</summary>
    public static string OfStep(IReadOnlyList<StepExited> reports, bool isOver)
    {
        if (!isOver) return "RUNNING";
        var worst = EndKind.EndUnknown;
        foreach (var report in reports)
            if (worst is EndKind.EndUnknown or EndKind.EndCompleted || report.Kind == EndKind.EndOutOfMemory) worst = report.Kind;
        return worst == EndKind.EndUnknown ? "CANCELLED" : OfStep(worst);
    }
}
