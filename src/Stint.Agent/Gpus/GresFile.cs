using Stint.Protocol.Slurm;

namespace Stint.Agent.Gpus;

/// <summary>
/// gres.conf(5): one line for each kind of device, <c>Name= Type= File= Count= Cores= Flags= MultipleFiles= NodeName= AutoDetect=</c>, and beyond
/// Slurm's <c>Shared=</c> for control nodes. A name that has lines for this node is exactly these; what they leave out is taken from the detected device
/// of the same node. What is unknown is an error with its line number.
/// </summary>
/// <param name="Detects">False after AutoDetect=off.</param>
internal sealed record GresFile(IReadOnlyList<GresLine> Lines, bool Detects)
{
    private static readonly string[] Keys = ["name", "type", "file", "count", "cores", "cpus", "flags", "multiplefiles", "nodename", "autodetect", "links", "shared"];
    private static readonly string[] Detectors = ["off", "nvml", "nvidia", "rsmi", "oneapi", "nrt", "full"];

    public static readonly GresFile None = new([], true);

    /// <summary>Throws <see cref="FormatException"/>: "PATH line 3: …".</summary>
    public static GresFile Parse(string path, string text, string node)
    {
        var lines = new List<GresLine>();
        var detects = true;
        foreach (var (number, line) in Joined(text))
        {
            var where = $"{path} line {number}";
            var values = Values(where, line);
            if (values.TryGetValue("nodename", out var nodes) && !Names(where, nodes).Contains(node)) continue;
            if (values.TryGetValue("autodetect", out var detector))
            {
                if (!Detectors.Contains(detector.ToLowerInvariant())) throw new FormatException($"{where}: AutoDetect={detector}: there are {string.Join(", ", Detectors)}");
                detects = !detector.Equals("off", StringComparison.OrdinalIgnoreCase);
                if (!values.ContainsKey("name")) continue;
            }
            string Of(string key) => values.GetValueOrDefault(key, "");
            lines.Add(GresLine.Make(where, line, Of("name"), Of("type"), Of("count"), Of("file"), Of("multiplefiles"), Of("cores") is { Length: > 0 } cores ? cores : Of("cpus"), Of("flags"), Of("shared")));
        }
        return new GresFile(lines, detects);
    }

    /// <summary>Lines without comments; a backslash at the end goes on in the next one.</summary>
    private static IEnumerable<(int Number, string Line)> Joined(string text)
    {
        var (number, begun, before) = (0, 0, "");
        foreach (var raw in text.Split('\n'))
        {
            number++;
            if (before.Length == 0) begun = number;
            var hash = raw.IndexOf('#', StringComparison.Ordinal);
            var line = (before + (hash < 0 ? raw : raw[..hash])).TrimEnd();
            before = line.EndsWith('\\') ? line[..^1] + " " : "";
            if (before.Length == 0 && line.Trim().Length > 0) yield return (begun, line.Trim());
        }
        if (before.Trim().Length > 0) yield return (begun, before.Trim());
    }

    private static Dictionary<string, string> Values(string where, string line)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == part.Length - 1) throw new FormatException($"{where}: '{part}': each part is Key=value");
            var key = part[..equals].ToLowerInvariant();
            if (!Keys.Contains(key)) throw new FormatException($"{where}: '{part}': the keys are {string.Join(", ", Keys)}");
            if (!values.TryAdd(key, part[(equals + 1)..])) throw new FormatException($"{where}: '{part}': {key} is there twice");
        }
        return values;
    }

    private static List<string> Names(string where, string nodes) => Hostlist.TryExpand(nodes, out var names, out var error) ? names : throw new FormatException($"{where}: {error}");
}
