using Stint.Protocol.Agents;

namespace Stint.Agent.Ends;

/// <summary>
/// An administrator's program, at the start and then on an interval: when it fails, this node is drained with what it said. Each failing look is
/// told again, so a node that is resumed while it is still ill is drained again; nothing puts it back but a person.
/// </summary>
internal sealed class HealthCheck(string program, TimeSpan every, TimeSpan deadline, AgentProgram programs, string node, TimeProvider time, Action<NodeEvent> tell)
{
    public Task RunAsync(CancellationToken cancellation) => Task.Factory.StartNew(() => Loop(cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Null: healthy.</summary>
    public string? Look()
    {
        var why = programs.Run(program, "health", [new("SLURMD_NODENAME", node), new("SLURM_SCRIPT_CONTEXT", "health_check")], deadline);
        if (why is not null) tell(new NodeEvent { Kind = NodeEventKind.EventHealth, Sentence = $"health check: {why}", DrainReason = $"health check: {why}", AtMs = time.GetUtcNow().ToUnixTimeMilliseconds() });
        return why;
    }

    private void Loop(CancellationToken cancellation)
    {
        try
        {
            do Look();
            while (!cancellation.WaitHandle.WaitOne(every));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
    }
}
