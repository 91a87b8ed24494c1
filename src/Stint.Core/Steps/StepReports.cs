using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

// What nodes report. Reports repeat after a reconnect and may come late: one of another attempt, of a job that is over,
// or one that is already known, changes nothing.
public sealed partial class Cluster
{
    /// <summary>The shepherd keeps the time limit; its clock and ours may differ by this much.</summary>
    private static readonly TimeSpan LimitTolerance = TimeSpan.FromSeconds(2);

    private Step? LiveStep(uint jobId, uint stepId, uint attempt, string node)
    {
        if (!jobs.TryGetValue(jobId, out var job) || job.Attempt != attempt || !Holds(job, node)) return null;
        if (!job.Steps.TryGetValue(stepId, out var step) || step.ExitReports.ContainsKey(node)) return null;
        foreach (var share in step.Shares)
            if (string.Equals(share.Node, node, StringComparison.Ordinal)) return step;
        return null;
    }

    private Decision DecideStepStarted(ReportStepStarted command, Instant now)
    {
        var report = command.Report;
        if (LiveStep(report.JobId, report.StepId, report.Attempt, report.Node) is not { } step
            || step.StartReports.ContainsKey(report.Node)) return Decision.Nothing;
        var batch = new Batch(now);
        batch.Add(report);
        return batch.Decision();
    }

    private Decision DecideStepExited(ReportStepExited command, Instant now)
    {
        var report = command.Report;
        if (LiveStep(report.JobId, report.StepId, report.Attempt, report.Node) is null)
            return report.Released ? DecideNodeReleased(new ReportNodeReleased(report.JobId, report.Attempt, report.Node), now)
                : Decision.Nothing;

        var job = jobs[report.JobId];
        var record = report.Clone();
        if (record.Kind == EndKind.EndOutOfMemory) (record.ExitCode, record.Signal) = (0, 125);   // what Slurm's accounting shows
        var batch = new Batch(now);
        if (job.State == JobState.Completing)
        {
            batch.Add(record);
            if (record.Released) FinishWhenReleased(batch, job, record.Node);
            return batch.Decision();
        }
        var ending = EndOfJobBy(job, record, now);
        // An allocation outlives its steps: only the end of the job frees a share.
        record.Released &= ending is not null;
        batch.Add(record);
        if (ending is null) return batch.Decision();
        if (IsFailedLaunch(job, record) && HoldersLeft(job, record.Released ? [record.Node] : []) == 0)
            batch.Add(AfterFailedLaunch(job, LaunchFailedCause + record.Cause, now));
        else
            End(batch, job, ending.Value, record.Released ? [record.Node] : []);
        return batch.Decision();
    }

    /// <summary>The batch script's end is the job's; a step that was stopped at the job's time limit ends it as well.</summary>
    private static Ending? EndOfJobBy(Job job, StepExited report, Instant now)
    {
        if (report.StepId == StepIds.Batch) return JobEnding(report);
        return !job.Spec.IsBatch && report.Kind == EndKind.EndTimeout && job.EndLimit.IsSet && now + LimitTolerance >= job.EndLimit
            ? JobEnding(report) : null;
    }

    /// <summary>The node broke before the script ran: the job is not to blame and goes back to the queue.</summary>
    private static bool IsFailedLaunch(Job job, StepExited report) =>
        report is { StepId: StepIds.Batch, Kind: EndKind.EndNodeFail, Started: false } && job.Spec.Requeue;

    private void On(StepStarted record, Instant at)
    {
        var step = JobOf(record.JobId).Steps[record.StepId];
        step.StartReports[record.Node] = record;
        if (!step.Started.IsSet) step.Started = at;
    }

    private void On(StepExited record, Instant at)
    {
        var job = JobOf(record.JobId);
        var step = job.Steps[record.StepId];
        step.ExitReports[record.Node] = record;
        if (step.ExitReports.Count == step.Shares.Count) step.Ended = at;
        if (record.Released) ReleaseShare(job, record.Node, at);
    }
}
