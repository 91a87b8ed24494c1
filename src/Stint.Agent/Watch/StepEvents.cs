using System.Globalization;
using Stint.Agent.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Watch;

/// <summary>The sentences of what steps meet: cause first, then the victim.</summary>
internal static class StepEvents
{
    public static string OutOfMemory(LaunchSpec step, ulong kills, ulong limit, ulong peak, string level, IReadOnlyList<string> victims)
    {
        var who = victims.Count == 0 ? "" : $" ({string.Join("; ", victims.TakeLast((int)Math.Min(kills, 4)))})";
        return $"step {StepId.Of(step.Key)} ran out of memory: limit {StepOutcome.Size(limit)}{(level.Length > 0 ? $" of the {level}" : "")}, peak {StepOutcome.Size(peak)}; "
            + $"the kernel killed {kills.ToString(CultureInfo.InvariantCulture)} process{(kills == 1 ? "" : "es")}{who}";
    }

    public static string PidsLimit(LaunchSpec step, ulong hits) => string.Create(CultureInfo.InvariantCulture,
        $"step {StepId.Of(step.Key)} hit its limit of {step.Limits.PidsMax} processes and threads {hits} time{(hits == 1 ? "" : "s")}: fork was refused (EAGAIN)");

    public static string Stall(LaunchSpec step, string resource, TimeSpan lasted) => string.Create(CultureInfo.InvariantCulture,
        $"stall: for {lasted.TotalSeconds:0} s nothing of job {step.Key.JobId} did anything but wait for {(resource == "io" ? "disks" : resource)} (full pressure)");
}
