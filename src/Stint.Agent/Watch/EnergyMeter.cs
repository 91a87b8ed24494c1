using System.Globalization;

namespace Stint.Agent.Watch;

/// <summary>
/// The packages' energy counters (RAPL, Documentation/power/powercap). They wrap at max_energy_range_uj and must be read more often than that (about
/// an hour at full load). A machine without them tells no energy: nothing is estimated from nothing.
/// </summary>
internal sealed class EnergyMeter
{
    private readonly List<Domain> _domains = [];

    public EnergyMeter(string root = "/sys/class/powercap")
    {
        if (!Directory.Exists(root)) return;
        foreach (var path in Directory.EnumerateDirectories(root))
        {
            // intel-rapl:0 is a package (also on AMD); intel-rapl:0:0 is a part of it and would be counted twice.
            var name = Path.GetFileName(path);
            if (!name.StartsWith("intel-rapl:", StringComparison.Ordinal) || name.Split(':').Length != 2) continue;
            if (Read($"{path}/energy_uj") is { } now && Read($"{path}/max_energy_range_uj") is { } range) _domains.Add(new Domain { Path = path, Range = range, Last = now });
        }
    }

    public bool IsAvailable => _domains.Count > 0;

    /// <summary>Microjoules of all packages since the last call.</summary>
    public ulong Take()
    {
        ulong sum = 0;
        foreach (var domain in _domains)
        {
            if (Read($"{domain.Path}/energy_uj") is not { } now) continue;
            sum += now >= domain.Last ? now - domain.Last : domain.Range - domain.Last + now;
            domain.Last = now;
        }
        return sum;
    }

    private static ulong? Read(string file)
    {
        try { return ulong.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null; }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return null; }
    }

    private sealed class Domain
    {
        public required string Path { get; init; }
        public required ulong Range { get; init; }
        public ulong Last { get; set; }
    }
}
