using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>The kernel's filter for opening device nodes, on either version. It acts at open(2): descriptors that are open already go on working.</summary>
internal interface IDeviceFilter
{
    /// <summary>A group that holds other groups exists now.</summary>
    void Open(string group);

    /// <summary>Default deny, then what these limits grant; written, read back, compared. Throws <see cref="CgroupException"/>.</summary>
    void Write(string group, Limits limits, Receipt receipt);

    /// <summary>What a group that an earlier life of the agent made allows now.</summary>
    IReadOnlyList<GresGrant> Current(string group);
}
