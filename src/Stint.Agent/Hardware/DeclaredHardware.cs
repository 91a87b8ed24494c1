using System.Globalization;
using Stint.Agent.Gpus;

namespace Stint.Agent.Hardware;

/// <summary>
/// Hardware as the operator declares it (<c>--declare cpus=16,sockets=2,cores=8,threads=1,memory=20000M,gpus=0</c>), as Slurm's
/// <c>slurmd -N</c> with <c>config_overrides</c>: for tests, and for several nodes on one host. Null: not declared.
/// </summary>
public sealed record DeclaredHardware(uint? Cpus, uint? Sockets, uint? Cores, uint? Threads, ulong? MemoryBytes, uint? Gpus)
{
    /// <summary>From each gres=name[:type][:count][:files][:cores=list]; null: none.</summary>
    internal IReadOnlyList<GresLine>? Gres { get; init; }

    private const uint CpusMax = 65_536;
    private const ulong MemoryBytesMax = 1UL << 50;           // 1 PiB

    /// <summary>Throws <see cref="FormatException"/> that names the part and what would be right.</summary>
    public static DeclaredHardware Parse(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var gres = new List<GresLine>();
        foreach (var part in Parts(text))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) throw Wrong(part, "each part is name=value");
            var name = part[..equals].ToLowerInvariant();
            if (name == "gres")
            {
                gres.Add(GresLine.ParseShort("--declare", part[(equals + 1)..]));
                continue;
            }
            if (name is not ("cpus" or "sockets" or "cores" or "threads" or "memory" or "gpus")) throw Wrong(part, "the names are cpus, sockets, cores, threads, memory, gpus, gres");
            if (!values.TryAdd(name, part[(equals + 1)..])) throw Wrong(part, $"{name} is there twice");
        }
        uint? Count(string name, uint least) => values.TryGetValue(name, out var value) ? Number(name, value, least) : null;
        var declared = new DeclaredHardware(Count("cpus", 1), Count("sockets", 1), Count("cores", 1), Count("threads", 1),
            values.TryGetValue("memory", out var memory) ? Memory(memory) : null, Count("gpus", 0)) { Gres = gres.Count > 0 ? gres : null };
        return declared.Completed();
    }

    /// <summary>Split at commas, except those within brackets: gres=gpu:test:2:/dev/x[0,2].</summary>
    private static IEnumerable<string> Parts(string text)
    {
        var (begin, depth) = (0, 0);
        for (var at = 0; at <= text.Length; at++)
        {
            if (at < text.Length && text[at] is ('[' or ']')) depth += text[at] == '[' ? 1 : -1;
            if (at < text.Length && (text[at] != ',' || depth > 0)) continue;
            yield return text[begin..at].Trim();
            begin = at + 1;
        }
    }

    /// <summary>cpus = sockets × cores × threads: computed when left out, checked when all are given.</summary>
    private DeclaredHardware Completed()
    {
        if (Cores is not { } cores) return this;
        var product = (ulong)(Sockets ?? 1) * cores * (Threads ?? 1);
        if (product > CpusMax) throw new FormatException($"--declare: sockets × cores × threads is {product}, the limit is {CpusMax}");
        if (Cpus is { } cpus && cpus != product) throw new FormatException($"--declare: cpus={cpus}, but sockets × cores × threads is {product}");
        return this with { Cpus = (uint)product };
    }

    private static uint Number(string name, string value, uint least) =>
        uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= CpusMax
            ? number : throw Wrong($"{name}={value}", $"{name} is a number from {least} to {CpusMax}");

    /// <summary>A number with K, M, G or T (1024 each); without a unit mebibytes, as everywhere in Slurm.</summary>
    private static ulong Memory(string value)
    {
        var digits = value.AsSpan().TrimEnd("KMGTkmgt");
        var unit = value[digits.Length..].ToUpperInvariant();
        var shift = unit switch { "" or "M" => 20, "K" => 10, "G" => 30, "T" => 40, _ => -1 };
        if (shift < 0 || !ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0 || number > MemoryBytesMax >> shift)
            throw Wrong($"memory={value}", "memory is a number with K, M, G or T, without a unit mebibytes, at most 1024T");
        return number << shift;
    }

    private static FormatException Wrong(string part, string right) => new($"--declare: '{part}': {right}");
}
