namespace Stint.Cli.Host;

/// <summary>STINT_HOME/agent.env: options of this machine's agents, for <c>stint up</c> and for the systemd unit alike.</summary>
public static class AgentEnvironment
{
    private const string Options = "STINT_AGENT_OPTIONS=";

    /// <summary>The words of the last such line, as systemd splits them: at white space, quotes around the whole value taken off (systemd.exec(5), EnvironmentFile).</summary>
    public static IReadOnlyList<string> Read(Home home)
    {
        var path = System.IO.Path.Combine(home.Path, "agent.env");
        var line = File.Exists(path) ? File.ReadLines(path).Select(static l => l.Trim()).LastOrDefault(static l => l.StartsWith(Options, StringComparison.Ordinal)) : null;
        if (line is null) return [];
        var value = line[Options.Length..].Trim();
        if (value.Length >= 2 && value[0] is '"' or '\'' && value[^1] == value[0]) value = value[1..^1];
        return value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }
}
