using System.ComponentModel;
using System.Diagnostics;

namespace Stint.Agent.Systemd;

/// <summary>What systemd says of a unit: it is asked, never guessed, because where a unit's group is depends on slices and on how the host was booted.</summary>
/// <param name="ControlGroup">Path below the v2 mount; empty while the unit has no group.</param>
internal sealed record UnitState(string Name, string Load, string Active, bool Delegates, string ControlGroup)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>True when systemd is the service manager of this host, as sd_booted(3) finds out.</summary>
    public static bool IsSystemdHere => Directory.Exists("/run/systemd/system");

    /// <summary>Throws <see cref="IOException"/> when systemctl cannot be run or fails.</summary>
    public static UnitState Ask(string unit)
    {
        var start = new ProcessStartInfo("systemctl", ["show", "--property=LoadState,ActiveState,Delegate,ControlGroup", "--", unit]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        try
        {
            using var process = Process.Start(start) ?? throw new IOException("systemctl could not be started");
            var error = process.StandardError.ReadToEndAsync();
            var said = process.StandardOutput.ReadToEnd();
            if (!process.WaitForExit(Patience)) throw new IOException($"systemctl show {unit} did not end within {Patience.TotalSeconds:0} s");
            if (process.ExitCode != 0) throw new IOException($"systemctl show {unit} ended with {process.ExitCode}: {error.GetAwaiter().GetResult().Trim()}");
            return Parse(unit, said);
        }
        catch (Win32Exception e) { throw new IOException($"systemctl cannot be run: {e.Message}", e); }
    }

    internal static UnitState Parse(string unit, string said)
    {
        var values = said.Split('\n').Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        string Value(string name) => values.GetValueOrDefault(name, "");
        return new UnitState(unit, Value("LoadState"), Value("ActiveState"), Value("Delegate") == "yes", Value("ControlGroup"));
    }

    /// <summary>Null: jobs may live below it. Otherwise why not, and what to do.</summary>
    public string? WhyNotForJobs() =>
        Load != "loaded" ? $"systemd has no unit {Name} ({Load}); stint systemd install writes it"
        : Active != "active" ? $"unit {Name} is {Active}; systemctl start {Name}"
        : !Delegates ? $"unit {Name} does not say Delegate=yes: systemd would change the groups of jobs at its next reload"
        : ControlGroup.Length < 2 ? $"unit {Name} is active but systemd names no control group of it"
        : null;
}
