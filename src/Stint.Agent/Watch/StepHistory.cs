using Stint.Protocol.Agents;

namespace Stint.Agent.Watch;

/// <summary>What the watch remembers of one step between two looks.</summary>
internal sealed class StepHistory
{
    private ulong _oomKills, _pidsHits, _cpuUs;
    private ulong _maxRss, _virtual;
    private uint _maxRssPid;
    private string _maxRssCommand = "";

    public StallClock Stall { get; } = new();
    public bool IsStalled { get; set; }
    public ulong EnergyUj { get; private set; }

    /// <summary>Kills and refused forks that are new since the last time.</summary>
    public (ulong OomKills, ulong PidsHits) New(ulong oomKills, ulong pidsHits)
    {
        var fresh = (oomKills > _oomKills ? oomKills - _oomKills : 0, pidsHits > _pidsHits ? pidsHits - _pidsHits : 0);
        (_oomKills, _pidsHits) = (Math.Max(_oomKills, oomKills), Math.Max(_pidsHits, pidsHits));
        return fresh;
    }

    /// <summary>CPU time since the last time.</summary>
    public ulong NewCpuUs(StepUsage used)
    {
        var now = used.CpuUserUs + used.CpuSystemUs;
        var fresh = now > _cpuUs ? now - _cpuUs : 0;
        _cpuUs = now;
        return fresh;
    }

    /// <summary>Some of the energy was measured for this step alone.</summary>
    public bool IsMeasured { get; private set; }

    public void AddEnergy(ulong microjoules) => EnergyUj += microjoules;

    public void AddMeasured(ulong microjoules)
    {
        IsMeasured = true;
        EnergyUj += microjoules;
    }

    /// <summary>The largest process may be gone by the time that somebody asks.</summary>
    public void KeepLargest(StepUsage used)
    {
        if (used.MaxRssBytes > _maxRss) (_maxRss, _maxRssPid, _maxRssCommand) = (used.MaxRssBytes, used.MaxRssPid, used.MaxRssCommand);
        else (used.MaxRssBytes, used.MaxRssPid, used.MaxRssCommand) = (_maxRss, _maxRssPid, _maxRssCommand);
        used.VirtualBytes = _virtual = Math.Max(_virtual, used.VirtualBytes);
    }
}
