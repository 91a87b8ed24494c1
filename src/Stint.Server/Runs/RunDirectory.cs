using System.Collections.Concurrent;
using Google.Protobuf;
using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Protocol.Agents;
using Stint.Server.Agents;
using Stint.Server.Engine;

namespace Stint.Server.Runs;

/// <summary>Which run follows which job and step: commits and agents' streams find their run here.</summary>
internal sealed class RunDirectory : ICommitObserver
{
    private readonly ConcurrentDictionary<uint, RunSession[]> byJob = new();
    private readonly ConcurrentDictionary<(uint Job, uint Step), RunSession> byStep = new();

    public void WatchJob(uint jobId, RunSession run) =>
        byJob.AddOrUpdate(jobId, _ => [run], (_, known) => Array.IndexOf(known, run) < 0 ? [.. known, run] : known);

    public void WatchStep(uint jobId, uint stepId, RunSession run) => byStep[(jobId, stepId)] = run;

    public bool IsFollowed(uint jobId, uint stepId) => byStep.ContainsKey((jobId, stepId));

    public void Forget(uint jobId, uint? stepId, RunSession run)
    {
        if (stepId is { } step) byStep.TryRemove(new KeyValuePair<(uint, uint), RunSession>((jobId, step), run));
        while (byJob.TryGetValue(jobId, out var known))
        {
            var rest = Array.FindAll(known, other => !ReferenceEquals(other, run));
            if (rest.Length == 0 ? byJob.TryRemove(new KeyValuePair<uint, RunSession[]>(jobId, known)) : byJob.TryUpdate(jobId, rest, known)) return;
        }
    }

    /// <summary>Straight from the agent's link to the client's queue: output never touches the engine.</summary>
    public void Output(AgentSession agent, StepOutput output)
    {
        if (output.Key is { } key && byStep.TryGetValue((key.JobId, key.StepId), out var run)) run.Output(agent.Node, output);
        else if (output.Key is not null && !output.Data.IsEmpty)
            // Nobody listens any more: the step must not stall on its full pipe.
            agent.Send(new ToAgent { OutputTaken = new StepOutputTaken { Key = output.Key, Bytes = (ulong)output.Data.Length } });
    }

    public void InputTaken(AgentSession agent, StepInputTaken taken)
    {
        if (taken.Key is { } key && byStep.TryGetValue((key.JobId, key.StepId), out var run)) run.Post(new RunSignal.InputTaken(agent.Node, taken.Bytes));
    }

    public void Committed(long sequence, Record record, Cluster cluster, Instant now)
    {
        if (byJob.IsEmpty) return;
        switch (record.BodyCase)
        {
            case Record.BodyOneofCase.JobAllocated:
                if (cluster.FindJob(record.JobAllocated.JobId) is { State: JobState.Running } job) Tell(job.Id, new RunSignal.Allocated(AllocationOf(job, cluster)));
                break;
            case Record.BodyOneofCase.StepStarted:
                var started = record.StepStarted;
                if (byStep.TryGetValue((started.JobId, started.StepId), out var starting)) starting.Post(new RunSignal.NodeStarted(started.Node));
                break;
            case Record.BodyOneofCase.StepExited:
                Exited(record.StepExited, cluster);
                break;
            case Record.BodyOneofCase.JobEndRequested:
                Tell(record.JobEndRequested.JobId, new RunSignal.JobEnding(record.JobEndRequested.Kind, record.JobEndRequested.Cause));
                break;
            case Record.BodyOneofCase.JobEnded:
                Tell(record.JobEnded.JobId, new RunSignal.JobOver(record.JobEnded.Kind, record.JobEnded.Cause, Requeued: false));
                break;
            case Record.BodyOneofCase.JobRequeued:
                Tell(record.JobRequeued.JobId, new RunSignal.JobOver(EndKind.EndUnknown, record.JobRequeued.Cause, Requeued: true));
                break;
            default:
                break;
        }
    }

    public static RunAllocation AllocationOf(Job job, Cluster cluster)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in JobEnvironment.OfJob(job, cluster.Config.Name)) environment[name] = value;
        foreach (var (name, value) in HetEnvironment.Of(cluster, job)) environment[name] = value;
        return new RunAllocation(job.Id, job.Attempt, JobEnvironment.NodeList(job.Shares), job.Spec.Tasks, job.Spec.CpusPerTask, environment);
    }

    private void Exited(StepExited report, Cluster cluster)
    {
        if (byStep.TryGetValue((report.JobId, report.StepId), out var run))
        {
            var isLast = cluster.FindJob(report.JobId) is not { } job || !job.Steps.TryGetValue(report.StepId, out var step) || step.IsOver;
            run.Post(new RunSignal.NodeExited(report, isLast));
        }
        Tell(report.JobId, new RunSignal.StepFreed());
    }

    private void Tell(uint jobId, RunSignal signal)
    {
        if (!byJob.TryGetValue(jobId, out var runs)) return;
        foreach (var run in runs) run.Post(signal);
    }
}
