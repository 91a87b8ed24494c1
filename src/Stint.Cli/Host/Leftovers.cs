using System.Globalization;

namespace Stint.Cli.Host;

/// <summary>
/// The last broom of <c>stint down</c>: kernel groups of this cluster that are still there, and what runs in them. The agent removes
/// its own groups; this is for the case that it was killed. Only groups below this cluster's own root are touched.
/// </summary>
public static class Leftovers
{
    private const string Mount = "/sys/fs/cgroup";

    public static IReadOnlyList<string> Roots(string cgroupRoot)
    {
        if (!Directory.Exists(Mount)) return [];
        var found = new List<string>();
        if (Directory.Exists(Path.Combine(Mount, cgroupRoot))) found.Add(Path.Combine(Mount, cgroupRoot));
        foreach (var hierarchy in Directory.EnumerateDirectories(Mount))
        {
            var root = Path.Combine(hierarchy, cgroupRoot);
            if (!File.Exists(Path.Combine(Mount, "cgroup.controllers")) && Directory.Exists(root)) found.Add(root);
        }
        return found;
    }

    /// <summary>Kills what is left in the groups and removes them, for at most <paramref name="patience"/>. Returns what could not be removed.</summary>
    public static async Task<IReadOnlyList<string>> RemoveAsync(string cgroupRoot, TimeSpan patience, CancellationToken cancellation)
    {
        var limit = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (true)
        {
            foreach (var root in Roots(cgroupRoot)) Sweep(root);
            var left = Roots(cgroupRoot);
            if (left.Count == 0 || Environment.TickCount64 > limit) return left;
            await Task.Delay(50, cancellation);
        }
    }

    private static void Sweep(string group)
    {
        foreach (var child in Directory.EnumerateDirectories(group)) Sweep(child);
        try
        {
            var frozen = Path.Combine(group, "freezer.state");
            if (File.Exists(frozen)) File.WriteAllText(frozen, "THAWED");
            foreach (var line in File.ReadAllLines(Path.Combine(group, "cgroup.procs")))
                if (int.TryParse(line, CultureInfo.InvariantCulture, out var pid) && pid > 1) Daemon.Signal(pid, Daemon.Kill);
            Directory.Delete(group);
        }
        catch (IOException) { /* still busy, or gone meanwhile: the caller looks again */ }
        catch (UnauthorizedAccessException) { /* reported by the caller as left */ }
    }
}
