using Stint.Agent.Devices;
using Stint.Agent.Hardware;

namespace Stint.Agent.Gpus;

/// <summary>What an operator says of this node's devices: gres.conf in the cluster's folder, and --gres.</summary>
internal static class NodeGres
{
    /// <summary>Throws <see cref="FormatException"/> with file and line, and IOException for a file that is there and cannot be read: neither means "no devices".</summary>
    public static GresFile Read(AgentOptions options)
    {
        var path = Path.Combine(options.Home, "gres.conf");
        var file = File.Exists(path) ? GresFile.Parse(path, File.ReadAllText(path), options.Node) : GresFile.None;
        return file with { Lines = [.. file.Lines, .. options.Gres] };
    }

    public static NodeDevices Devices(AgentOptions options, Machine machine)
    {
        var problems = new List<string>();
        var cdi = CdiSpecs.Read(problems);
        foreach (var problem in problems) machine.Report.Capabilities.Add(new Stint.Protocol.Agents.Capability { Resource = "cdi", Available = false, Detail = problem });
        foreach (var name in options.AllowedDevices) _ = DeviceTable.Default.Paths(name).Count();
        return new NodeDevices(machine.Gres, DeviceTable.Default, options.AllowedDevices, cdi);
    }
}
