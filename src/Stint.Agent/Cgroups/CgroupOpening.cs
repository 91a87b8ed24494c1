using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Stint.Agent.Cgroups.V1;
using Stint.Agent.Cgroups.V2;
using Stint.Agent.Devices;
using Stint.Agent.Hardware;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>Makes the root and this node's group in every hierarchy. A controller whose group cannot be made is reported as not available.</summary>
internal static class CgroupOpening
{
    private const int Attempts = 10;

    public static CgroupTree Open(CgroupLayout layout, CpuMap map, ulong machineMemoryBytes, IGroupFiles files, TimeProvider time, ILogger? log = null, IDeviceAllowances? devices = null)
    {
        var refused = new Dictionary<string, string>(StringComparer.Ordinal);
        if (layout.Version == CgroupVersion.V2) HandDown(layout, files, refused);
        foreach (var hierarchy in layout.Hierarchies)
        {
            if (MakeBase(layout, hierarchy, files) is not { } why) continue;
            foreach (var controller in hierarchy.Controllers) refused[controller] = why;
        }
        var usable = layout.Without(refused);
        if (devices is null)
        {
            IReadOnlyList<Capability> unfiltered = [.. usable.Capabilities.Select(c => c.Resource != DeviceRows.Resource ? c
                : new Capability { Resource = c.Resource, Available = false, Detail = "this agent was told not to filter devices" })];
            usable = usable with { Capabilities = unfiltered };
        }
        ICgroupVersion version = layout.Version == CgroupVersion.V1 ? new CgroupV1(usable, files, map, devices) : new CgroupV2(usable, files, map, devices);
        version.Open(usable.Root, isLeaf: false);
        version.Open(usable.Base, isLeaf: false);
        return new CgroupTree(usable, map, machineMemoryBytes, files, version, time, log ?? NullLogger.Instance);
    }

    private static string? MakeBase(CgroupLayout layout, Hierarchy hierarchy, IGroupFiles files)
    {
        for (var attempt = 0; ; attempt++)
        {
            var root = $"{hierarchy.Mount}/{layout.Root}";
            var errno = files.MakeGroup(root);
            if (errno is not (0 or Errno.Exists)) return $"cannot make {root}: {Errno.Describe(errno)}";
            errno = files.MakeGroup($"{hierarchy.Mount}/{layout.Base}");
            if (errno is 0 or Errno.Exists) return null;
            // ENOENT: another agent on this host stopped at this moment and took the empty root away.
            if (errno != Errno.NoEntry || attempt == Attempts) return $"cannot make {hierarchy.Mount}/{layout.Base}: {Errno.Describe(errno)}";
        }
    }

    private static void HandDown(CgroupLayout layout, IGroupFiles files, Dictionary<string, string> refused)
    {
        try
        {
            AgentGroup.MoveOutOf(layout.Hierarchies[0].Mount, files);
            new SubtreeControl(layout, files).Enable("");
        }
        catch (CgroupException problem)
        {
            foreach (var controller in layout.Hierarchies[0].Controllers) refused[controller] = problem.Message;
        }
    }
}
