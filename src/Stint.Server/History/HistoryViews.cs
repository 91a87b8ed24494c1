using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Server.Agents;
using Stint.Server.Features.Jobs;
using Stint.Storage;

namespace Stint.Server.History;

/// <summary>A job of the past as the API shows it.</summary>
internal static class HistoryViews
{
    public static JobView Of(HistoryJob job, IReadOnlyList<PartitionSpec> partitions)
    {
        var spec = job.Spec;
        var (cpus, memory) = JobViews.Allocated(job.Shares);
        var steps = new StepView[job.Steps.Count];
        for (var i = 0; i < steps.Length; i++) steps[i] = Step(job, job.Steps[i]);
        var outPattern = spec.StdOut.Length > 0 ? spec.StdOut : spec.Array.Count > 0 ? "slurm-%A_%a.out" : "slurm-%j.out";
        var names = new OutputNames(job.JobId, job.ArrayJobId, job.ArrayTask, spec, job.Shares.Count > 0 ? job.Shares[0].Node : null);
        var asked = JobViews.Asked(spec);
        return asked with
        {
            Partition = job.Partition.Length > 0 ? job.Partition : asked.Partition, Reservation = job.Reservation.Length > 0 ? job.Reservation : asked.Reservation,
            LicensesAllocated = job.Licenses.Length > 0 ? job.Licenses : null, GresAllocated = ResourceViews.Allocated(job.Shares), Billing = Billings.Of(partitions, job),
            JobId = job.JobId, ArrayJobId = job.ArrayJobId, ArrayTaskId = job.ArrayTask, State = job.State,
            NodeCount = job.Shares.Count > 0 ? (uint)job.Shares.Count : spec.NodesMin,
            Cpus = job.Shares.Count > 0 ? cpus : Math.Max(1, spec.Tasks) * Math.Max(1, spec.CpusPerTask),
            MemoryBytes = job.Shares.Count > 0 ? memory : JobViews.AskedMemory(spec),
            NodeList = job.Shares.Count > 0 ? JobEnvironment.NodeList(job.Shares) : "", BatchHost = spec.IsBatch && job.Shares.Count > 0 ? job.Shares[0].Node : "",
            Shares = JobViews.Shares(job.Shares), SubmitMs = job.SubmitMs, EligibleMs = job.EligibleMs, StartMs = job.StartMs, EndMs = job.EndMs,
            Restarts = job.Attempt, ExitCode = job.ExitCode, Signal = job.Signal, CancelledBy = job.State == "CANCELLED" ? job.EndedBy : null, Cause = job.Cause,
            StdOut = spec.IsBatch ? OutputPaths.Expand(names, outPattern) : "", StdErr = spec.IsBatch ? OutputPaths.Expand(names, spec.StdErr.Length > 0 ? spec.StdErr : outPattern) : "",
            StdIn = !spec.IsBatch ? "" : spec.StdIn.Length > 0 ? OutputPaths.Expand(names, spec.StdIn) : "/dev/null",
            Steps = steps,
        };
    }

    private static StepView Step(HistoryJob job, HistoryStep step)
    {
        var (cpus, memory) = JobViews.Allocated(step.Shares);
        return StepViews.Sum(step.Exited) with
        {
            StepId = StepViews.Id(job.JobId, job.ArrayJobId, job.ArrayTask, step.StepId), Name = step.StepId == StepIds.Batch ? "batch" : step.Name, State = step.State,
            NodeList = JobEnvironment.NodeList(step.Shares), Nodes = (uint)step.Shares.Count, Tasks = step.Tasks, Cpus = cpus, MemoryBytes = memory,
            GresAllocated = ResourceViews.Allocated(step.Shares), StartMs = step.StartMs, EndMs = step.EndMs,
        };
    }
}
