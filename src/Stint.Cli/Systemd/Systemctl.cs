using System.ComponentModel;
using System.Diagnostics;

namespace Stint.Cli.Systemd;

/// <summary>The command systemctl.</summary>
internal static class Systemctl
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>True when systemd is the service manager of this host, as sd_booted(3) finds out.</summary>
    public static bool IsSystemdHere => Directory.Exists("/run/systemd/system");

    /// <summary>What it printed. Throws <see cref="IOException"/> with its words when it fails.</summary>
    public static string Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("systemctl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        try
        {
            using var process = Process.Start(start) ?? throw new IOException("systemctl could not be started");
            var error = process.StandardError.ReadToEndAsync();
            var said = process.StandardOutput.ReadToEnd();
            if (!process.WaitForExit(Patience)) throw new IOException($"systemctl {string.Join(' ', arguments)} did not end within {Patience.TotalSeconds:0} s");
            return process.ExitCode == 0 ? said : throw new IOException($"systemctl {string.Join(' ', arguments)}: {error.GetAwaiter().GetResult().Trim()}");
        }
        catch (Win32Exception e) { throw new IOException($"systemctl cannot be run: {e.Message}", e); }
    }

    /// <summary>What a user's logins use now; null: nobody of that uid is logged in, or systemd does not count it.</summary>
    public static ulong? MemoryOfUser(uint uid) =>
        ulong.TryParse(Run("show", "--property=MemoryCurrent", "--value", $"user-{uid.ToString(System.Globalization.CultureInfo.InvariantCulture)}.slice").Trim(), out var bytes) && bytes < 1UL << 60 ? bytes : null;
}
