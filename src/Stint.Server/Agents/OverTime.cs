using Stint.Core.Jobs;
using Stint.Protocol.Agents;

namespace Stint.Server.Agents;

/// <summary>OverTimeLimit: a job may go on for that long after its limit. The warning still comes before the limit itself, and a step's own limit stays what it is.</summary>
internal static class OverTime
{
    public static LaunchSpec WithOverTime(this LaunchSpec spec, long overTimeMs, Step? step = null)
    {
        if (overTimeMs <= 0 || spec.WallLimitMs <= 0 || (step is { Spec.TimeLimitMs: > 0 } && spec.WallLimitMs == step.Spec.TimeLimitMs)) return spec;
        spec.WallLimitMs += overTimeMs;
        spec.EndLimitUnixMs += overTimeMs;
        if (spec.WarnSignal > 0) spec.WarnBeforeMs += overTimeMs;
        return spec;
    }
}
