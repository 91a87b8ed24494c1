using System.Globalization;
using Stint.Cli.Admin;
using Stint.Cli.Client;
using Stint.Cli.Options;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Host;

/// <summary><c>stint up</c>: a server and this machine's agent in the background, with all state in one folder. Harmless to run again.</summary>
internal static class Up
{
    /// <summary>The drain reason by which <c>stint down</c> marks nodes, and by which they are resumed here.</summary>
    public const string DownReason = "stint down";

    public static async Task<int> RunAsync(CommandContext context, ParsedLine line)
    {
        if (!UpOptions.TryRead(context, line, out var options)) return 2;
        if (context.Uid != 0)
        {
            await context.Error.WriteLineAsync("stint: up must be run as root: limits are written to the kernel and jobs run as other users. Try: sudo stint up");
            return 1;
        }
        try
        {
            return await StartAsync(context, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ApiRefusedException or ApiUnreachableException or TimeoutException)
        {
            await context.Error.WriteLineAsync($"stint: up failed: {e.Message}");
            return 1;
        }
    }

    private static async Task<int> StartAsync(CommandContext context, UpOptions options)
    {
        var home = options.Home;
        PrepareFolders(home);
        var api = new ApiClient(home.Socket);
        var server = Daemon.Find(home.ServerPid, "stint-server");
        if (server is null)
        {
            List<string> arguments = ["--home", home.Path];
            if (options.Listen is { } listen) arguments.AddRange(["--listen", listen]);
            server = Daemon.Start(Path.Combine(Home.Programs, "stint-server"), arguments, Path.Combine(home.Run, "server.out"), home.ServerPid);
        }
        await WaitAsync(context, "the server", 60, async () => await AnswersAsync(api, context.Cancellation),
            () => Daemon.Find(home.ServerPid, "stint-server") is not null, Path.Combine(home.Run, "server.out"));
        foreach (var node in options.Nodes) await StartAgentAsync(context, home, api, node, options);
        var wanted = options.Nodes.ToHashSet(StringComparer.Ordinal);
        NodeView[] nodes = [];
        await WaitAsync(context, "the agents", 60, async () =>
        {
            nodes = [.. (await api.GetAsync("/api/v1/nodes", ApiJson.Default.NodeList, context.Cancellation)).Nodes.Where(n => wanted.Contains(n.Name))];
            return nodes.Length == wanted.Count && nodes.All(IsUp);
        }, () => options.Nodes.All(n => Daemon.Find(home.AgentPid(n), "stint-agent") is not null), Path.Combine(home.Run, $"agent-{options.Nodes[0]}.out"));
        foreach (var node in nodes.Where(n => n.Reason == DownReason))
            await api.PostAsync($"/api/v1/nodes/{node.Name}/state", new NodeStateRequest("RESUME"), ApiJson.Default.NodeStateRequest, ApiJson.Default.SelectionResult, context.Cancellation);
        await context.Out.WriteLineAsync($"up: server (pid {server}), {nodes.Length} node{(nodes.Length == 1 ? "" : "s")}, "
            + $"{nodes.Sum(n => n.Cpus)} CPUs, {nodes.Sum(n => (double)n.MemoryBytes) / (1L << 30):0.#} GiB; state in {home.Path}");
        return 0;
    }

    private static bool IsUp(NodeView node) =>
        !node.State.EndsWith('*') && !node.State.StartsWith("DOWN", StringComparison.Ordinal) && !node.State.StartsWith("UNKNOWN", StringComparison.Ordinal);

    private static async Task StartAgentAsync(CommandContext context, Home home, ApiClient api, string node, UpOptions options)
    {
        if (Daemon.Find(home.AgentPid(node), "stint-agent") is not null) return;
        var port = (await File.ReadAllTextAsync(home.Port, context.Cancellation)).Trim();
        List<string> arguments = ["--home", home.Path, "--node", node, "--server", $"https://127.0.0.1:{port}", "--cgroup-root", options.CgroupRoot];
        if (options.Declare is { } declared) arguments.AddRange(["--declare", declared]);
        if (!File.Exists(Path.Combine(home.AgentFolder(node), "node.pem")))
        {
            var token = await api.PostAsync("/api/v1/tokens", new TokenRequest(node, 300), ApiJson.Default.TokenRequest, ApiJson.Default.TokenResponse, context.Cancellation);
            arguments.AddRange(["--token", token.Token, "--ca-fingerprint", token.CaFingerprint]);
        }
        Daemon.Start(Path.Combine(Home.Programs, "stint-agent"), arguments, Path.Combine(home.Run, $"agent-{node}.out"), home.AgentPid(node));
    }

    /// <summary>Users must reach the socket and the scripts of their jobs, and nothing else.</summary>
    private static void PrepareFolders(Home home)
    {
        const UnixFileMode everyone = (UnixFileMode)0b111_101_101;
        foreach (var folder in (string[])[home.Path, home.Run]) Directory.CreateDirectory(folder, everyone);
        File.SetUnixFileMode(home.Path, everyone);
        File.SetUnixFileMode(home.Run, everyone);
        try { File.WriteAllText(Home.Pointer, home.Path + "\n"); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { /* a read-only installation: callers set STINT_HOME */ }
    }

    private static async Task<bool> AnswersAsync(ApiClient api, CancellationToken cancellation)
    {
        try { return (await api.GetAsync("/api/v1/ping", ApiJson.Default.PingView, cancellation)).State.Length > 0; }
        catch (ApiUnreachableException) { return false; }
    }

    /// <exception cref="IOException">The process died (its last words are in the message) or the time passed.</exception>
    private static async Task WaitAsync(CommandContext context, string what, int secondsMax, Func<Task<bool>> ready, Func<bool> alive, string output)
    {
        var limit = Environment.TickCount64 + secondsMax * 1000L;
        while (!await ready())
        {
            if (!alive()) throw new IOException($"{what} stopped while starting. {LastWords(output)}");
            if (Environment.TickCount64 > limit) throw new IOException($"{what} did not come up within {secondsMax.ToString(CultureInfo.InvariantCulture)} s. {LastWords(output)}");
            await Task.Delay(20, context.Cancellation);
        }
    }

    private static string LastWords(string file)
    {
        var lines = File.Exists(file) ? File.ReadAllLines(file) : [];
        return lines.Length == 0 ? $"It wrote nothing to {file}" : $"Its last words ({file}): {string.Join(" / ", lines.TakeLast(3))}";
    }
}

/// <summary>What <c>stint up</c> and <c>stint down</c> were told.</summary>
internal sealed record UpOptions(Home Home, string? Listen, IReadOnlyList<string> Nodes, string? Declare, string CgroupRoot)
{
    /// <summary>The options that <c>stint up</c> has and <c>stint down</c> shares.</summary>
    public static readonly VerbOption[] Of =
    [
        new("home", '\0', "DIR", "folder of all state (default: STINT_HOME, else var/ beside the programs)"),
        new("cgroup-root", '\0', "NAME", "top kernel group (default: stint-<hash of the home's path>)"),
        new("listen", '\0', "ADDR:PORT", "where agents of other machines connect (default 127.0.0.1, any free port)"),
        new("nodes", '\0', "NAMES", "one agent per name on this machine, e.g. n[1-4] (default: the host name)"),
        new("declare", '\0', "SPEC", "their hardware as declared, e.g. cpus=16,memory=20000M (default: as detected)"),
    ];

    public static bool TryRead(CommandContext context, ParsedLine line, out UpOptions options)
    {
        var home = Home.Find(line.Value("home"), context.Environment, context.WorkingDirectory);
        List<string> names = [Environment.MachineName.Split('.')[0]];
        options = new UpOptions(home, line.Value("listen"), names, line.Value("declare"), line.Value("cgroup-root") ?? home.DefaultCgroupRoot);
        if (line.Value("nodes") is not { } nodes) return true;
        if (!Hostlist.TryExpand(nodes, out var expanded, out var error)) return Bad(context, $"--nodes: {error}");
        if (expanded.Count is 0 or > 64) return Bad(context, $"--nodes: {expanded.Count} agents on one machine; 1 to 64 make sense");
        options = options with { Nodes = expanded };
        return true;
    }

    private static bool Bad(CommandContext context, string message)
    {
        context.Error.WriteLine($"stint up: {message}");
        return false;
    }
}
