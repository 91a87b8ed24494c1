using System.Globalization;
using Stint.Agent.Devices;
using Stint.Protocol.Agents;

namespace Stint.Agent.Gpus;

/// <param name="Value">Null: to be taken out of the user's environment.</param>
/// <param name="KeepsInherited">Only for a task that does not have it already.</param>
internal readonly record struct VisibleValue(string Name, string? Value, bool KeepsInherited);

/// <summary>
/// The variables that tell a step its devices: Slurm's, and those of the vendors' runtimes. They are advice; the kernel's filter is the boundary. On
/// a node with devices a step that was granted none gets none of these variables, whatever its user's environment says (gres_common_gpu_set_env).
/// </summary>
internal static class VisibleDevices
{
    private static readonly string[] Slurms = ["SLURM_JOB_GPUS", "SLURM_STEP_GPUS", "SLURM_GPUS_ON_NODE"];

    /// <param name="isBatch">The batch step has the job's devices, every other step has its own.</param>
    /// <param name="only">Of one task that is bound to some of the step's devices; null: all of them.</param>
    public static IReadOnlyList<VisibleValue> Of(NodeDevices devices, Limits limits, DeviceTable table, bool isBatch, Func<DeviceUnit, bool>? only = null)
    {
        if (devices.Inventory.Units.Count == 0) return [];
        var known = table.Vendors.SelectMany(v => v.Environment).Concat(table.Flags.SelectMany(f => f.Environment)).Select(v => v.Name).Concat(Slurms).Distinct();
        var result = known.ToDictionary(name => name, _ => (string?)null, StringComparer.Ordinal);
        var granted = limits.Gres.SelectMany(devices.Units).ToList();
        foreach (var variable in granted.SelectMany(u => u.Environment).DistinctBy(v => v.Name))
        {
            // Positions count from the step's first device, whichever of them the task is to see: it can open them all.
            var values = granted.Where(u => u.Environment.Any(v => v.Name == variable.Name)).Select((unit, at) => only?.Invoke(unit) == false ? null : Value(variable.Value, unit, at)).OfType<string>();
            result[variable.Name] = string.Join(',', values) is { Length: > 0 } text ? text : null;
        }
        var gpus = granted.Where(u => u.Name == "gpu").ToList();
        if (gpus.Count > 0)
        {
            result["SLURM_GPUS_ON_NODE"] = gpus.Count.ToString(CultureInfo.InvariantCulture);
            result[isBatch ? "SLURM_JOB_GPUS" : "SLURM_STEP_GPUS"] = string.Join(',', gpus.Where(u => only?.Invoke(u) != false).Select(u => u.Index.ToString(CultureInfo.InvariantCulture)));
            if (!isBatch) result["SLURM_JOB_GPUS"] = result["SLURM_STEP_GPUS"];
        }
        // Inside a job a step has inherited the job's, which can be more than its own; a step started by hand has nothing to inherit.
        return [.. result.Select(r => new VisibleValue(r.Key, r.Value, KeepsInherited: !isBatch && r is { Key: "SLURM_JOB_GPUS", Value: not null }))];
    }

    private static string? Value(string kind, DeviceUnit unit, int local) => kind switch
    {
        "uuid" when unit.Uuid.Length > 0 => unit.Uuid,
        "index" => unit.Index.ToString(CultureInfo.InvariantCulture),
        "number" => unit.Number.ToString(CultureInfo.InvariantCulture),
        "module" => unit.Module?.ToString(CultureInfo.InvariantCulture),
        _ => local.ToString(CultureInfo.InvariantCulture),
    };
}
