using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Protocol.Agents;
using Stint.Server.Auth;
using Stint.Server.Engine;

namespace Stint.Server.Runs;

/// <summary>The two questions that a run asks the engine: an allocation, and a step in it.</summary>
internal static class RunOpening
{
    public readonly record struct Opened(uint JobId, RunAllocation? Allocation, Refusal? Refusal);

    /// <summary>Submits, or enters the job named. The run follows the job from inside the same batch, so it misses nothing.</summary>
    public static async Task<Opened> OpenAsync(RunSession run, RunPlan plan, Caller.Local caller, RunParts parts)
    {
        try
        {
            return await parts.Engine.AskAsync(batch => plan.Submit is not null ? Submit(batch, run, plan, parts) : Enter(batch, run, plan.JobId, caller, parts));
        }
        catch (Exception e) when (e is EngineBusyException or EngineStoppedException)
        {
            return new Opened(0, null, new Refusal(e is EngineBusyException ? "busy" : "stopping", e.Message, "Try again in a moment"));
        }
    }

    public static async Task<(RunStep? Step, Refusal? Refusal)> CreateStepAsync(RunSession run, RunPlan plan, RunAllocation allocation, Caller.Local caller, RunParts parts)
    {
        var spec = plan.Step!.Clone();
        // All zero means the job's own layout; the program of an allocation of its own gets exactly that.
        if (!plan.MadeJob || (plan.Tasks is { } tasks && tasks != allocation.Tasks)) (spec.Tasks, spec.CpusPerTask, spec.Whole) = (plan.Tasks ?? 0, plan.CpusPerTask ?? 0, spec.Whole || plan.MadeJob);
        else spec.Nodes = 0;
        try
        {
            return await parts.Engine.AskAsync(batch => Create(batch, run, plan, spec, allocation.JobId, caller, parts));
        }
        catch (EngineBusyException e)
        {
            return (null, new Refusal(RefusalCodes.StepResourcesBusy, e.Message));
        }
        catch (EngineStoppedException e)
        {
            return (null, new Refusal("stopping", e.Message));
        }
    }

    private static Opened Submit(Batch batch, RunSession run, RunPlan plan, RunParts parts)
    {
        var decision = batch.Decide(plan.Others.Count > 0 ? new SubmitHetJob([plan.Submit!, .. plan.Others]) : new SubmitJob(plan.Submit!));
        if (decision.Refusal is { } refusal) return new Opened(0, null, refusal);
        parts.Runs.WatchJob(decision.Id, run);
        return new Opened(decision.Id, null, null);
    }

    private static Opened Enter(Batch batch, RunSession run, uint jobId, Caller.Local caller, RunParts parts)
    {
        if (batch.Cluster.FindJob(jobId) is not { } job) return No(RefusalCodes.InvalidJobId, $"there is no job {jobId}");
        if (!caller.MaySee(job.Spec.Uid)) return No(RefusalCodes.AccessDenied, $"job {jobId} belongs to another user");
        if (job.State == JobState.Pending) return No(RefusalCodes.JobPending, $"job {jobId} has not started yet");
        if (job.State != JobState.Running) return No(RefusalCodes.JobNotRunning, $"job {jobId} is not running any more");
        parts.Runs.WatchJob(jobId, run);
        return new Opened(jobId, RunDirectory.AllocationOf(job, batch.Cluster), null);
    }

    private static Opened No(string code, string sentence) => new(0, null, new Refusal(code, sentence));

    private static (RunStep? Step, Refusal? Refusal) Create(Batch batch, RunSession run, RunPlan plan, StepSpec spec, uint jobId, Caller.Local caller, RunParts parts)
    {
        var decision = batch.Decide(new CreateStep(jobId, spec, caller.Actor));
        if (decision.Refusal is { } refusal) return (null, refusal);
        batch.Store(plan.StepBlob);
        parts.Payloads.Keep(plan.StepBlob.Hash, plan.StepPayload!, plan.StepBlob.Content.Length);
        parts.Runs.WatchStep(jobId, decision.Id, run);
        var nodes = new List<string>();
        foreach (var share in batch.Cluster.FindJob(jobId)!.Steps[decision.Id].Shares) nodes.Add(share.Node);
        return (new RunStep(decision.Id, nodes), null);
    }
}
