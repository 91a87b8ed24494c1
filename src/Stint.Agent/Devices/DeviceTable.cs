using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stint.Agent.Devices;

/// <summary>
/// What is known of devices that jobs use, as data (<c>devices.json</c>): the nodes that every process may open, groups of nodes that an operator can
/// allow by name, and for each vendor how its units are found, which nodes belong to a unit, which are shared by all of its units, and how a program
/// is told its units. In paths {minor} is the unit's number, {gi} and {ci} are the minors of a MIG slice's capabilities.
/// </summary>
internal sealed record DeviceTable(
    IReadOnlyList<StandardNode> Standard, IReadOnlyList<NodeGroup> Groups, IReadOnlyList<DeviceVendor> Vendors, IReadOnlyList<EnvironmentFlag> Flags)
{
    private static readonly Lazy<DeviceTable> Known = new(() =>
    {
        using var data = typeof(DeviceTable).Assembly.GetManifestResourceStream("Stint.Agent.Devices.devices.json")!;
        return JsonSerializer.Deserialize(data, DeviceTableJson.Default.DeviceTable)!;
    });

    public static DeviceTable Default => Known.Value;

    public static DeviceTable Parse(string json) => JsonSerializer.Deserialize(json, DeviceTableJson.Default.DeviceTable)!;

    /// <summary>The vendor whose units have this node, for devices that an operator declares by their file alone.</summary>
    public DeviceVendor? VendorOf(string path) => Vendors.FirstOrDefault(v => v.Kind != "vfio" && v.Unit.Any(template => DeviceVendor.NumberIn(template, path) is not null));

    /// <summary>The nodes behind a name from <see cref="Groups"/> or an absolute path; a '*' at the end stands for all files of that folder.</summary>
    public IEnumerable<string> Paths(string nameOrPath, string root = "")
    {
        IReadOnlyList<string> patterns = nameOrPath.StartsWith('/') ? [nameOrPath]
            : Groups.FirstOrDefault(g => g.Name == nameOrPath)?.Paths
              ?? throw new FormatException($"--allow-device {nameOrPath}: neither an absolute path nor one of {string.Join(", ", Groups.Select(g => g.Name))}");
        foreach (var pattern in patterns)
        {
            var path = root + pattern;
            if (!pattern.EndsWith("/*", StringComparison.Ordinal))
            {
                if (File.Exists(path)) yield return path;
                continue;
            }
            if (!Directory.Exists(path[..^2])) continue;
            foreach (var file in Directory.EnumerateFiles(path[..^2]).Order(StringComparer.Ordinal)) yield return file;
        }
    }
}

internal sealed record StandardNode(string Name, string Rule);

internal sealed record NodeGroup(string Name, IReadOnlyList<string> Paths);

/// <param name="Kind">How its units are found: nvidia, kfd, class, vfio.</param>
/// <param name="Gres">What --gres calls a unit.</param>
/// <param name="Pci">PCI vendor, as /sys shows it.</param>
/// <remarks>Set, not init: the generated reader gives an init property that the data leaves out null instead of its default.</remarks>
internal sealed record DeviceVendor(string Name, string Kind, string Gres, string Pci, IReadOnlyList<string> Unit)
{
    /// <summary>Nodes of a MIG slice alone; the nodes of its whole GPU are then shared.</summary>
    public IReadOnlyList<string> Slice { get; set; } = [];
    public IReadOnlyList<SharedNode> Shared { get; set; } = [];
    public IReadOnlyList<VisibleVariable> Environment { get; set; } = [];

    /// <summary>For kind class: a folder and how its entries begin.</summary>
    public string Class { get; set; } = "";
    public IReadOnlyList<string> NotPci { get; set; } = [];

    /// <summary>Of units whose model nothing tells.</summary>
    public string Type { get; set; } = "";

    /// <summary>Words of a model's name that say nothing.</summary>
    public IReadOnlyList<string> Words { get; set; } = [];

    public static string Fill(string template, string name, uint value) => template.Replace("{" + name + "}", value.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>The number that stands for {minor} in a path; null when the path is no unit's.</summary>
    public static uint? NumberIn(string template, string path)
    {
        var at = template.IndexOf("{minor}", StringComparison.Ordinal);
        return at >= 0 && template.EndsWith("{minor}", StringComparison.Ordinal) && path.StartsWith(template[..at], StringComparison.Ordinal)
            && uint.TryParse(path.AsSpan(at), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}

/// <summary>A control node that each unit of a vendor needs.</summary>
/// <param name="Driver">Its name in /proc/devices, for a node that a driver makes only when it is first used.</param>
internal sealed record SharedNode(string Path, string Driver = "", uint Minor = 0);

/// <param name="Value">uuid, local (position among the granted ones, because denied devices are not counted), index (Slurm's), number (of the node), module.</param>
internal sealed record VisibleVariable(string Name, string Value);

/// <summary>A flag of gres.conf(5) that says which variables are set.</summary>
internal sealed record EnvironmentFlag(string Name, IReadOnlyList<VisibleVariable> Environment);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(DeviceTable))]
internal sealed partial class DeviceTableJson : JsonSerializerContext;
