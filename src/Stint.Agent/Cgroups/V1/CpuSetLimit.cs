using Stint.Agent.Hardware;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups.V1;

/// <summary>
/// cpuset.cpus and cpuset.mems. A v1 cpuset starts empty, and joining one that lacks either is ENOSPC (cpusets.rst): each level gets its
/// parent's, by cgroup.clone_children where the kernel has it and by a write where it does not.
/// </summary>
internal sealed class CpuSetLimit(CgroupLayout layout, LimitFile limit, IGroupFiles files, CpuMap map)
{
    public void Inherit(string group)
    {
        if (layout.Of("cpuset") is not { } hierarchy) return;
        var directory = $"{hierarchy.Mount}/{group}";
        var parent = Path.GetDirectoryName(directory)!;
        foreach (var name in (ReadOnlySpan<string>)["cpuset.cpus", "cpuset.mems"])
        {
            if (files.Read($"{directory}/{name}", out var own) == 0 && own.Length > 0) continue;
            limit.Write($"{directory}/{name}", limit.Read($"{parent}/{name}"), LimitFile.SameCpus);
        }
    }

    /// <summary>Lets the kernel copy cpus and mems into every group below (inherited by them): one write instead of two for each group.</summary>
    public void CloneToChildren(string group)
    {
        if (layout.File("cpuset", group, "cgroup.clone_children") is { } file) _ = files.Write(file, "1");
    }

    public void Write(string group, Limits limits, CpuChoice cpus, Receipt receipt)
    {
        if (cpus.Kernel.Count == 0)
        {
            receipt.Rows.Add(CpuRows.Inherited(limits, cpus, map));
            return;
        }
        if (Missing.IsTolerated(layout, "cpu", limits.CpusRequested, CpuList.Format(cpus.Ids), receipt)) return;
        var file = layout.File("cpuset", group, "cpuset.cpus") ?? throw Missing.Controller(layout, "cpu");
        var row = limit.Enforce("cpu", limits.CpusRequested, CpuList.Format(cpus.Ids), file, CpuList.Format(cpus.Kernel), LimitFile.SameCpus);
        receipt.Rows.Add(CpuRows.Qualify(row, cpus, map));
        WriteNodes(group, limits, cpus, receipt);
    }

    /// <summary>Memory from the NUMA nodes of these cpus, where that cannot make it short. Nothing on a machine with one node.</summary>
    private void WriteNodes(string group, Limits limits, CpuChoice cpus, Receipt receipt)
    {
        if (map.Numa.IsOne) return;
        var nodes = map.Numa.For([.. cpus.Kernel], limits.MemoryBytes);
        var file = layout.File("cpuset", group, "cpuset.mems") ?? throw Missing.Controller(layout, "cpu");
        receipt.Rows.Add(limit.Enforce("numa nodes", "", CpuList.Format(nodes), file, CpuList.Format(nodes), LimitFile.SameCpus));
    }
}
