using System.Globalization;
using Stint.Agent.Devices;

namespace Stint.Agent.Gpus;

/// <summary>
/// NVIDIA: by the driver's library, else by /proc/driver/nvidia. A GPU in MIG mode is granted by its slices: the parent's node opens nothing without
/// the slice's two capabilities (of its GPU instance and its compute instance), whose minors are in /proc/driver/nvidia-caps/mig-minors. The
/// capabilities "config" and "monitor" are for no job.
/// </summary>
internal sealed class NvidiaDetection(DeviceVendor vendor, SysFiles files, string library)
{
    public IReadOnlyList<DeviceUnit> Find(List<string> problems)
    {
        var inProc = FromProc();
        if (inProc.Count == 0 && files.Text("/proc/driver/nvidia/version").Length == 0 && library.Length == 0) return [];
        using var nvml = Nvml.Open(library, out var why);
        if (nvml is null) problems.Add($"no NVML ({why}): models and UUIDs are from /proc/driver/nvidia, memory sizes are not known");
        var devices = nvml?.Devices(problems) ?? [];
        if (devices.Count == 0) devices = inProc;
        return [.. devices.OrderBy(d => d.Minor).SelectMany(d => Units(d, problems))];
    }

    private IEnumerable<DeviceUnit> Units(NvmlDevice device, List<string> problems)
    {
        var place = $"/sys/bus/pci/devices/{device.PciAddress}";
        var whole = new DeviceUnit(vendor.Gres, ModelName.Short(device.Model, vendor.Words), vendor.Name)
        {
            Uuid = device.Uuid, Number = device.Minor, Files = Nodes(vendor.Unit, device.Minor), Shared = vendor.Shared, Environment = vendor.Environment,
            MemoryBytes = device.MemoryBytes, PciAddress = device.PciAddress, Numa = files.Numa(place), NearCpus = files.NearCpus(place),
        };
        if (!device.IsMig)
        {
            yield return whole;
            yield break;
        }
        var minors = Minors();
        foreach (var slice in device.Slices)
        {
            var at = $"gpu{device.Minor}/gi{slice.GpuInstance}";
            if (!minors.TryGetValue($"{at}/access", out var gpu) || !minors.TryGetValue($"{at}/ci{slice.ComputeInstance}/access", out var compute))
            {
                problems.Add($"the MIG slice {slice.Uuid} has no capabilities {at}/… in /proc/driver/nvidia-caps/mig-minors: it is not offered");
                continue;
            }
            yield return whole with
            {
                Type = slice.Profile, Uuid = slice.Uuid, Parent = device.Uuid, MemoryBytes = slice.MemoryBytes,
                Files = [.. vendor.Slice.Select(t => files.Root + DeviceVendor.Fill(DeviceVendor.Fill(t, "gi", gpu), "ci", compute))],
                Shared = [.. whole.Files.Select(f => new SharedNode(f[files.Root.Length..])), .. vendor.Shared],
            };
        }
    }

    private List<string> Nodes(IReadOnlyList<string> templates, uint minor) => [.. templates.Select(t => files.Root + DeviceVendor.Fill(t, "minor", minor))];

    /// <summary>Lines such as "gpu0/gi1/ci0/access 12".</summary>
    private Dictionary<string, uint> Minors()
    {
        var minors = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var line in files.Text("/proc/driver/nvidia-caps/mig-minors").Split('\n'))
        {
            if (line.Split(' ') is [var name, var minor] && uint.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) minors[name] = number;
        }
        return minors;
    }

    /// <summary>/proc/driver/nvidia/gpus/&lt;PCI address&gt;/information: "Model:", "GPU UUID:", "Device Minor:".</summary>
    private List<NvmlDevice> FromProc()
    {
        var devices = new List<NvmlDevice>();
        foreach (var address in files.Names("/proc/driver/nvidia/gpus"))
        {
            var told = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var line in files.Text($"/proc/driver/nvidia/gpus/{address}/information").Split('\n'))
            {
                if (line.Split(':', 2) is [var key, var value]) told[key.Trim()] = value.Trim();
            }
            if (!uint.TryParse(told.GetValueOrDefault("Device Minor"), NumberStyles.None, CultureInfo.InvariantCulture, out var minor)) continue;
            var uuid = told.GetValueOrDefault("GPU UUID", "");
            var slices = Slices(minor, uuid);
            devices.Add(new NvmlDevice(told.GetValueOrDefault("Model", ""), uuid, minor, 0, address.ToLowerInvariant()) { IsMig = slices.Count > 0, Slices = slices });
        }
        return devices;
    }

    /// <summary>Without the library a slice's profile and UUID are unknown; CUDA takes MIG-&lt;GPU&gt;/&lt;gi&gt;/&lt;ci&gt; for it.</summary>
    private List<NvmlSlice> Slices(uint minor, string uuid)
    {
        var slices = new List<NvmlSlice>();
        foreach (var name in Minors().Keys.Order(StringComparer.Ordinal))
        {
            if (name.Split('/') is not [var gpu, var gi, var ci, "access"] || gpu != $"gpu{minor}") continue;
            if (!uint.TryParse(gi.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var instance) || !uint.TryParse(ci.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var compute)) continue;
            // mig-minors lists every slice that could be; what is, has a folder.
            if (!Directory.Exists($"{files.Root}/proc/driver/nvidia/capabilities/gpu{minor}/mig/gi{instance}/ci{compute}")) continue;
            slices.Add(new NvmlSlice("mig", $"MIG-{uuid}/{instance}/{compute}", instance, compute, 0));
        }
        return slices;
    }
}
