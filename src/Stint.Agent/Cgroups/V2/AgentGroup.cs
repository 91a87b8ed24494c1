using System.Globalization;
using Stint.Agent.Kernel;

namespace Stint.Agent.Cgroups.V2;

/// <summary>
/// When the tree is made below the agent's own group, the agent (and with it each shepherd it will start) moves into a leaf beside the tree:
/// a group that hands controllers down may hold no process. The root of the hierarchy is exempt.
/// </summary>
internal static class AgentGroup
{
    /// <summary>Of the leaf; all agents below one group share it. A process that is in it belongs, for the tree, to the group above.</summary>
    public const string Leaf = "stint.agents";

    public static void MoveOutOf(string parent, IGroupFiles files)
    {
        if (!files.Exists($"{parent}/cgroup.type")) return;   // only the root has no type
        if (files.Read($"{parent}/cgroup.procs", out var text) != 0 || text.Length == 0) return;
        var pids = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (!pids.Contains(Environment.ProcessId.ToString(CultureInfo.InvariantCulture))) return;   // a delegated group; nothing of ours is in it
        var leaf = $"{parent}/{Leaf}";
        var errno = files.MakeGroup(leaf);
        if (errno is not (0 or Errno.Exists)) throw new CgroupException($"cannot make the group {leaf}: {Errno.Describe(errno)}", leaf, errno);
        foreach (var pid in pids)
        {
            errno = files.Write($"{leaf}/cgroup.procs", pid);
            if (errno is not (0 or Errno.NoProcess)) throw new CgroupException($"cannot write {pid} to {leaf}/cgroup.procs: {Errno.Describe(errno)}", $"{leaf}/cgroup.procs", errno);
        }
    }
}
