using Google.Protobuf;
using Stint.Core.Journal;
using Stint.Protocol.Agents;
using Stint.Server.Features.Jobs;

namespace Stint.Server.Runs;

/// <summary>What srun exits with: the highest of its tasks' codes, 128 + signal for a task that a signal ended (srun(1), RETURN VALUE).</summary>
internal sealed class RunExit
{
    public int Status { get; private set; }
    public int ExitCode { get; private set; }
    public int Signal { get; private set; }
    public string Outcome { get; private set; } = "COMPLETED";
    public string Cause { get; private set; } = "";

    /// <summary>Takes one node's report in; its tasks, for the client.</summary>
    public IReadOnlyList<TaskExit> Add(StepExited report)
    {
        if (report.Kind != EndKind.EndCompleted && Outcome == "COMPLETED") (Outcome, Cause) = (JobStates.Name(report.Kind), report.Cause);
        IReadOnlyList<TaskExit> tasks = Tasks(report);
        foreach (var task in tasks) Count(task.ExitCode, task.Signal);
        if (tasks.Count == 0) Count(report.ExitCode, report.Signal);
        // A step that never ran is a failure whatever its codes are.
        if (!report.Started && Status == 0) Count(1, 0);
        return tasks;
    }

    public void Lost(EndKind kind, string cause)
    {
        (Outcome, Cause) = (JobStates.Name(kind == EndKind.EndUnknown ? EndKind.EndCancelled : kind), cause);
        if (Status == 0) Count(1, 0);
    }

    private void Count(int exitCode, int signal)
    {
        var status = signal != 0 ? 128 + signal : exitCode;
        if (status <= Status) return;
        (Status, ExitCode, Signal) = (status, exitCode, signal);
    }

    private static IReadOnlyList<TaskExit> Tasks(StepExited report)
    {
        try
        {
            return StepExitedReport.Parser.ParseFrom(report.Report).Tasks;
        }
        catch (InvalidProtocolBufferException)
        {
            return [];
        }
    }
}
