using System.Threading.Channels;
using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Server.Agents;
using Stint.Server.Auth;

namespace Stint.Server.Runs;

/// <summary>
/// One srun (or salloc, when no program is named): queued → allocated → step created → started → ended. Everything that happens comes
/// through one queue and is handled in order. Whatever ends the run, the step ends, and the job too if this run made it.
/// </summary>
internal sealed partial class RunSession(RunWire wire, RunPlan plan, Caller.Local caller, RunParts parts)
{
    private const int InputFramesMax = RunFrames.InputFrames;
    private static readonly TimeSpan StepRetry = TimeSpan.FromSeconds(1), CloseTimeout = TimeSpan.FromSeconds(5);
    private readonly Channel<RunSignal> signals = Channel.CreateUnbounded<RunSignal>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim inputRoom = new(InputFramesMax);
    private readonly OutputLedger ledger = new();
    private readonly RunExit exit = new();
    private InputPump? input;
    private RunAllocation? allocation;
    private uint jobId;
    private RunStep? step;
    private bool stepAsked, clientGone, ending, endAsked, toldBusy, over;
    private DateTimeOffset? killAt;

    public void Post(RunSignal signal) => signals.Writer.TryWrite(signal);

    /// <summary>On the agent's own reading loop.</summary>
    public void Output(string node, StepOutput output)
    {
        if (output.Data.IsEmpty) return;
        wire.SendOutput(output.Task, output.IsError, output.Data.Span);
        if (ledger.Sent(node, output.Data.Length)) return;
        Log.WindowBroken(parts.Log, node, jobId);
        Post(new RunSignal.ClientGone());
    }

    /// <summary>Until the step is over everywhere, also when the client is long gone.</summary>
    public async Task RunAsync(CancellationToken clientOver)
    {
        var opening = await RunOpening.OpenAsync(this, plan, caller, parts);
        if (opening.Refusal is { } refusal)
        {
            wire.Send(new RunEvent { Kind = "refused", Refusal = new RefusalView(refusal.Code, refusal.Sentence, refusal.Remedy), ExitStatus = 1 });
            return;
        }
        jobId = opening.JobId;
        input = new InputPump((node, data) => parts.Agents.Find(node)?.Send(new ToAgent { Input = data }));
        if (opening.Allocation is null) wire.Send(new RunEvent { Kind = "queued", JobId = jobId });
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(clientOver);
        var reader = ReadClientAsync(reading.Token);
        await using var timer = parts.Time.CreateTimer(_ => Post(new RunSignal.Timer()), null, StepRetry, StepRetry);
        try
        {
            if (opening.Allocation is { } ready) await AllocatedAsync(ready);
            while (!over) await HandleAsync(await signals.Reader.ReadAsync(parts.Stopping));
        }
        catch (OperationCanceledException)
        {
            // The server stops; its next start ends what has lost its client.
        }
        finally
        {
            parts.Runs.Forget(jobId, step?.Id, this);
            wire.Finish();
            inputRoom.Release(InputFramesMax);
            // A cancelled receive aborts the socket, so what is still to be written goes first; then the client has a moment to close.
            await Task.WhenAny(wire.Written, Task.Delay(CloseTimeout, parts.Time, CancellationToken.None));
            await Task.WhenAny(reader, Task.Delay(CloseTimeout, parts.Time, CancellationToken.None));
            End(reading);
            await reader;
        }
    }

    /// <summary>Not CancelAsync: the reader only ends, and a simulation has no thread but its own.</summary>
    private static void End(CancellationTokenSource reading) => reading.Cancel();

    private async Task HandleAsync(RunSignal signal)
    {
        switch (signal)
        {
            case RunSignal.Allocated allocated: await AllocatedAsync(allocated.Allocation); break;
            case RunSignal.NodeStarted started: wire.Send(new RunEvent { Kind = "started", JobId = jobId, StepId = step?.Id ?? 0, Node = started.Node }); break;
            case RunSignal.NodeExited exited: NodeExited(exited.Report, exited.IsLast); break;
            case RunSignal.StepFreed: await CreateStepAsync(); break;
            case RunSignal.JobEnding jobEnding: Revoked(jobEnding.Kind, jobEnding.Cause); break;
            case RunSignal.JobOver jobOver: JobOver(jobOver); break;
            case RunSignal.InputTaken taken: input!.Taken(taken.Node, taken.Bytes); FlushInput(); break;
            case RunSignal.Input data: input!.Add(data.Data); FlushInput(); break;
            case RunSignal.Control control: Control(control.Order); break;
            case RunSignal.ClientGone: ClientGone(); break;
            case RunSignal.Timer: await TimerAsync(); break;
            default: break;
        }
    }

    private async Task AllocatedAsync(RunAllocation allocated)
    {
        if (allocation is not null) return;
        allocation = allocated;
        wire.Send(new RunEvent { Kind = "allocated", JobId = jobId, NodeList = allocated.NodeList, Environment = allocated.Environment });
        over |= plan.Detach;
        await CreateStepAsync();
    }

    private async Task CreateStepAsync()
    {
        if (!plan.HasStep || step is not null || allocation is null || clientGone || ending || stepAsked) return;
        stepAsked = true;
        try
        {
            var (created, refusal) = await RunOpening.CreateStepAsync(this, plan, allocation, caller, parts);
            step = created;
            if (created is not null) input!.Begin(new StepKey { JobId = jobId, StepId = created.Id, Attempt = allocation.Attempt }, created.Nodes);
            else if (refusal!.Code != RefusalCodes.StepResourcesBusy) Refused(refusal);
            else if (!toldBusy)
            {
                toldBusy = true;
                wire.Send(new RunEvent { Kind = "queued", JobId = jobId, Message = refusal.Sentence });
            }
        }
        finally
        {
            stepAsked = false;
        }
        FlushInput();
    }

    private void Refused(Refusal refusal)
    {
        wire.Send(new RunEvent { Kind = "refused", JobId = jobId, Refusal = new RefusalView(refusal.Code, refusal.Sentence, refusal.Remedy), ExitStatus = 1 });
        EndJob(1, 0);
        over = true;
    }

    private void NodeExited(StepExited report, bool isLast)
    {
        if (step is null || report.StepId != step.Id) return;
        input!.NodeIsOver(report.Node);
        foreach (var task in exit.Add(report))
        {
            wire.Send(new RunEvent
            {
                Kind = "task_exited", JobId = jobId, StepId = step.Id, Node = report.Node, Task = task.Task, ExitCode = task.ExitCode, Signal = task.Signal,
                Outcome = Features.Jobs.JobStates.Name(report.Kind), Message = task.Error,
            });
        }
        if (isLast) Ended();
        else FlushInput();
    }

    /// <summary>The step is over everywhere.</summary>
    private void Ended()
    {
        if (over) return;
        over = true;
        wire.Send(new RunEvent
        {
            Kind = "ended", JobId = jobId, StepId = step?.Id ?? 0, ExitCode = exit.ExitCode, Signal = exit.Signal, ExitStatus = exit.Status,
            Outcome = exit.Outcome, Message = exit.Cause,
        });
        EndJob(exit.ExitCode, exit.Signal);
    }

    private void Revoked(EndKind kind, string cause)
    {
        if (ending) return;
        ending = true;
        // What the client asked for itself is no news to it.
        if (!endAsked) wire.Send(new RunEvent
        {
            Kind = "revoked", JobId = jobId, StepId = step?.Id ?? 0, Outcome = Features.Jobs.JobStates.Name(kind),
            Message = cause.Length > 0 ? cause : step is null ? $"Job allocation {jobId} has been revoked" : $"Force Terminated job {jobId}",
        });
        // With no step there is no exit to wait for.
        if (step is null && plan.HasStep) Lost(kind, cause);
    }

    private void JobOver(RunSignal.JobOver jobOver)
    {
        if (over) return;
        Revoked(jobOver.Kind, jobOver.Cause);
        Lost(jobOver.Kind, jobOver.Cause);
    }

    /// <summary>No exit report will come: the job went before the step, or its node did.</summary>
    private void Lost(EndKind kind, string cause)
    {
        if (over) return;
        exit.Lost(kind, cause);
        Ended();
    }

    /// <summary>A job made by this run does not outlive it.</summary>
    private void EndJob(int exitCode, int signal)
    {
        if (plan.MadeJob) parts.Engine.TryPost(new Engine.Order(new CompleteInteractiveJob(jobId, caller.Actor, exitCode, signal)));
    }
}
