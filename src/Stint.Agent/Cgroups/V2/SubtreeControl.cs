using Stint.Agent.Kernel;

namespace Stint.Agent.Cgroups.V2;

/// <summary>
/// Hands controllers down a level (cgroup-v2.rst, "Controlling Controllers"). A group that hands any down may hold no processes itself, except
/// the root: therefore tasks live in leaves only, and <see cref="CgroupTree.Open"/> moves this agent out of the group above the tree.
/// </summary>
internal sealed class SubtreeControl(CgroupLayout layout, IGroupFiles files)
{
    /// <summary>
    /// For controllers that systemd hands down to no unit (CGROUP_MASK_V2 in its cgroup-util.h has no hugetlb and no rdma), and leaves alone where others
    /// have. A level that refuses is seen below, where the files are missing.
    /// </summary>
    public static void FromTheTop(string group, string controller, IGroupFiles files)
    {
        // Only the root has no type.
        if (Path.GetDirectoryName(group) is { } above && files.Exists($"{group}/cgroup.type")) FromTheTop(above, controller, files);
        _ = files.Write($"{group}/cgroup.subtree_control", $"+{controller}");
    }

    /// <summary>"+cpuset +memory +pids", without what this group was not given itself.</summary>
    public void Enable(string group)
    {
        var hierarchy = layout.Hierarchies[0];
        var wanted = hierarchy.Controllers.Where(c => c != "cpu").Select(c => "+" + c).ToList();
        if (wanted.Count == 0) return;
        var file = group.Length == 0 ? $"{hierarchy.Mount}/cgroup.subtree_control" : $"{hierarchy.Mount}/{group}/cgroup.subtree_control";
        var value = string.Join(' ', wanted);
        var errno = files.Write(file, value);
        if (errno != 0) throw new CgroupException($"cannot write {value} to {file}: {Errno.Describe(errno)}", file, errno);
        var readErrno = files.Read(file, out var back);
        if (readErrno != 0) throw new CgroupException($"cannot read {file}: {Errno.Describe(readErrno)}", file, readErrno);
        var has = back.Split(' ');
        var missing = wanted.Where(w => !has.Contains(w[1..])).ToList();
        if (missing.Count > 0) throw new CgroupException($"{file} reads back '{back}' after {value} was written: the groups below have no {string.Join(' ', missing)}", file, 0);
    }
}
