using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

public enum CgroupVersion { V1 = 1, V2 = 2 }

/// <param name="Mount">Where the hierarchy is mounted; on v2 the group below which this agent may make groups.</param>
/// <param name="Controllers">The controllers of this hierarchy that Stint uses; v1 may mount several together.</param>
internal sealed record Hierarchy(string Mount, IReadOnlyList<string> Controllers);

/// <summary>What <see cref="CgroupProbe"/> found: where groups can be made, and what they can limit.</summary>
/// <param name="Root">Name of Stint's own group in each hierarchy, for instance "stint".</param>
/// <param name="Node">Name of this node's group below it: several agents may share a host.</param>
internal sealed record CgroupLayout(
    CgroupVersion Version, string Root, string Node, IReadOnlyList<Hierarchy> Hierarchies, IReadOnlyList<Capability> Capabilities)
{
    public string KernelName => Version == CgroupVersion.V1 ? "cgroup v1" : "cgroup v2";

    /// <summary>Root and node: what every relative group path begins with.</summary>
    public string Base => $"{Root}/{Node}";

    public Hierarchy? Of(string controller)
    {
        foreach (var hierarchy in Hierarchies)
        {
            if (hierarchy.Controllers.Contains(controller)) return hierarchy;
        }
        return null;
    }

    /// <summary>The file of a controller in a group; null when this kernel lacks the controller.</summary>
    public string? File(string controller, string group, string file) => Of(controller) is { } hierarchy ? $"{hierarchy.Mount}/{group}/{file}" : null;

    /// <summary>Resources whose limit may be left out where this kernel has no controller for it.</summary>
    public IReadOnlySet<string> BestEffort { get; init; } = new HashSet<string>();

    /// <summary>What each job may read and write in a second, by disk.</summary>
    public IReadOnlyList<DiskRate> DiskRates { get; init; } = [];

    /// <summary>What each job may hold of RDMA devices.</summary>
    public IReadOnlyList<RdmaDevice> Rdma { get; init; } = [];

    /// <summary>RDMA devices of this machine that nothing limits.</summary>
    public IReadOnlyList<string> RdmaUnlimited { get; init; } = [];

    public bool Has(string resource) => Controller(resource) is { } controller && Of(controller) is not null;

    public string Why(string resource) => Capabilities.FirstOrDefault(c => c.Resource == resource)?.Detail ?? "";

    /// <summary>The same node without the controllers in <paramref name="refused"/> (controller → reason).</summary>
    public CgroupLayout Without(IReadOnlyDictionary<string, string> refused)
    {
        if (refused.Count == 0) return this;
        var hierarchies = Hierarchies
            .Select(h => h with { Controllers = [.. h.Controllers.Where(c => !refused.ContainsKey(c))] })
            .Where(h => Version == CgroupVersion.V2 || h.Controllers.Count > 0).ToList();
        var capabilities = Capabilities.Select(c => Controller(c.Resource) is { } controller && refused.TryGetValue(controller, out var why)
            ? new Capability { Resource = c.Resource, Available = false, Detail = why } : c).ToList();
        return this with { Hierarchies = hierarchies, Capabilities = capabilities };
    }

    private string? Controller(string resource) => resource switch
    {
        "cpu" => "cpuset", "memory" or "swap" => "memory", "pids" => "pids", "kill" => "freezer", "usage" => "cpuacct", "devices" => "devices", DiskRateLimit.Resource => DiskRateLimit.Controller(Version),
        RdmaLimit.Resource => RdmaLimit.Resource, _ => null,
    };
}
