using Stint.Protocol.Agents;

namespace Stint.Agent.Devices;

/// <summary>Everything that one job or step may open; what is not in it is denied.</summary>
/// <param name="Rules">Canonical: see <see cref="DeviceRule.Canonical"/>.</param>
/// <param name="Grants">What was granted beyond the standard nodes, one entry for each unit: a row of the receipt each.</param>
internal sealed record DeviceAllowance(IReadOnlyList<DeviceRule> Rules, IReadOnlyList<GrantedUnit> Grants)
{
    public string Text => string.Join(", ", Rules);
}

/// <param name="Resource">The name that --gres has for it: gpu.</param>
/// <param name="Allocated">For people: type, index, UUID, files.</param>
/// <param name="Rules">Its own nodes and the control nodes it needs; empty: there is no device behind it.</param>
/// <param name="Why">Why the kernel holds nothing for it; empty where it does.</param>
internal sealed record GrantedUnit(string Resource, string Allocated, IReadOnlyList<DeviceRule> Rules, string Why);

/// <summary>Which devices a step may open, as far as this node knows its devices.</summary>
internal interface IDeviceAllowances
{
    /// <summary>Throws <see cref="Cgroups.CgroupException"/> when a unit is not here or its node cannot be looked at: nothing is left out silently.</summary>
    DeviceAllowance For(Limits limits);

    /// <summary>What all jobs of this node together could be allowed: the frame that the shared levels above them get.</summary>
    IReadOnlyList<DeviceRule> Frame();

    /// <summary>The units whose own nodes are all in these rules: what a job was granted that an earlier life of the agent started.</summary>
    IReadOnlyList<GresGrant> Recover(IReadOnlyList<DeviceRule> rules);
}
