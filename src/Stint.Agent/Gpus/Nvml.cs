using System.Runtime.InteropServices;
using System.Text;

namespace Stint.Agent.Gpus;

/// <summary>One whole GPU or one MIG slice, as the driver's library tells it.</summary>
internal sealed record NvmlDevice(string Model, string Uuid, uint Minor, ulong MemoryBytes, string PciAddress)
{
    /// <summary>The GPU is cut into slices and is not granted as a whole.</summary>
    public bool IsMig { get; init; }
    public IReadOnlyList<NvmlSlice> Slices { get; init; } = [];
}

internal sealed record NvmlSlice(string Profile, string Uuid, uint GpuInstance, uint ComputeInstance, ulong MemoryBytes);

/// <summary>
/// The few functions of the driver's own library, libnvidia-ml.so.1, that enumeration needs (NVML API reference). It is opened at run time: no
/// node needs it to be there. Signatures and structures are those that NVIDIA keeps stable under their versioned names.
/// </summary>
internal sealed unsafe class Nvml : IDisposable
{
    private const int TextBytes = 96, PciBytes = 68, PciBusIdAt = 36, Found = 0, NotSupported = 3;
    private readonly nint _library;

    private Nvml(nint library) => _library = library;

    /// <summary>Null with the reason when there is no library, or it does not come up (no driver, other version).</summary>
    /// <param name="path">Empty: the names under which a driver installs it.</param>
    public static Nvml? Open(string path, out string why)
    {
        why = "libnvidia-ml.so.1 is not there";
        foreach (var name in path.Length > 0 ? [path] : new[] { "libnvidia-ml.so.1", "libnvidia-ml.so" })
        {
            if (!NativeLibrary.TryLoad(name, out var library)) continue;
            var nvml = new Nvml(library);
            var init = (delegate* unmanaged<int>)nvml.Function("nvmlInit_v2");
            var code = init == null ? NotSupported : init();
            if (code == Found) return nvml;
            why = $"nvmlInit_v2: {nvml.Describe(code)}";
            NativeLibrary.Free(library);
            return null;
        }
        return null;
    }

    /// <param name="problems">Filled with a sentence for each GPU that is there and does not answer.</param>
    public IReadOnlyList<NvmlDevice> Devices(List<string> problems)
    {
        var count = (delegate* unmanaged<uint*, int>)Function("nvmlDeviceGetCount_v2");
        var byIndex = (delegate* unmanaged<uint, nint*, int>)Function("nvmlDeviceGetHandleByIndex_v2");
        uint number = 0;
        var code = count == null || byIndex == null ? NotSupported : count(&number);
        if (code != Found) problems.Add($"nvmlDeviceGetCount_v2: {Describe(code)}");
        var devices = new List<NvmlDevice>();
        for (uint at = 0; code == Found && at < number; at++)
        {
            nint handle = 0;
            var got = byIndex(at, &handle);
            if (got != Found) problems.Add($"GPU {at} does not answer: {Describe(got)}");
            else if (Look(handle, at, problems) is { } device) devices.Add(device);
        }
        return devices;
    }

    /// <summary>What the driver says against a GPU or a slice that it told before; null: it works, or the library is too old to be asked.</summary>
    public string? Trouble(string uuid)
    {
        const int NoPermission = 4;
        if (ByUuid(uuid, out var handle) is not { } code) return null;
        if (code == Found)
        {
            var memory = stackalloc ulong[3];
            var call = (delegate* unmanaged<nint, ulong*, int>)Function("nvmlDeviceGetMemoryInfo");
            code = call == null ? Found : call(handle, memory);
        }
        return code is Found or NotSupported or NoPermission ? null : Describe(code);
    }

    /// <summary>Since the driver was loaded; null: no such device, or one older than Volta, or a slice.</summary>
    public ulong? EnergyMillijoules(string uuid)
    {
        var call = (delegate* unmanaged<nint, ulong*, int>)Function("nvmlDeviceGetTotalEnergyConsumption");
        ulong energy = 0;
        return call != null && ByUuid(uuid, out var handle) == Found && call(handle, &energy) == Found ? energy : null;
    }

    /// <summary>The library's code; null: it is too old to be asked.</summary>
    private int? ByUuid(string uuid, out nint handle)
    {
        handle = 0;
        var call = (delegate* unmanaged<byte*, nint*, int>)Function("nvmlDeviceGetHandleByUUID");
        if (call == null) return null;
        fixed (byte* text = Encoding.UTF8.GetBytes(uuid + "\0"))
        fixed (nint* found = &handle)
            return call(text, found);
    }

    private NvmlDevice? Look(nint handle, uint at, List<string> problems)
    {
        var uuid = Text("nvmlDeviceGetUUID", handle);
        if (Number("nvmlDeviceGetMinorNumber", handle) is not { } minor || uuid.Length == 0)
        {
            problems.Add($"GPU {at} tells no UUID or no minor number");
            return null;
        }
        uint current = 0, pending = 0;
        var mode = (delegate* unmanaged<nint, uint*, uint*, int>)Function("nvmlDeviceGetMigMode");
        var isMig = mode != null && mode(handle, &current, &pending) == Found && current == 1;
        return new NvmlDevice(Text("nvmlDeviceGetName", handle), uuid, minor, Memory(handle), Pci(handle)) { IsMig = isMig, Slices = isMig ? Slices(handle) : [] };
    }

    private List<NvmlSlice> Slices(nint handle)
    {
        var slices = new List<NvmlSlice>();
        var byIndex = (delegate* unmanaged<nint, uint, nint*, int>)Function("nvmlDeviceGetMigDeviceHandleByIndex");
        var most = Number("nvmlDeviceGetMaxMigDeviceCount", handle) ?? 0;
        for (uint at = 0; byIndex != null && at < most; at++)
        {
            nint slice = 0;
            if (byIndex(handle, at, &slice) != Found) continue;       // places without a slice answer NOT_FOUND
            if (Number("nvmlDeviceGetGpuInstanceId", slice) is not { } gpu || Number("nvmlDeviceGetComputeInstanceId", slice) is not { } compute) continue;
            // "NVIDIA A100-SXM4-40GB MIG 1g.5gb"
            var name = Text("nvmlDeviceGetName", slice);
            var mig = name.LastIndexOf("MIG ", StringComparison.Ordinal);
            slices.Add(new NvmlSlice(mig < 0 ? "mig" : name[(mig + 4)..].Trim(), Text("nvmlDeviceGetUUID", slice), gpu, compute, Memory(slice)));
        }
        return slices;
    }

    private ulong Memory(nint handle)
    {
        var memory = stackalloc ulong[3];
        var call = (delegate* unmanaged<nint, ulong*, int>)Function("nvmlDeviceGetMemoryInfo");
        return call != null && call(handle, memory) == Found ? memory[0] : 0;
    }

    /// <summary>"0000:3b:00.0", the form of /sys/bus/pci; NVML has an eight-digit domain.</summary>
    private string Pci(nint handle)
    {
        var info = stackalloc byte[PciBytes];
        var call = (delegate* unmanaged<nint, byte*, int>)Function("nvmlDeviceGetPciInfo_v3");
        if (call == null || call(handle, info) != Found) return "";
        var text = Terminated(info + PciBusIdAt, PciBytes - PciBusIdAt).ToLowerInvariant();
        return text.Split(':') is [{ Length: 8 } domain, ..] ? domain[4..] + text[8..] : text;
    }

    private uint? Number(string function, nint handle)
    {
        uint value = 0;
        var call = (delegate* unmanaged<nint, uint*, int>)Function(function);
        return call != null && call(handle, &value) == Found ? value : null;
    }

    private string Text(string function, nint handle)
    {
        var text = stackalloc byte[TextBytes];
        var call = (delegate* unmanaged<nint, byte*, uint, int>)Function(function);
        return call != null && call(handle, text, TextBytes) == Found ? Terminated(text, TextBytes) : "";
    }

    private static string Terminated(byte* text, int bytesMax)
    {
        var bytes = new ReadOnlySpan<byte>(text, bytesMax);
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private string Describe(int code)
    {
        var call = (delegate* unmanaged<int, byte*>)Function("nvmlErrorString");
        var text = call == null ? null : call(code);
        return text == null ? $"NVML error {code}" : $"{Terminated(text, TextBytes)} ({code})";
    }

    private void* Function(string name) => NativeLibrary.TryGetExport(_library, name, out var address) ? (void*)address : null;

    public void Dispose()
    {
        var shutdown = (delegate* unmanaged<int>)Function("nvmlShutdown");
        if (shutdown != null) _ = shutdown();
        NativeLibrary.Free(_library);
    }
}
