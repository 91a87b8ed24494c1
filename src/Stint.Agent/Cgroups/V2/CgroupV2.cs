using Stint.Agent.Devices;
using Stint.Agent.Hardware;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups.V2;

/// <summary>cgroup v2: one tree. Tasks are in the leaves s&lt;step&gt;; the shepherd is outside (see <see cref="V1.CgroupV1"/> for why).</summary>
internal sealed class CgroupV2 : ICgroupVersion, IDisposable
{
    private readonly CgroupLayout _layout;
    private readonly CpuMap _map;
    private readonly MemoryLimit _memory;
    private readonly CpuSetLimit _cpus;
    private readonly PidsLimit _pids;
    private readonly CpuTime _time;
    private readonly DiskRateLimit _rate;
    private readonly RdmaLimit _rdma;
    private readonly DeviceFilter? _devices;
    private readonly GroupKill _kill;
    private readonly SubtreeControl _subtree;
    private readonly UsageV2 _usage;

    private readonly AuditedFiles? _audited;

    public CgroupV2(CgroupLayout layout, IGroupFiles files, CpuMap map, IDeviceAllowances? devices = null, IDevicePrograms? programs = null)
        : this(layout, files, map, devices is null ? null : new DeviceFilter(layout, devices, programs ?? DevicePrograms.Instance))
    {
    }

    private CgroupV2(CgroupLayout layout, IGroupFiles files, CpuMap map, DeviceFilter? devices)
    {
        _audited = files as AuditedFiles;
        (_layout, _map) = (layout, map);
        var limit = new LimitFile(files);
        _memory = new MemoryLimit(layout, limit, files);
        _cpus = new CpuSetLimit(layout, limit, map);
        _pids = new PidsLimit(layout, limit);
        _time = new CpuTime(layout, limit, files);
        _rate = new DiskRateLimit(layout, limit);
        _rdma = new RdmaLimit(layout, limit);
        _devices = devices;
        _kill = new GroupKill(layout, files, new ProcessList(layout, files));
        _subtree = new SubtreeControl(layout, files);
        _usage = new UsageV2(new Counters(layout, files));
    }

    public void Open(string group, bool isLeaf)
    {
        if (!isLeaf) _subtree.Enable(group);
    }

    public void Limit(string group, Limits limits, CpuChoice cpus, Receipt receipt)
    {
        _memory.Write(group, limits, receipt);
        _cpus.Write(group, limits, cpus, receipt);
        _time.Write(group, limits, receipt);
        _pids.Write(group, limits, receipt);
        _rate.Write(group, receipt);
        _rdma.Write(group, receipt);
        if (_devices is null) return;
        var before = _devices.Attachments;
        _devices.Write(group, limits, receipt);
        if (_devices.Attachments != before) _audited?.Note(new FileChange($"{_layout.Hierarchies[0].Mount}/{group} (BPF_CGROUP_DEVICE)", "without its device program", "filtered"));
    }

    public IReadOnlyList<string> ProcsFiles(string step) => [$"{_layout.Hierarchies[0].Mount}/{step}/cgroup.procs"];

    public void Kill(IReadOnlyList<string> groups) => _kill.Kill(groups);

    public void Thaw(string group) => _kill.Thaw(group);

    public Limits Current(string group)
    {
        var limits = _usage.Limits(group, _map);
        if (_devices is not null) limits.Gres.AddRange(_devices.Current(group));
        return limits;
    }

    public Measured Measure(GroupPath path) => _usage.Measure(path);

    public void FilterAsItsJob(string step, Limits limits)
    {
        // A program on the job's group sees every open below it.
    }

    public ICgroupVersion Over(AuditedFiles files) => new CgroupV2(_layout, files, _map, _devices);

    public void Dispose() => _devices?.Dispose();
}
