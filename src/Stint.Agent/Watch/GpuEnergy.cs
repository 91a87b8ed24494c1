using Stint.Agent.Gpus;
using Stint.Agent.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Watch;

/// <summary>
/// Energy of the GPUs that a step has to itself, from the driver's own counters (nvmlDeviceGetTotalEnergyConsumption): measured, not apportioned. A slice
/// has no counter of its own and tells none. A driver that does not answer in time is asked again at the next look.
/// </summary>
/// <param name="library">Path of NVML; empty: where a driver installs it.</param>
internal sealed class GpuEnergy(NodeDevices devices, string library = "")
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly Dictionary<(StepId Step, string Uuid), ulong> _last = [];
    private Thread? _asking;

    /// <summary>Microjoules since the last call, by step; a step that is seen for the first time is there with 0. Blocks. Not thread-safe.</summary>
    public IReadOnlyDictionary<StepId, ulong> Take(IReadOnlyList<LaunchSpec> steps)
    {
        var held = steps.SelectMany(s => s.Limits.Gres.SelectMany(devices.Units).Where(IsWhole), (s, unit) => (Step: StepId.Of(s.Key), unit.Uuid)).ToHashSet();
        foreach (var gone in _last.Keys.Where(k => !held.Contains(k)).ToList()) _last.Remove(gone);
        var taken = new Dictionary<StepId, ulong>();
        if (held.Count == 0 || InTime([.. held.Select(h => h.Uuid).Distinct()]) is not { } counters) return taken;
        foreach (var key in held)
        {
            if (!counters.TryGetValue(key.Uuid, out var now)) continue;
            var before = _last.TryGetValue(key, out var last) && last <= now ? last : now;       // a driver that was loaded again counts from 0
            _last[key] = now;
            taken[key.Step] = taken.GetValueOrDefault(key.Step) + (now - before) * 1000;
        }
        return taken;
    }

    private static bool IsWhole(DeviceUnit unit) => unit is { Vendor: "nvidia", Uuid.Length: > 0, Parent.Length: 0 };

    private Dictionary<string, ulong>? InTime(List<string> uuids)
    {
        if (_asking is { IsAlive: true }) return null;
        Dictionary<string, ulong>? answer = null;
        _asking = new Thread(() => Volatile.Write(ref answer, Ask(uuids))) { IsBackground = true, Name = "gpu energy" };
        _asking.Start();
        return _asking.Join(Patience) ? Volatile.Read(ref answer) : null;
    }

    private Dictionary<string, ulong> Ask(List<string> uuids)
    {
        var counters = new Dictionary<string, ulong>(StringComparer.Ordinal);
        using var nvml = Nvml.Open(library, out _);
        foreach (var uuid in uuids)
            if (nvml?.EnergyMillijoules(uuid) is { } energy) counters[uuid] = energy;
        return counters;
    }
}
