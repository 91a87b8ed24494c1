using Stint.Agent.Cgroups;

namespace Stint.Agent.Systemd;

/// <summary>
/// On cgroup v2 under systemd all jobs are below a unit of their own with Delegate=yes, and not below the agent's: then neither a daemon-reload nor a
/// restart of the agent touches them, and systemd finds no process where it wants to start the agent again.
/// </summary>
internal static class JobsUnit
{
    /// <summary>The absolute root for <see cref="CgroupProbe.Look"/>. Throws <see cref="IOException"/> with what to do.</summary>
    public static string RootBelow(string unit, string name)
    {
        if (!UnitState.IsSystemdHere) throw new IOException($"--jobs-unit {unit}: systemd does not run this host");
        var state = UnitState.Ask(unit);
        return state.WhyNotForJobs() is { } why ? throw new IOException($"--jobs-unit {unit}: {why}") : $"{state.ControlGroup}/{name}";
    }
}
