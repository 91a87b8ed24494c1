using Stint.Agent.Hardware;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups.V2;

/// <summary>
/// cpuset.cpus. An empty v2 cpuset inherits its parent's cpus and memory nodes, so only what is narrower is written. cpuset.cpus reads back what
/// was asked; what holds is cpuset.cpus.effective, and that is what is compared (cgroup-v2.rst, "Cpuset").
/// </summary>
internal sealed class CpuSetLimit(CgroupLayout layout, LimitFile limit, CpuMap map)
{
    public void Write(string group, Limits limits, CpuChoice cpus, Receipt receipt)
    {
        if (cpus.Kernel.Count == 0)
        {
            receipt.Rows.Add(CpuRows.Inherited(limits, cpus, map));
            return;
        }
        if (Missing.IsTolerated(layout, "cpu", limits.CpusRequested, CpuList.Format(cpus.Ids), receipt)) return;
        var file = layout.File("cpuset", group, "cpuset.cpus") ?? throw Missing.Controller(layout, "cpu");
        var value = CpuList.Format(cpus.Kernel);
        var row = limit.Enforce("cpu", limits.CpusRequested, CpuList.Format(cpus.Ids), file, value, LimitFile.SameCpus);
        var effective = limit.Read(file + ".effective");
        if (!LimitFile.SameCpus(value, effective)) throw new CgroupException($"{file} is {value}, but {file}.effective is {effective}: a group above allows less", file, 0);
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
