using System.Globalization;

namespace Stint.Agent.Cgroups;

/// <summary>The most that each job may hold of one RDMA device (InfiniBand, RoCE, iWARP) at a time. Null: no limit.</summary>
/// <param name="Device">As in /sys/class/infiniband.</param>
/// <param name="Handles">Contexts: how often the device is opened.</param>
/// <param name="Objects">Protection domains, queue pairs, completion queues, memory regions and what else the device has of that kind, together.</param>
internal sealed record RdmaDevice(string Device, uint? Handles, uint? Objects)
{
    public const string Folder = "/sys/class/infiniband";

    /// <summary>"mlx5_0:handles=16,objects=2000". Throws <see cref="FormatException"/>.</summary>
    /// <param name="folder">Where this machine's devices are.</param>
    public static RdmaDevice Parse(string text, string folder = Folder)
    {
        var parts = NodeOption.Split("--rdma", text, "DEVICE:handles=N,objects=N, at least one of the two", ["handles", "objects"]);
        if (parts.Head is "." or ".." || parts.Head.Contains('/', StringComparison.Ordinal) || !Directory.Exists($"{folder}/{parts.Head}"))
            throw new FormatException($"--rdma {parts.Head}: no such device in {folder} (rdma link lists them)");
        uint? Number(string key) => !parts.Values.TryGetValue(key, out var value) ? null
            : uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < int.MaxValue ? number
            : throw new FormatException($"--rdma {text}: {key}={value}: a number from 0 to {int.MaxValue - 1}");
        return new RdmaDevice(parts.Head, Number("handles"), Number("objects"));
    }

    /// <summary>The line of rdma.max (cgroup-v2.rst, "RDMA Interface Files"; rdma.rst of v1 has the same).</summary>
    public string Line => $"{Device} hca_handle={Or(Handles)} hca_object={Or(Objects)}";

    /// <summary>"mlx5_0: 16 handles, 2000 objects".</summary>
    public override string ToString() => $"{Device}: {string.Join(", ", new[] { Handles is { } handles ? $"{Or(handles)} handles" : "", Objects is { } objects ? $"{Or(objects)} objects" : "" }.Where(static part => part.Length > 0))}";

    private static string Or(uint? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "max";
}
