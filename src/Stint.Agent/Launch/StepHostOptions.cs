using Stint.Agent.Binding;
using Stint.Agent.Disk;
using Stint.Agent.Ends;
using Stint.Agent.Gpus;
using Stint.Agent.Watch;

namespace Stint.Agent.Launch;

/// <param name="Spool">Directory of the steps; its parents must let users pass, because their scripts are run from there.</param>
/// <param name="Shepherd">Path of the stint-shepherd program.</param>
public sealed record StepHostOptions(string Spool, string Shepherd)
{
    /// <summary>For tests: called between any two durable acts with the name of the one just done; what it throws ends the work there, as a crash would.</summary>
    internal Action<string>? Checkpoint { get; init; }

    /// <summary>What this node has beside cpus and memory; null: nothing is known of devices, and tasks are told nothing.</summary>
    internal NodeDevices? Devices { get; init; }

    /// <summary>How this node's CPUs lie; null: tasks are not bound.</summary>
    internal CpuShape? Shape { get; init; }

    /// <summary>Who the kernel killed; null: it is not asked.</summary>
    internal OomLog? Kills { get; init; }

    /// <summary>Prolog and epilog; null: none.</summary>
    internal JobHooks? Hooks { get; init; }

    /// <summary>Folders of jobs that asked for local disk; null: none are made.</summary>
    internal ScratchSpace? Scratch { get; init; }

    /// <summary>What tiers say of users' local disk; null: nothing is done about it.</summary>
    internal UserDisk? UserDisk { get; init; }

    /// <summary>How long a dead group may take to empty.</summary>
    public TimeSpan KillDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long output of an ended job waits for a client that does not take it.</summary>
    public TimeSpan DrainMaxEnded { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long output waits without anybody taking a byte.</summary>
    public TimeSpan DrainMaxStalled { get; init; } = TimeSpan.FromMinutes(5);
}
