using System.Globalization;
using Stint.Cli.Admin;
using Stint.Cli.Client;
using Stint.Cli.Options;
using Stint.Cli.Resident;
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
        FirstConfiguration.Write(home);
        var api = new ApiClient(home.Socket);
        var server = new Starting("the server", Path.Combine(home.Run, "server.out"), () => Daemon.Find(home.ServerPid, "stint-server"), () => StartServer(home, options));
        await WaitAsync(context, [server], options.WaitSeconds, () => AnswersAsync(api, context.Cancellation));
        var resident = StartResident(home);
        var agents = new List<Starting>();
        foreach (var node in options.Nodes) agents.Add(await PrepareAgentAsync(context, home, api, node, options));
        var wanted = options.Nodes.ToHashSet(StringComparer.Ordinal);
        NodeView[] nodes = [];
        await WaitAsync(context, agents, options.WaitSeconds, async () =>
        {
            nodes = [.. (await api.GetAsync("/api/v1/nodes", ApiJson.Default.NodeList, context.Cancellation)).Nodes.Where(n => wanted.Contains(n.Name))];
            return nodes.Length == wanted.Count && nodes.All(IsUp);
        });
        foreach (var node in nodes.Where(n => n.Reason == DownReason))
            await api.PostAsync($"/api/v1/nodes/{node.Name}/state", new NodeStateRequest("RESUME"), ApiJson.Default.NodeStateRequest, ApiJson.Default.SelectionResult, context.Cancellation);
        await WaitForFrontAsync(context, home, resident);
        await context.Out.WriteLineAsync($"up: server (pid {server.Find()}), {nodes.Length} node{(nodes.Length == 1 ? "" : "s")}, "
            + $"{nodes.Sum(n => n.Cpus)} CPUs, {nodes.Sum(n => (double)n.MemoryBytes) / (1L << 30):0.#} GiB; state in {home.Path}");
        return 0;
    }

    private static bool IsUp(NodeView node) =>
        !node.State.EndsWith('*') && !node.State.StartsWith("DOWN", StringComparison.Ordinal) && !node.State.StartsWith("UNKNOWN", StringComparison.Ordinal);

    private static void StartServer(Home home, UpOptions options)
    {
        List<string> arguments = ["--home", home.Path];
        if (options.Listen is { } listen) arguments.AddRange(["--listen", listen]);
        Daemon.Start(Path.Combine(Home.Programs, "stint-server"), arguments, Path.Combine(home.Run, "server.out"), home.ServerPid);
    }

    /// <summary>Commands work without it, only slower: that it does not start is said, and stops nothing.</summary>
    private static string? StartResident(Home home)
    {
        try
        {
            if (Daemon.Find(home.ResidentPid, ResidentMain.Name) is null)
                Daemon.Start(Path.Combine(Home.Programs, ResidentMain.Name), ["--home", home.Path], home.ResidentLog, home.ResidentPid);
            return null;
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }

    private static async Task WaitForFrontAsync(CommandContext context, Home home, string? failure)
    {
        const int SecondsMax = 10;
        var limit = Environment.TickCount64 + SecondsMax * 1000L;
        while (failure is null)
        {
            if (Listens(home.FrontSocket)) return;
            if (Daemon.Find(home.ResidentPid, ResidentMain.Name) is null) failure = $"it stopped while starting. {LastWords(home.ResidentLog)}";
            else if (Environment.TickCount64 > limit) failure = $"it did not come up within {SecondsMax} s. {LastWords(home.ResidentLog)}";
            else await Task.Delay(20, context.Cancellation);
        }
        await context.Error.WriteLineAsync($"stint: commands start slower than they could: {ResidentMain.Name}: {failure}");
    }

    private static bool Listens(string socket)
    {
        try
        {
            UnixConnection.Open(socket, Environment.TickCount64 + 1000).Dispose();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task<Starting> PrepareAgentAsync(CommandContext context, Home home, ApiClient api, string node, UpOptions options)
    {
        var port = (await File.ReadAllTextAsync(home.Port, context.Cancellation)).Trim();
        List<string> arguments = ["--home", home.Path, "--node", node, "--server", $"https://127.0.0.1:{port}", "--cgroup-root", options.CgroupRoot];
        arguments.AddRange(AgentEnvironment.Read(home));
        if (options.Declare is { } declared) arguments.AddRange(["--declare", declared]);
        if (!File.Exists(Path.Combine(home.AgentFolder(node), "node.pem")))
        {
            var token = await api.PostAsync("/api/v1/tokens", new TokenRequest(node, 300), ApiJson.Default.TokenRequest, ApiJson.Default.TokenResponse, context.Cancellation);
            arguments.AddRange(["--token", token.Token, "--ca-fingerprint", token.CaFingerprint, "--join-wait", options.WaitSeconds.ToString(CultureInfo.InvariantCulture)]);
        }
        var output = Path.Combine(home.Run, $"agent-{node}.out");
        return new Starting($"agent {node}", output, () => Daemon.Find(home.AgentPid(node), "stint-agent"),
            () => Daemon.Start(Path.Combine(Home.Programs, "stint-agent"), arguments, output, home.AgentPid(node)));
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

    /// <summary>A daemon that shall run. One that was already there and dies while we look (it had been killed) is started once.</summary>
    private sealed class Starting(string what, string output, Func<int?> find, Action start)
    {
        private bool _started;
        public Func<int?> Find => find;

        /// <exception cref="IOException">It was started here and died; its last words are in the message.</exception>
        public void Ensure()
        {
            if (find() is not null) return;
            if (_started) throw new IOException($"{what} stopped while starting. {LastWords(output)}");
            _started = true;
            start();
        }

        public string Overdue(int seconds) => $"{what} did not come up within {seconds.ToString(CultureInfo.InvariantCulture)} s. {LastWords(output)}";
    }

    private static async Task WaitAsync(CommandContext context, IReadOnlyList<Starting> daemons, int secondsMax, Func<Task<bool>> ready)
    {
        var (began, limit) = (Environment.TickCount64, secondsMax * 1000L);
        while (true)
        {
            foreach (var daemon in daemons) daemon.Ensure();
            if (await ready()) return;
            var waited = Environment.TickCount64 - began;
            if (waited > limit) throw new IOException(daemons[0].Overdue(secondsMax));
            // The longer it takes the less often it is asked: on a slow machine the questions would take the daemon's time.
            await Task.Delay((int)Math.Clamp(waited / 10, 20, 1000), context.Cancellation);
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
    private const int WaitDefault = 60, WaitMax = 3600;

    /// <summary>How long a daemon may take to come up.</summary>
    public int WaitSeconds { get; private init; } = WaitDefault;

    /// <summary>The options that <c>stint up</c> has and <c>stint down</c> shares.</summary>
    public static readonly VerbOption[] Of =
    [
        new("home", '\0', "DIR", "folder of all state (default: STINT_HOME, else var/ beside the programs)"),
        new("cgroup-root", '\0', "NAME", "top kernel group (default: stint-<hash of the home's path>)"),
        new("listen", '\0', "ADDR:PORT", "where agents of other machines connect (default 127.0.0.1, any free port)"),
        new("nodes", '\0', "NAMES", "one agent per name on this machine, e.g. n[1-4] (default: the host name)"),
        new("declare", '\0', "SPEC", "their hardware as declared, e.g. cpus=16,memory=20000M (default: as detected)"),
        new("wait", '\0', "SECONDS", "how long each of them may take to come up (default 60)"),
    ];

    public static bool TryRead(CommandContext context, ParsedLine line, out UpOptions options)
    {
        var home = Home.Find(line.Value("home"), context.Environment, context.WorkingDirectory);
        List<string> names = [Environment.MachineName.Split('.')[0]];
        options = new UpOptions(home, line.Value("listen"), names, line.Value("declare"), line.Value("cgroup-root") ?? home.DefaultCgroupRoot);
        if (line.Value("wait") is { } wait)
        {
            if (!int.TryParse(wait, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds is < 1 or > WaitMax) return Bad(context, $"--wait {wait}: 1 to {WaitMax} seconds");
            options = options with { WaitSeconds = seconds };
        }
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
