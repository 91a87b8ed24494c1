using System.Globalization;

namespace Stint.Agent.Hardware;

/// <summary>How many GPUs the drivers show. Presence only: types, memory and health come with device isolation.</summary>
internal static class GpuPresence
{
    public static uint Count(string root = "")
    {
        var nvidia = Math.Max(Directories($"{root}/proc/driver/nvidia/gpus"), NvidiaNodes($"{root}/dev"));
        // /dev/kfd is AMD's compute interface, shared by all of its GPUs; each has one render node of its own.
        var amd = File.Exists($"{root}/dev/kfd") ? Nodes($"{root}/dev/dri", "renderD") : 0;
        return nvidia + (nvidia == 0 ? amd : 0);
    }

    private static uint Directories(string folder) => Directory.Exists(folder) ? (uint)Directory.EnumerateDirectories(folder).Count() : 0;

    private static uint NvidiaNodes(string folder) => Nodes(folder, "nvidia");

    private static uint Nodes(string folder, string prefix) => !Directory.Exists(folder) ? 0 : (uint)Directory.EnumerateFiles(folder, prefix + "*")
        .Count(f => uint.TryParse(Path.GetFileName(f).AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out _));
}
