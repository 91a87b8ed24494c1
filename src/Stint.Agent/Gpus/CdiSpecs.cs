using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Stint.Agent.Gpus;

/// <summary>
/// Container Device Interface specifications (CDI 0.8): which nodes a device's driver wants besides its own. Only deviceNodes of a device that is one of
/// this node's units are taken, and of them only those that no other device of the specifications has: a node of all is a control node, and which of
/// those a job gets is for the device table to say. "all" entries are left out. Hooks, mounts and variables are for containers.
/// </summary>
internal sealed class CdiSpecs
{
    public static readonly IReadOnlyList<string> Folders = ["/etc/cdi", "/var/run/cdi"];
    public static readonly CdiSpecs None = new([]);
    private const long FileBytesMax = 4 << 20;

    private readonly List<(string Name, IReadOnlyList<string> Paths)> _devices;

    private CdiSpecs(List<(string Name, IReadOnlyList<string> Paths)> devices) => _devices = devices;

    /// <param name="problems">A sentence for each file that cannot be understood; the others count.</param>
    public static CdiSpecs Read(List<string> problems, string root = "")
    {
        var devices = new List<(string, IReadOnlyList<string>)>();
        foreach (var file in Folders.Select(f => root + f).Where(Directory.Exists).SelectMany(Directory.EnumerateFiles).Order(StringComparer.Ordinal))
        {
            if (Path.GetExtension(file) is not (".json" or ".yaml" or ".yml")) continue;
            try
            {
                if (new FileInfo(file).Length > FileBytesMax) throw new InvalidDataException($"more than {FileBytesMax} bytes");
                devices.AddRange(Devices(File.ReadAllText(file), root));
            }
            catch (Exception e) when (e is YamlException or IOException or InvalidDataException or UnauthorizedAccessException or JsonException) { problems.Add($"{file}: {e.Message}"); }
        }
        return devices.Count == 0 ? None : new CdiSpecs(devices);
    }

    /// <summary>JSON is YAML too: one reader does for both.</summary>
    private static IEnumerable<(string, IReadOnlyList<string>)> Devices(string text, string root)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        if (yaml.Documents.Count == 0 || Child(yaml.Documents[0].RootNode, "devices") is not YamlSequenceNode devices) yield break;
        foreach (var device in devices)
        {
            if ((Child(device, "name") as YamlScalarNode)?.Value is not { } name || name == "all") continue;
            if (Child(Child(device, "containerEdits"), "deviceNodes") is not YamlSequenceNode nodes) continue;
            // hostPath where it differs from the path in a container.
            yield return (name, [.. nodes.Select(n => ((Child(n, "hostPath") ?? Child(n, "path")) as YamlScalarNode)?.Value).OfType<string>().Where(p => p.StartsWith("/dev/", StringComparison.Ordinal)).Select(p => root + p)]);
        }
    }

    /// <summary>Nodes of this unit that its own files do not name.</summary>
    public IEnumerable<string> Nodes(DeviceUnit unit)
    {
        if (_devices.Count == 0) return [];
        // One device can have several names ("0" and its UUID) with the same nodes: those are one.
        var mine = _devices.Where(d => (unit.Uuid.Length > 0 && d.Name == unit.Uuid) || (unit.Files.Count > 0 && unit.Files.All(d.Paths.Contains))).ToList();
        var others = _devices.Where(d => !mine.Any(m => m.Paths.SequenceEqual(d.Paths))).SelectMany(d => d.Paths).ToHashSet();
        return mine.SelectMany(d => d.Paths).Distinct().Where(p => !others.Contains(p) && !unit.Files.Contains(p));
    }

    private static YamlNode? Child(YamlNode? node, string key) => node is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null;
}
