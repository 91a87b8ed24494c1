using Stint.Agent.Kernel;

namespace Stint.Agent.Cgroups.V2;

/// <summary>cgroup.kill ends a group and everything below it at once, forks included (Linux 5.14). Before that: freeze, SIGKILL each, thaw.</summary>
internal sealed class GroupKill(CgroupLayout layout, IGroupFiles files, ProcessList processes)
{
    public void Kill(IReadOnlyList<string> groups)
    {
        var byHand = new List<string>();
        foreach (var group in groups)
        {
            var errno = files.Write($"{layout.Hierarchies[0].Mount}/{group}/cgroup.kill", "1");
            if (errno != 0) byHand.Add(group);
        }
        if (byHand.Count == 0) return;
        foreach (var group in byHand) Freeze(group, "1");
        foreach (var pid in processes.Of(byHand)) _ = files.Signal(pid, Native.SigKill);
        foreach (var group in byHand) Thaw(group);
    }

    public void Thaw(string group) => Freeze(group, "0");

    private void Freeze(string group, string state) => _ = files.Write($"{layout.Hierarchies[0].Mount}/{group}/cgroup.freeze", state);
}
