using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>
/// What a node must be able to hold before jobs are placed on it. A node without one of these would refuse each job at its start; it is drained with
/// the reason instead, so that jobs go where the promise can be kept.
/// </summary>
internal static class RequiredLimits
{
    public static readonly IReadOnlyList<string> All = ["cpu", "memory", "pids", DeviceRows.Resource, DiskRateLimit.Resource, RdmaLimit.Resource];

    /// <summary>One sentence; null when all that is required is there.</summary>
    /// <param name="bestEffort">What an operator said may be missing.</param>
    public static string? Missing(IReadOnlyList<Capability> capabilities, IReadOnlySet<string> bestEffort)
    {
        var missing = capabilities.Where(c => !c.Available && All.Contains(c.Resource) && !bestEffort.Contains(c.Resource)).Select(c => $"{c.Resource}: {c.Detail}").ToList();
        return missing.Count == 0 ? null : $"this kernel cannot hold every limit ({string.Join("; ", missing)}); --best-effort names those that jobs may do without";
    }
}
