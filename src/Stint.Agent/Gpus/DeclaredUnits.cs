using Stint.Agent.Devices;
using Stint.Agent.Hardware;

namespace Stint.Agent.Gpus;

/// <summary>From an operator's line to units, with what detection knows of the same device nodes.</summary>
internal static class DeclaredUnits
{
    /// <summary>Empty: what the line names is only counted.</summary>
    public static IReadOnlyList<DeviceUnit> Of(GresLine line, DeviceTable table, IReadOnlyList<DeviceUnit> found, CpuCores cores)
    {
        if (line.Flags?.Contains("countonly") == true) return [];
        if (line.Files.Count > 0) return line.IsOneUnit ? [FromFiles(line, line.Files, table, found, cores)] : [.. line.Files.Select(f => FromFiles(line, [f], table, found, cores))];
        // Accelerators are granted one by one even where no node stands behind them; licences and bandwidth are not.
        if (line.Name is not ("gpu" or "mig" or "tpu") || line.Count > GresLine.UnitsMax) return [];
        return [.. Enumerable.Range(0, (int)line.Count).Select(_ => With(line, new DeviceUnit(line.Name, line.Type, "") { Environment = Visible(line, table, null) }, cores))];
    }

    private static DeviceUnit FromFiles(GresLine line, IReadOnlyList<string> files, DeviceTable table, IReadOnlyList<DeviceUnit> found, CpuCores cores)
    {
        var vendor = files.Select(table.VendorOf).FirstOrDefault(v => v is not null);
        var known = found.FirstOrDefault(u => u.Files.Any(files.Contains));
        var unit = known ?? new DeviceUnit(line.Name, line.Type, vendor?.Name ?? "test")
        {
            Number = vendor is null ? 0 : files.SelectMany(f => vendor.Unit.Select(t => DeviceVendor.NumberIn(t, f))).FirstOrDefault(n => n is not null) ?? 0,
            Shared = vendor?.Shared ?? [],
        };
        unit = unit with { Files = [.. files.Union(known?.Files ?? [])], Environment = Visible(line, table, known?.Environment ?? vendor?.Environment) };
        return With(line, unit, cores);
    }

    private static DeviceUnit With(GresLine line, DeviceUnit unit, CpuCores cores) => unit with
    {
        Name = line.Name, Type = line.Type.Length > 0 ? line.Type : unit.Type, Declared = true,
        NearIds = line.Cores is { } near ? cores.Ids(near) : null,
        Shared = [.. unit.Shared, .. line.Shared.Select(path => new SharedNode(path))],
    };

    /// <summary>gres.conf(5): flags say which; without them a known vendor's; for a GPU of no known vendor all four.</summary>
    private static IReadOnlyList<VisibleVariable> Visible(GresLine line, DeviceTable table, IReadOnlyList<VisibleVariable>? vendors)
    {
        if (line.Flags is { } flags && flags.Any(f => f.EndsWith("_env", StringComparison.Ordinal)))
            return [.. table.Flags.Where(f => flags.Contains(f.Name)).SelectMany(f => f.Environment)];
        return vendors ?? (line.Name == "gpu" ? [.. table.Flags.SelectMany(f => f.Environment)] : []);
    }
}
