using System.Collections.Concurrent;
using Stint.Agent.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Session;

/// <summary>A step host that only remembers what it was told.</summary>
internal sealed class RecordingHost : IStepHost
{
    public BlockingCollection<string> Calls { get; } = [];
    public List<StepHolding> Held { get; } = [];
    public List<ToServer> Open { get; } = [];

    public IReadOnlyList<StepHolding> Holdings => Held;
    public IReadOnlyList<ToServer> Unacknowledged => Open;
    public Task RecoverAsync(CancellationToken cancellation) => Task.CompletedTask;
    public void Launch(LaunchSpec spec) => Calls.Add($"launch {spec.Key.JobId}.{spec.Key.StepId}");
    public void EndJob(EndJob order) => Calls.Add($"end {order.JobId}");
    public void Suspend(SuspendJob order) => Calls.Add($"suspend {order.JobId}");
    public void Resume(ResumeJob order) => Calls.Add($"resume {order.JobId} {order.WallLeftMs}");
    public void SetLimit(SetJobLimit order) => Calls.Add($"limit {order.JobId} {order.WallLeftMs}");
    public void Signal(SignalStep order) => Calls.Add($"signal {order.Signal}");
    public void Input(StepInput input) => throw new InvalidOperationException("a fault in the step host");
    public void Resize(ResizePty order) => Calls.Add("resize");
    public void OutputTaken(StepOutputTaken taken) => Calls.Add("taken");
    public void Acknowledged(ulong reportId) => Calls.Add($"ack {reportId}");

    public string Next() => Calls.TryTake(out var call, Patience.Seconds(20)) ? call : throw new TimeoutException("no call within 20 s");
}
