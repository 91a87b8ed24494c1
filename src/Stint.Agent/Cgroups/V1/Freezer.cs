using Stint.Agent.Kernel;

namespace Stint.Agent.Cgroups.V1;

/// <summary>
/// Kills a v1 group: freeze, SIGKILL each process, thaw. Frozen processes cannot fork, so a fork bomb does not outrun the list; they
/// die as they thaw. FREEZING that lasts (a process in uninterruptible sleep) is not waited for: the signals are already on their way.
/// </summary>
internal sealed class Freezer(CgroupLayout layout, IGroupFiles files, ProcessList processes)
{
    public void Kill(IReadOnlyList<string> groups)
    {
        foreach (var group in groups) State(group, "FROZEN");
        foreach (var pid in processes.Of(groups)) _ = files.Signal(pid, Native.SigKill);
        foreach (var group in groups) Thaw(group);
    }

    public void Thaw(string group) => State(group, "THAWED");

    /// <summary>A group that does not exist in this hierarchy cannot be frozen, and need not be.</summary>
    private void State(string group, string state)
    {
        if (layout.File("freezer", group, "freezer.state") is { } file) _ = files.Write(file, state);
    }
}
