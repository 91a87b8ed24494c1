using System.Globalization;
using Stint.Agent.Cgroups;
using Stint.Protocol.Slurm;

namespace Stint.Agent.Gpus;

/// <summary>
/// What an operator says of one kind of device: a line of gres.conf(5) (<c>Name=gpu Type=a100 File=/dev/nvidia[0-1] Cores=0-7</c>), or the
/// short form of the command line (<c>gpu:a100:2:/dev/nvidia[0-1]:cores=0-7</c>).
/// </summary>
/// <param name="Files">For each unit its nodes; empty: no device stands behind it.</param>
/// <param name="Cores">Core numbers, as in gres.conf; null: all are near.</param>
/// <param name="Flags">nvidia_gpu_env, …; null: as the vendor has them.</param>
internal sealed record GresLine(string Name, string Type, ulong Count, IReadOnlyList<string> Files, IReadOnlyList<int>? Cores, IReadOnlyList<string>? Flags)
{
    public const ulong CountMax = 1UL << 40;
    public const int UnitsMax = 1024;
    private static readonly string[] KnownFlags = ["nvidia_gpu_env", "amd_gpu_env", "intel_gpu_env", "opencl_env", "no_gpu_env", "countonly"];

    /// <summary>Control nodes that these units need; an addition to gres.conf, for devices that no table knows.</summary>
    public IReadOnlyList<string> Shared { get; init; } = [];

    /// <summary>Every file is a node of the one unit (MultipleFiles=), not a unit of its own.</summary>
    public bool IsOneUnit { get; init; }

    /// <summary>Throws <see cref="FormatException"/> that names the option, the part and what would be right.</summary>
    /// <param name="text">name[:type][:count][:files][:cores=list], the first three as everywhere in Slurm.</param>
    public static GresLine ParseShort(string option, string text)
    {
        string name = "", type = "", files = "", cores = "", count = "";
        foreach (var (part, at) in text.Split(':').Select((p, i) => (p, i)))
        {
            if (at == 0) name = part;
            else if (part.StartsWith('/') && files.Length == 0) files = part;
            else if (part.StartsWith("cores=", StringComparison.OrdinalIgnoreCase) && cores.Length == 0) cores = part[6..];
            else if (part.Length > 0 && char.IsAsciiDigit(part[0]) && count.Length == 0 && TryCount(part, out _)) count = part;
            else if (part.Length > 0 && type.Length == 0 && at == 1) type = part;
            else throw Wrong(option, text, $"'{part}' is not expected there; the form is name[:type][:count][:files][:cores=list]");
        }
        return Make(option, text, name, type, count, files, multiple: "", cores, flags: "", shared: "");
    }

    internal static GresLine Make(string where, string text, string name, string type, string count, string files, string multiple, string cores, string flags, string shared)
    {
        if (!IsWord(name)) throw Wrong(where, text, "a name of letters, digits, '-', '_' and '.' is needed");
        if (type.Length > 0 && !IsWord(type)) throw Wrong(where, text, $"'{type}' is no type: letters, digits, '-', '_' and '.'");
        if (files.Length > 0 && multiple.Length > 0) throw Wrong(where, text, "File and MultipleFiles exclude each other");
        var paths = Paths(where, text, files.Length > 0 ? files : multiple);
        var units = multiple.Length > 0 ? 1 : (ulong)paths.Count;
        if (!TryCount(count.Length > 0 ? count : Math.Max(1, units).ToString(CultureInfo.InvariantCulture), out var number)) throw Wrong(where, text, $"'{count}' is no count from 1 to {CountMax}");
        if (units > 0 && number != units) throw Wrong(where, text, $"the count is {number}, but {units} file{(units == 1 ? " is" : "s are")} named");
        IReadOnlyList<string>? chosen = flags.Length == 0 ? null : [.. flags.ToLowerInvariant().Split(',')];
        foreach (var flag in chosen ?? []) if (!KnownFlags.Contains(flag)) throw Wrong(where, text, $"the flag '{flag}' is not known; there are {string.Join(", ", KnownFlags)}");
        int[]? near = null;
        try { if (cores.Length > 0) near = CpuList.Parse(cores); }
        catch (FormatException e) { throw Wrong(where, text, $"cores: {e.Message}"); }
        return new GresLine(name, type, number, paths, near, chosen) { Shared = Paths(where, text, shared), IsOneUnit = multiple.Length > 0 };
    }

    private static List<string> Paths(string where, string text, string pattern)
    {
        if (pattern.Length == 0) return [];
        if (!Hostlist.TryExpand(pattern, out var paths, out var error)) throw Wrong(where, text, error);
        if (paths.Count > UnitsMax) throw Wrong(where, text, $"{paths.Count} files; at most {UnitsMax} are possible");
        foreach (var path in paths) if (!path.StartsWith('/') || path.Contains("/../", StringComparison.Ordinal)) throw Wrong(where, text, $"the file '{path}' is no absolute path");
        return paths.Distinct().Count() == paths.Count ? paths : throw Wrong(where, text, "a file is named twice");
    }

    /// <summary>A number with K, M, G or T (1024 each), as gres.conf has it.</summary>
    private static bool TryCount(string text, out ulong count)
    {
        count = 0;
        if (text.Length == 0) return false;
        var shift = char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 };
        if (!ulong.TryParse(shift > 0 ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0 || number > CountMax >> shift) return false;
        count = number << shift;
        return true;
    }

    private static bool IsWord(string text) => text.Length is > 0 and <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '+');

    private static FormatException Wrong(string where, string text, string right) => new($"{where}: '{text}': {right}");
}
