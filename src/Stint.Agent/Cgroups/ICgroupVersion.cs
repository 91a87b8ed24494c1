using Stint.Agent.Hardware;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>What differs between cgroup v1 and v2. Groups are named by their path relative to a hierarchy; the tree above is the same for both.</summary>
internal interface ICgroupVersion
{
    /// <summary>Makes a fresh group fit to be joined or to hold groups: v1 cpusets need cpus, v2 needs its controllers handed down.</summary>
    /// <param name="group">The group, which exists in every hierarchy.</param>
    /// <param name="isLeaf">Processes will join it; nothing will be made below.</param>
    void Open(string group, bool isLeaf);

    /// <summary>Writes and reads back every limit on one group; one row for each. Throws <see cref="CgroupException"/>.</summary>
    void Limit(string group, Limits limits, CpuChoice cpus, Receipt receipt);

    IReadOnlyList<string> ProcsFiles(string step);

    /// <summary>SIGKILL to everything in these groups, such that nothing can fork away from it. Thaws what was frozen.</summary>
    void Kill(IReadOnlyList<string> groups);

    /// <summary>Undoes a freeze that an earlier life of this agent left behind.</summary>
    void Thaw(string group);

    /// <summary>The limits that a group has now, as far as the kernel tells: for a job that an earlier life of this agent started.</summary>
    Limits Current(string group);

    Measured Measure(GroupPath path);

    /// <summary>For a step without limits of its own: v1 has a list for each group, which loses what its parent's loses and does not get it back with it.</summary>
    void FilterAsItsJob(string step, Limits limits);

    /// <summary>The same, writing through other files: for the audit. Shares whatever is loaded into the kernel with this one, which owns it.</summary>
    ICgroupVersion Over(AuditedFiles files);
}

/// <summary>The levels of one step's group: <c>base / u&lt;uid&gt; / j&lt;job&gt; / s&lt;step&gt;</c>.</summary>
internal readonly record struct GroupPath(string Base, uint Uid, uint JobId, uint StepId)
{
    public string User => $"{Base}/u{Uid}";
    public string Job => $"{Base}/u{Uid}/j{JobId}";
    public string Step => $"{Base}/u{Uid}/j{JobId}/s{StepId}";
}
