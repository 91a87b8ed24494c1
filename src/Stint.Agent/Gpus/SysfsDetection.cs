using System.Globalization;
using Stint.Agent.Devices;

namespace Stint.Agent.Gpus;

/// <summary>Every other vendor, by what the kernel's own drivers show in /sys; which folders and nodes these are is in the device table.</summary>
internal sealed class SysfsDetection(DeviceVendor vendor, SysFiles files)
{
    private const string Topology = "/sys/class/kfd/kfd/topology/nodes";

    public IReadOnlyList<DeviceUnit> Find() => vendor.Kind switch
    {
        "kfd" => [.. Kfd()],
        "class" => [.. Class()],
        "vfio" => [.. Vfio()],
        _ => [],
    };

    /// <summary>AMD's compute driver lists CPUs (gpu_id 0) and GPUs alike; properties are lines "name number".</summary>
    private IEnumerable<DeviceUnit> Kfd()
    {
        foreach (var node in files.Names(Topology))
        {
            if (files.Text($"{Topology}/{node}/gpu_id") is "" or "0") continue;
            var properties = Properties($"{Topology}/{node}/properties");
            if (properties.GetValueOrDefault("drm_render_minor") is not (> 0 and var minor)) continue;
            var device = $"/sys/class/drm/renderD{minor}/device";
            var id = properties.GetValueOrDefault("unique_id");
            var memory = files.Names($"{Topology}/{node}/mem_banks").Aggregate(0UL, (sum, bank) => sum + Properties($"{Topology}/{node}/mem_banks/{bank}/properties").GetValueOrDefault("size_in_bytes"));
            yield return Unit((uint)minor, device, files.Text($"{device}/product_name") is { Length: > 0 } product ? product : files.Text($"{Topology}/{node}/name")) with
            {
                Uuid = id == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"GPU-{id:x16}"), MemoryBytes = memory,
            };
        }
    }

    private IEnumerable<DeviceUnit> Class()
    {
        var folder = Path.GetDirectoryName(vendor.Class)!;
        var prefix = Path.GetFileName(vendor.Class);
        foreach (var name in files.Names(folder))
        {
            if (!name.StartsWith(prefix, StringComparison.Ordinal) || !uint.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) continue;
            var device = $"{folder}/{name}/device";
            if (!files.Text($"{device}/vendor").Equals(vendor.Pci, StringComparison.OrdinalIgnoreCase)) continue;
            var address = files.LinkName(device);
            if (vendor.NotPci.Contains(address)) continue;
            if (!File.Exists(files.Root + DeviceVendor.Fill(vendor.Unit[0], "minor", number))) continue;
            yield return Unit(number, device, "") with { PciAddress = address, Module = files.Number($"{device}/module_id"), Uuid = files.Text($"{device}/uuid") };
        }
    }

    /// <summary>A device that is passed to programs by VFIO has the node of its IOMMU group.</summary>
    private IEnumerable<DeviceUnit> Vfio()
    {
        foreach (var address in files.Names("/sys/bus/pci/devices"))
        {
            var device = $"/sys/bus/pci/devices/{address}";
            if (!files.Text($"{device}/vendor").Equals(vendor.Pci, StringComparison.OrdinalIgnoreCase)) continue;
            if (!uint.TryParse(files.LinkName($"{device}/iommu_group"), NumberStyles.None, CultureInfo.InvariantCulture, out var group)) continue;
            if (!File.Exists(files.Root + DeviceVendor.Fill(vendor.Unit[0], "minor", group))) continue;
            yield return Unit(group, device, "") with { PciAddress = address };
        }
    }

    private DeviceUnit Unit(uint number, string device, string model) => new(vendor.Gres, model.Length > 0 ? ModelName.Short(model, vendor.Words) : vendor.Type, vendor.Name)
    {
        Number = number, Files = [.. vendor.Unit.Select(t => files.Root + DeviceVendor.Fill(t, "minor", number)).Where((path, at) => at == 0 || File.Exists(path))],
        Shared = vendor.Shared, Environment = vendor.Environment, Numa = files.Numa(device), NearCpus = files.NearCpus(device),
    };

    private Dictionary<string, ulong> Properties(string file)
    {
        var properties = new Dictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var line in files.Text(file).Split('\n'))
        {
            if (line.Split(' ') is [var name, var value] && ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) properties[name] = number;
        }
        return properties;
    }
}
