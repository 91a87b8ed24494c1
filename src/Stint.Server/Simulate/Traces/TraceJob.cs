using Stint.Core;
using Stint.Core.Scheduling.Planning;

namespace Stint.Server.Simulate.Traces;

/// <summary>One job of a recorded workload.</summary>
/// <param name="Id">Its number in the trace.</param>
/// <param name="Submitted">When it was submitted; traces that count from zero do so here too.</param>
/// <param name="RunMs">How long it ran; never more than the estimate, at which it is ended.</param>
/// <param name="EstimateMs">How long its user said it would run; the run time where the trace does not know.</param>
/// <param name="Amount">What it held: processors, memory in bytes, GPUs (a share of one counts as one), nodes as units.</param>
/// <param name="User">Whose it was.</param>
public sealed record TraceJob(long Id, Instant Submitted, long RunMs, long EstimateMs, Amount Amount, string User)
{
    /// <summary>One whole GPU, in the unit of <see cref="MilliPerGpu"/>.</summary>
    public const int WholeGpu = 1000;

    /// <summary>Thousandths of each GPU; less than all of one only where it holds a single GPU.</summary>
    public int MilliPerGpu { get; init; } = WholeGpu;

    /// <summary>Processors in thousandths, where the trace counts so finely; 0: <see cref="Amount"/> says all.</summary>
    public long CpuMilli { get; init; }

    /// <summary>GPU models that would do, separated by '|'; empty: any.</summary>
    public string GpuModels { get; init; } = "";

    /// <summary>It cannot be spread over nodes.</summary>
    public bool IsOnOneNode { get; init; }

    /// <summary>Where it was submitted to; empty: not known.</summary>
    public string Partition { get; init; } = "";

    /// <summary>Thousandths of GPUs in all.</summary>
    public long GpuMilli => Amount.Gpus * MilliPerGpu;
}
