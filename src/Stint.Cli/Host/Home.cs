using System.Security.Cryptography;
using System.Text;

namespace Stint.Cli.Host;

/// <summary>Where a cluster's state lives on this machine, and what is called what in there.</summary>
public sealed record Home(string Path)
{
    public string Run => System.IO.Path.Combine(Path, "run");
    public string Socket => System.IO.Path.Combine(Run, "stint.sock");
    /// <summary>Where the fronts of the Slurm commands find the resident command process.</summary>
    public string FrontSocket => System.IO.Path.Combine(Run, "front.sock");
    public string ResidentPid => System.IO.Path.Combine(Run, "resident.pid");
    public string ResidentLog => System.IO.Path.Combine(Path, "resident.log");
    public string Port => System.IO.Path.Combine(Run, "port");
    public string ServerPid => System.IO.Path.Combine(Run, "server.pid");
    public string ServerLog => System.IO.Path.Combine(Path, "server", "server.log");
    public string AgentPid(string node) => System.IO.Path.Combine(Run, $"agent-{node}.pid");
    public string AgentFolder(string node) => System.IO.Path.Combine(Path, $"agent-{node}");

    /// <summary>The folder of the programs: the real one, whatever link they were called through.</summary>
    public static string Programs => AppContext.BaseDirectory.TrimEnd('/');

    /// <summary>Remembers which home <c>stint up</c> last used from this installation, for callers without STINT_HOME.</summary>
    public static string Pointer => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Programs) ?? "/", ".stint-home");

    /// <summary>--home, else STINT_HOME, else the remembered one, else var/ beside the programs' folder.</summary>
    public static Home Find(string? option, IReadOnlyDictionary<string, string> environment, string workingDirectory)
    {
        var path = option;
        if (string.IsNullOrEmpty(path)) environment.TryGetValue("STINT_HOME", out path);
        if (string.IsNullOrEmpty(path) && File.Exists(Pointer)) path = File.ReadAllText(Pointer).Trim();
        if (string.IsNullOrEmpty(path)) path = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Programs) ?? "/", "var");
        return new Home(System.IO.Path.GetFullPath(path, workingDirectory));
    }

    /// <summary>The kernel groups' root of this home: two clusters on one machine never share one.</summary>
    public string DefaultCgroupRoot =>
        "stint-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path)))[..8];

    /// <summary>Nodes of this home: those that have a folder.</summary>
    public IReadOnlyList<string> KnownNodes() =>
        !Directory.Exists(Path) ? []
        : [.. Directory.EnumerateDirectories(Path, "agent-*").Select(d => System.IO.Path.GetFileName(d)["agent-".Length..]).Order(StringComparer.Ordinal)];
}
