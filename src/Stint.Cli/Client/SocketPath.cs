namespace Stint.Cli.Client;

/// <summary>
/// Where the cluster's local socket is: STINT_SOCKET, STINT_HOME/run, the home that <c>stint up</c> last used from these binaries
/// (<c>.stint-home</c> beside their folder), ../var beside them, /run/stint, /var/lib/stint. Said places are not searched beyond.
/// </summary>
public static class SocketPath
{
    private const string Socket = "run/stint.sock";

    /// <summary>The socket to use, and every place looked at, in order; the first that exists, else the first.</summary>
    /// <param name="binaries">Real folder of the executable.</param>
    public static string Find(IReadOnlyDictionary<string, string> environment, string binaries)
    {
        if (Said(environment, "STINT_SOCKET") is { } socket) return socket;
        if (Said(environment, "STINT_HOME") is { } home) return Path.Combine(home, Socket);
        string first = "";
        foreach (string candidate in Candidates(binaries))
        {
            if (File.Exists(candidate)) return candidate;
            if (first.Length == 0 || (!Directory.Exists(Path.GetDirectoryName(first)) && Directory.Exists(Path.GetDirectoryName(candidate)))) first = candidate;
        }
        return first;
    }

    /// <summary>STINT_HOME, or the home beside the binaries: where <c>stint up</c> keeps state.</summary>
    public static string Home(IReadOnlyDictionary<string, string> environment, string binaries) =>
        Said(environment, "STINT_HOME") ?? LastHome(binaries) ?? (Path.GetDirectoryName(binaries) is { } parent ? Path.Combine(parent, "var") : "/var/lib/stint");

    private static IEnumerable<string> Candidates(string binaries)
    {
        if (LastHome(binaries) is { } last) yield return Path.Combine(last, Socket);
        if (Path.GetDirectoryName(binaries) is { } parent) yield return Path.Combine(parent, "var", Socket);
        yield return "/run/stint/stint.sock";
        yield return "/var/lib/stint/" + Socket;
    }

    private static string? LastHome(string binaries)
    {
        string? parent = Path.GetDirectoryName(binaries);
        if (parent is null) return null;
        string note = Path.Combine(parent, ".stint-home");
        if (!File.Exists(note)) return null;
        try
        {
            string home = File.ReadAllText(note).Trim();
            return home.Length is > 0 and < 4096 && Path.IsPathRooted(home) ? home : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Said(IReadOnlyDictionary<string, string> environment, string name) =>
        environment.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;
}
