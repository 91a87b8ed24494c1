using Stint.Agent.Devices;
using Stint.Agent.Hardware;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups.V1;

/// <summary>
/// cgroup v1: one group of the same path in every hierarchy. The payload is in s&lt;step&gt; itself and the shepherd in none of the job's
/// groups: it needs under 1 MiB, and in this way neither the job's OOM killer, nor its freezer, nor its pids limit can hit the process that has
/// to end the job and write its exit record.
/// </summary>
internal sealed class CgroupV1 : ICgroupVersion
{
    private readonly CgroupLayout _layout;
    private readonly CpuMap _map;
    private readonly IGroupFiles _files;
    private readonly MemoryLimit _memory;
    private readonly CpuSetLimit _cpus;
    private readonly PidsLimit _pids;
    private readonly CpuTime _time;
    private readonly DiskRateLimit _rate;
    private readonly RdmaLimit _rdma;
    private readonly DevicesFile? _devices;
    private readonly Freezer _freezer;
    private readonly UsageV1 _usage;
    private readonly IDeviceAllowances? _allowances;

    public CgroupV1(CgroupLayout layout, IGroupFiles files, CpuMap map, IDeviceAllowances? devices = null)
    {
        (_layout, _files, _map, _allowances) = (layout, files, map, devices);
        var limit = new LimitFile(files);
        _memory = new MemoryLimit(layout, limit, files, layout.Capabilities.Any(c => c is { Resource: "swap", Available: true }));
        _cpus = new CpuSetLimit(layout, limit, files, map);
        _pids = new PidsLimit(layout, limit);
        _time = new CpuTime(layout, limit, files);
        _rate = new DiskRateLimit(layout, limit);
        _rdma = new RdmaLimit(layout, limit);
        _devices = devices is null ? null : new DevicesFile(layout, files, limit, devices);
        _freezer = new Freezer(layout, files, new ProcessList(layout, files));
        _usage = new UsageV1(new Counters(layout, files));
    }

    public void Open(string group, bool isLeaf)
    {
        _cpus.Inherit(group);
        if (!isLeaf) _devices?.Open(group);
        if (group.Length > _layout.Base.Length) return;       // users, jobs and steps inherit both settings below from here
        _cpus.CloneToChildren(group);
        // Always 1 since Linux 5.11; before, without it, a step's pages would not count against its job.
        if (_layout.File("memory", group, "memory.use_hierarchy") is { } file) _ = _files.Write(file, "1");
    }

    public void Limit(string group, Limits limits, CpuChoice cpus, Receipt receipt)
    {
        _memory.Write(group, limits, receipt);
        _cpus.Write(group, limits, cpus, receipt);
        _time.Write(group, limits, receipt);
        _pids.Write(group, limits, receipt);
        _rate.Write(group, receipt);
        _rdma.Write(group, receipt);
        _devices?.Write(group, limits, receipt);
    }

    public IReadOnlyList<string> ProcsFiles(string step) => [.. _layout.Hierarchies.Select(h => $"{h.Mount}/{(h.Controllers.Contains("blkio") ? Path.GetDirectoryName(step) : step)}/cgroup.procs")];

    public void Kill(IReadOnlyList<string> groups) => _freezer.Kill(groups);

    public void Thaw(string group) => _freezer.Thaw(group);

    public Limits Current(string group)
    {
        var limits = _usage.Limits(group, _map);
        if (_devices is not null) limits.Gres.AddRange(_devices.Current(group));
        return limits;
    }

    public Measured Measure(GroupPath path) => _usage.Measure(path);

    public void FilterAsItsJob(string step, Limits limits) => _devices?.Write(step, limits, new Receipt());

    public ICgroupVersion Over(AuditedFiles files) => new CgroupV1(_layout, files, _map, _allowances);
}
