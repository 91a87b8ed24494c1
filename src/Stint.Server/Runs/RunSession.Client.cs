using Stint.Core;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Server.Runs;

// What the client asks of a running run, and what happens when it is gone.
internal sealed partial class RunSession
{
    private const int SigTerm = 15, SigKill = 9;

    private async Task ReadClientAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var signal = await wire.ReadAsync(cancellation);
            if (signal is RunSignal.Input && !await RoomAsync(cancellation)) signal = new RunSignal.ClientGone();
            Post(signal);
            if (signal is RunSignal.ClientGone) return;
        }
    }

    /// <summary>Waits for room for one frame of input; false: the client went away meanwhile.</summary>
    private async Task<bool> RoomAsync(CancellationToken cancellation)
    {
        // A client whose input nobody reads is not read from either, so its end must be looked for.
        while (!await inputRoom.WaitAsync(TimeSpan.FromSeconds(1), CancellationToken.None))
            if (cancellation.IsCancellationRequested || plan.ClientIsGone()) return false;
        return true;
    }

    private void FlushInput()
    {
        if (input!.Flush() is not (var frames and > 0)) return;
        inputRoom.Release(frames);
        wire.Send(new RunEvent { Kind = "input_taken", JobId = jobId, Frames = frames });
    }

    private void Control(RunControl order)
    {
        if (order.Taken > 0)
        {
            foreach (var (node, bytes) in ledger.Taken(order.Taken))
                if (step is not null) parts.Agents.Find(node)?.Send(new ToAgent { OutputTaken = new StepOutputTaken { Key = Key(), Bytes = bytes } });
        }
        if (order.Rows > 0 && order.Columns > 0 && step is not null)
        {
            foreach (var node in step.Nodes)
                parts.Agents.Find(node)?.Send(new ToAgent { Resize = new ResizePty { Key = Key(), Rows = Math.Min(order.Rows, 65_535), Columns = Math.Min(order.Columns, 65_535) } });
        }
        if (order.Signal is > 0 and <= SignalName.Max) Signal(order.Signal);
        if (order.Cancel) End();
        if (order.Complete && !plan.HasStep && plan.MadeJob && !over)
        {
            EndJob(order.ExitCode & 0xFF, order.CompleteSignal is >= 0 and <= SignalName.Max ? order.CompleteSignal : 0);
            over = true;
        }
    }

    private StepKey Key() => new() { JobId = jobId, StepId = step!.Id, Attempt = allocation!.Attempt };

    private void Signal(int signal)
    {
        if (step is null) return;
        foreach (var node in step.Nodes)
            parts.Agents.Find(node)?.Send(new ToAgent { SignalStep = new SignalStep { JobId = jobId, StepId = step.Id, Signal = signal } });
    }

    /// <summary>The step ends now: its job if this run made it, else by TERM and, after the grace, KILL.</summary>
    private void End()
    {
        endAsked = true;
        if (plan.MadeJob)
        {
            parts.Engine.TryPost(new Engine.Order(new CancelJob(jobId, null, caller.Actor)));
            return;
        }
        if (step is null)
        {
            Lost(Core.Journal.EndKind.EndCancelled, "");
            return;
        }
        if (killAt is not null) return;
        Signal(SigTerm);
        killAt = parts.Time.GetUtcNow() + parts.KillWait;
    }

    private void ClientGone()
    {
        if (clientGone) return;
        clientGone = true;
        wire.Finish();
        if (!plan.HasStep && plan.MadeJob)
        {
            // An allocation without a program (salloc): its shell is over, the job did what it was for.
            EndJob(0, 0);
            over = true;
            return;
        }
        if (!plan.MadeJob && step is null)
        {
            over = true;
            return;
        }
        End();
    }

    private async Task TimerAsync()
    {
        if (killAt is { } at && parts.Time.GetUtcNow() >= at)
        {
            Signal(SigKill);
            killAt = parts.Time.GetUtcNow() + parts.KillWait;
        }
        await CreateStepAsync();
    }

    private static partial class Log
    {
        [LoggerMessage(2501, LogLevel.Warning, "Node {Node} sends output of job {JobId} far beyond the window; the run ends")]
        public static partial void WindowBroken(ILogger logger, string node, uint jobId);
    }
}
