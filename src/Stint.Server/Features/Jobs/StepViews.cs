using System.Globalization;
using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Server.Agents;

namespace Stint.Server.Features.Jobs;

/// <summary>Steps as the API shows them: one row each, its nodes' reports added up.</summary>
internal static class StepViews
{
    public static StepView[] Of(Job job)
    {
        var views = new StepView[job.Steps.Count];
        var i = 0;
        foreach (var step in job.Steps.Values) views[i++] = Of(job, step);
        return views;
    }

    /// <summary><c>12.batch</c>, <c>12.0</c>, <c>7_3.batch</c>.</summary>
    public static string Id(uint jobId, uint? arrayJobId, uint? arrayTask, uint stepId)
    {
        var job = arrayTask is { } task ? string.Create(CultureInfo.InvariantCulture, $"{arrayJobId ?? jobId}_{task}") : jobId.ToString(CultureInfo.InvariantCulture);
        var step = stepId switch { StepIds.Batch => "batch", StepIds.Extern => "extern", _ => stepId.ToString(CultureInfo.InvariantCulture) };
        return $"{job}.{step}";
    }

    private static StepView Of(Job job, Step step)
    {
        var shares = step.Shares.Count > 0 ? step.Shares : step.Id == StepIds.Batch && job.Shares.Count > 0 ? [job.Shares[0]] : [];
        var view = Sum(step.ExitReports.Values);
        var (cpus, memory) = JobViews.Allocated(shares);
        return view with
        {
            StepId = Id(job.Id, job.ArrayJobId, job.ArrayTask, step.Id), Name = step.Id == StepIds.Batch ? "batch" : step.Spec.Name,
            State = step.IsOver ? view.State : "RUNNING", NodeList = JobEnvironment.NodeList(shares), Nodes = (uint)shares.Count,
            Tasks = step.Id == StepIds.Batch ? 1 : RepeatedCounts.Total(step.Shares), Cpus = cpus, MemoryBytes = memory,
            StartMs = step.Started.Milliseconds, EndMs = step.Ended.Milliseconds,
        };
    }

    /// <summary>Times and usage are sums, the peak is the largest, the exit code the highest task's.</summary>
    public static StepView Sum(IEnumerable<StepExited> reports)
    {
        var view = new StepView { State = "COMPLETED" };
        foreach (var report in reports)
        {
            var worse = report.Kind != EndKind.EndCompleted && view.State == "COMPLETED";
            view = view with
            {
                State = worse ? JobStates.Name(report.Kind) : view.State, Cause = worse ? report.Cause : view.Cause,
                ExitCode = Math.Max(view.ExitCode, report.ExitCode), Signal = Math.Max(view.Signal, report.Signal),
                PeakMemoryBytes = Math.Max(view.PeakMemoryBytes, report.PeakMemoryBytes),
                CpuUserUs = view.CpuUserUs + report.CpuUserUs, CpuSystemUs = view.CpuSystemUs + report.CpuSystemUs,
            };
        }
        return view;
    }
}
