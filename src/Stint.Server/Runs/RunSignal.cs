using Stint.Core.Journal;
using Stint.Protocol.Api;

namespace Stint.Server.Runs;

/// <summary>What reaches a run, from the engine, from agents and from its client; handled one by one.</summary>
internal abstract record RunSignal
{
    public sealed record Allocated(RunAllocation Allocation) : RunSignal;
    public sealed record NodeStarted(string Node) : RunSignal;
    /// <param name="IsLast">No node of the step is left.</param>
    public sealed record NodeExited(StepExited Report, bool IsLast) : RunSignal;
    /// <summary>Resources inside the job may have become free.</summary>
    public sealed record StepFreed : RunSignal;
    public sealed record JobEnding(EndKind Kind, string Cause) : RunSignal;
    public sealed record JobOver(EndKind Kind, string Cause, bool Requeued) : RunSignal;
    public sealed record InputTaken(string Node, ulong Bytes) : RunSignal;
    public sealed record Control(RunControl Order) : RunSignal;
    /// <param name="Data">Empty: end of input.</param>
    public sealed record Input(byte[] Data) : RunSignal;
    public sealed record ClientGone : RunSignal;
    public sealed record Timer : RunSignal;
}

/// <summary>A copy of what a run needs of its allocation.</summary>
internal sealed record RunAllocation(uint JobId, uint Attempt, string NodeList, uint Tasks, uint CpusPerTask, Dictionary<string, string> Environment);
