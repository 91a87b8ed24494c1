using Stint.Agent.Devices;

namespace Stint.Agent.Gpus;

/// <summary>
/// Whether units can be given to the next job: their nodes are there, and the driver's library answers for them in time. A call into a driver whose GPU
/// hangs does not come back, so it is made on a thread that can be left behind; while one is left behind nothing more is asked.
/// </summary>
/// <param name="library">Path of NVML; empty: where a driver installs it.</param>
internal sealed class DeviceHealth(string library = "", TimeSpan? patience = null)
{
    private readonly TimeSpan _patience = patience ?? TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private Thread? _asking;

    /// <summary>One sentence about the first unit that cannot be given away; null when all can. Blocks for the patience at most.</summary>
    public string? Describe(IReadOnlyList<DeviceUnit> units)
    {
        foreach (var unit in units)
            foreach (var file in unit.Files)
                if (DeviceNode.Look(file, out _) is not 0 and var errno) return $"{unit.Name} {unit.Index} is lost: its node {file} cannot be looked at: {DeviceNode.Describe(errno)}";
        var asked = units.Where(u => u is { Vendor: "nvidia", Uuid.Length: > 0 } && !u.Uuid.Contains('/', StringComparison.Ordinal)).ToList();
        return asked.Count == 0 ? null : InTime(asked);
    }

    private string? InTime(IReadOnlyList<DeviceUnit> units)
    {
        lock (_gate)
        {
            string? answer = null;
            if (_asking is not { IsAlive: true })
            {
                _asking = new Thread(() => Volatile.Write(ref answer, Ask(units))) { IsBackground = true, Name = "gpu health" };
                _asking.Start();
            }
            if (_asking.Join(_patience)) return Volatile.Read(ref answer);
            return $"{units[0].Name} {units[0].Index} ({units[0].Uuid}) hangs: its driver does not answer within {_patience.TotalSeconds:0.###} s";
        }
    }

    private string? Ask(IReadOnlyList<DeviceUnit> units)
    {
        using var nvml = Nvml.Open(library, out _);
        if (nvml is null) return null;          // then nothing was known from it before either
        foreach (var unit in units)
            if (nvml.Trouble(unit.Uuid) is { } why) return $"{unit.Name} {unit.Index} ({unit.Uuid}) is lost: {why}";
        return null;
    }
}
