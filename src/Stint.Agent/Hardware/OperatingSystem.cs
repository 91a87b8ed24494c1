using System.Globalization;
using Stint.Agent.Kernel;

namespace Stint.Agent.Hardware;

/// <summary>Name of the system, when it was booted, how busy it is.</summary>
internal static class OperatingSystem
{
    /// <summary>"Linux 6.18.44 #1 SMP", as Slurm's OS= shows it.</summary>
    public static string Describe(string root = "")
    {
        var release = Text($"{root}/proc/sys/kernel/osrelease");
        var version = Text($"{root}/proc/sys/kernel/version");
        return $"Linux {release} {version}".Trim();
    }

    /// <summary>Unix milliseconds of the boot, from btime of /proc/stat; 0 when unknown.</summary>
    public static long BootMs(string root = "")
    {
        var line = Text($"{root}/proc/stat").Split('\n').FirstOrDefault(l => l.StartsWith("btime ", StringComparison.Ordinal));
        return line is not null && long.TryParse(line.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds * 1000 : 0;
    }

    /// <summary>Load average over a minute.</summary>
    public static double Load(string root = "") =>
        double.TryParse(Text($"{root}/proc/loadavg").Split(' ')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var load) ? load : 0;

    private static string Text(string file) => KernelFiles.Instance.Read(file, out var text) == 0 ? text.Trim() : "";
}
