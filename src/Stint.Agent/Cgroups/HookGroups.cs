using Stint.Agent.Kernel;

namespace Stint.Agent.Cgroups;

/// <summary>
/// Groups for programs that the agent itself runs as root (prolog, epilog, health check): nothing is limited in them, but everything that such a
/// program leaves behind can be found and killed. Below <c>base/hooks</c>, so an agent that died in between finds them as strays.
/// On v1 in the freezer hierarchy alone: an administrator's program may open every device.
/// </summary>
internal sealed class HookGroups(CgroupLayout layout, IGroupFiles files, GroupRemoval removal)
{
    private string Parent => $"{layout.Base}/hooks";

    /// <param name="name">Numbers and fixed words only: it becomes a path.</param>
    /// <returns>The files to write "0" into. Throws <see cref="CgroupException"/>.</returns>
    public IReadOnlyList<string> Make(string name)
    {
        var hierarchy = (layout.Version == CgroupVersion.V1 ? layout.Of("freezer") : layout.Hierarchies[0])
            ?? throw Missing.Controller(layout, "kill");
        foreach (var group in (ReadOnlySpan<string>)[Parent, $"{Parent}/{name}"])
        {
            var errno = files.MakeGroup($"{hierarchy.Mount}/{group}");
            if (errno is not (0 or Errno.Exists)) throw new CgroupException($"cannot make the group {hierarchy.Mount}/{group}: {Errno.Describe(errno)}", group, errno);
        }
        return [$"{hierarchy.Mount}/{Parent}/{name}/cgroup.procs"];
    }

    /// <summary>Kills what is left in it. Throws <see cref="CgroupException"/> with the pids that would not die.</summary>
    public void Remove(string name, TimeSpan deadline)
    {
        removal.Remove($"{Parent}/{name}", deadline);
        _ = removal.TryRemove(Parent);       // fails while another one runs
    }
}
