using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Stint.Protocol.Api;

namespace Stint.SystemTests;

/// <summary>
/// A real cluster: the built programs as processes, real kernel groups below a root of its own, state in a folder of its own.
/// Started and stopped by <c>stint up</c> and <c>stint down</c>, as a user would.
/// </summary>
public sealed class TestCluster : IAsyncDisposable
{
    private static int s_count;
    private readonly Dictionary<string, string> _environment;

    public string Home { get; }
    public string CgroupRoot { get; }
    public string Work { get; }
    public string Node { get; }
    public static string Bin { get; } = FindBin();

    private TestCluster(string node)
    {
        var id = $"{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        Home = $"/var/tmp/stint-test-{id}";
        CgroupRoot = $"stint-test-{id}";
        Work = Path.Combine(Home, "work");
        Node = node;
        _environment = new() { ["STINT_HOME"] = Home, ["PATH"] = $"{Bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ["LANG"] = "C.UTF-8" };
    }

    /// <param name="mounts">A shell script for a mount namespace that the daemons live in, and nobody else: $1 is the home.</param>
    /// <param name="group">A group of cgroup v2 that the daemons live in; null: this process's own.</param>
    public static async Task<TestCluster> StartAsync(string nodes = "n1", string? declare = null, string config = "", Action<TestCluster>? prepare = null, string? mounts = null, string? group = null)
    {
        var cluster = new TestCluster(nodes);
        Directory.CreateDirectory(cluster.Home);
        Directory.CreateDirectory(cluster.Work);
        File.SetUnixFileMode(cluster.Work, (UnixFileMode)0b001_111_111_111);
        await File.WriteAllTextAsync(Path.Combine(cluster.Home, "stint.yaml"), "kill_wait: 2s\n" + config);
        (cluster._declare, cluster._group) = (declare, group);
        prepare?.Invoke(cluster);
        if (mounts is not null) cluster._mounts = PrivateMounts.Make(mounts, cluster.Home);
        await cluster.UpAsync();
        return cluster;
    }

    private string? _declare, _group;
    private PrivateMounts? _mounts;

    /// <summary>A path as the daemons see it.</summary>
    public string Inside(string path) => _mounts is null ? path : _mounts.Root + path;

    /// <summary>Starts whatever is not running.</summary>
    public async Task UpAsync()
    {
        List<string> arguments = ["up", "--nodes", Node, "--cgroup-root", CgroupRoot, "--wait", $"{60 * Patience.Factor}"];
        if (_declare is { } declare) arguments.AddRange(["--declare", declare]);
        var result = await RunAsync("stint", [.. arguments]);
        Assert.True(result.ExitCode == 0, $"stint up: {result}");
    }

    public Task<Result> RunAsync(string program, params string[] arguments) => RunAsAsync(null, program, arguments);

    /// <summary>Runs a command as an unprivileged user (by name; groups as the system says), or as root.</summary>
    public async Task<Result> RunAsAsync(string? user, string program, string[] arguments, string? input = null, string? directory = null, TimeSpan? patience = null)
    {
        using var process = Start(user, program, arguments, directory, input is not null);
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        using var deadline = new CancellationTokenSource((patience ?? TimeSpan.FromSeconds(60)) * Patience.Factor);
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var error = process.StandardError.ReadToEndAsync(deadline.Token);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
            return new Result(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end in time");
        }
    }

    public Process Start(string? user, string program, string[] arguments, string? directory = null, bool withInput = false)
    {
        var start = new ProcessStartInfo
        {
            FileName = user is null ? "env" : "setpriv", WorkingDirectory = directory ?? Work,
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = withInput,
        };
        if (user is not null)
            foreach (var argument in (string[])[$"--reuid={user}", $"--regid={PrimaryGroup(user)}", "--init-groups", "--inh-caps=-all", "env"]) start.ArgumentList.Add(argument);
        foreach (var (name, value) in _environment) start.ArgumentList.Add($"{name}={value}");
        if (_mounts is { } mounts && program == "stint" && arguments is ["up", ..]) foreach (var argument in mounts.Enter(directory ?? Work)) start.ArgumentList.Add(argument);
        if (_group is { } group && program == "stint" && arguments is ["up", ..]) foreach (var argument in (string[])["sh", "-c", $"echo $$ > {group}/cgroup.procs && exec \"$@\"", "sh"]) start.ArgumentList.Add(argument);
        start.ArgumentList.Add(program);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>sbatch --parsable as a user; the job's id.</summary>
    public async Task<uint> SubmitAsync(string user, params string[] arguments)
    {
        var result = await RunAsAsync(user, "sbatch", ["--parsable", .. arguments]);
        Assert.True(result.ExitCode == 0, result.ToString());
        return uint.Parse(result.Output.Trim(), CultureInfo.InvariantCulture);
    }

    public async Task<JobView> JobAsync(uint id)
    {
        using var http = Http();
        var json = await http.GetStringAsync($"http://stint/api/v1/jobs/{id}?steps=true");
        return JsonSerializer.Deserialize(json, ApiJson.Default.JobView)!;
    }

    public async Task<ExplainView> ExplainAsync(uint id)
    {
        using var http = Http();
        var json = await http.GetStringAsync($"http://stint/api/v1/jobs/{id}/explain");
        return JsonSerializer.Deserialize(json, ApiJson.Default.ExplainView)!;
    }

    public HttpClient Http() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0);
            await socket.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(Path.Combine(Home, "run/stint.sock")), cancellation);
            return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
        },
    }) { Timeout = Patience.Seconds(30) };

    public async Task<JobView> EndedAsync(uint id, int secondsMax = 30)
    {
        JobView? job = null;
        await UntilAsync(async () => IsOver((job = await JobAsync(id)).State), secondsMax, () => $"job {id} is {job?.State} ({job?.Reason} {job?.ReasonDetail})");
        return job!;
    }

    public async Task<JobView> RunningAsync(uint id, int secondsMax = 20)
    {
        JobView? job = null;
        await UntilAsync(async () => (job = await JobAsync(id)).State == "RUNNING" && job.Steps.Any(s => s.StartMs > 0), secondsMax, () => $"job {id} is {job?.State} ({job?.Reason} {job?.Cause})");
        return job!;
    }

    public static bool IsOver(string state) => state is not ("PENDING" or "RUNNING" or "COMPLETING" or "SUSPENDED" or "CONFIGURING");

    /// <summary>Waits for a condition with a deadline.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, int secondsMax, Func<string> otherwise)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed.TotalSeconds > secondsMax * Patience.Factor) Assert.Fail($"after {secondsMax} s: {otherwise()}");
            await Task.Delay(20 * Patience.Factor);
        }
    }

    public string ReadWork(string file) => File.ReadAllText(Path.Combine(Work, file));

    public int Pid(string daemon) => int.Parse(File.ReadAllText(Path.Combine(Home, "run", daemon + ".pid")).Trim(), CultureInfo.InvariantCulture);

    public static void KillNow(int pid)
    {
        try { Process.GetProcessById(pid).Kill(); }
        catch (ArgumentException) { /* it is gone already */ }
    }

    /// <summary>Kernel groups of jobs that exist now, over all hierarchies, relative to this cluster's root.</summary>
    public IReadOnlyList<string> JobGroups() =>
    [
        .. from hierarchy in (string[])["/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/freezer", "/sys/fs/cgroup/cpuset", "/sys/fs/cgroup" + OwnGroup()]
           let root = Path.Combine(hierarchy, CgroupRoot)
           where Directory.Exists(root)
           from folder in Directory.EnumerateDirectories(root, "j*", SearchOption.AllDirectories)
           select folder,
    ];

    /// <summary>Of this process in the v2 hierarchy, below which the agent makes its groups: empty at its root.</summary>
    private static string OwnGroup() =>
        File.ReadLines("/proc/self/cgroup").FirstOrDefault(static line => line.StartsWith("0::", StringComparison.Ordinal))?[3..].TrimEnd('/').Replace("/stint.agents", "", StringComparison.Ordinal) ?? "";

    public IReadOnlyList<int> Shepherds() =>
    [
        .. from process in Process.GetProcessesByName("stint-shepherd")
           let line = TryRead($"/proc/{process.Id}/cmdline") + TryRead($"/proc/{process.Id}/environ")
           let cwd = TryLink($"/proc/{process.Id}/cwd")
           where line.Contains(Home, StringComparison.Ordinal) || cwd.StartsWith(Home, StringComparison.Ordinal)
           select process.Id,
    ];

    private static string TryRead(string file) { try { return File.ReadAllText(file); } catch (IOException) { return ""; } catch (UnauthorizedAccessException) { return ""; } }
    private static string TryLink(string file) { try { return File.ResolveLinkTarget(file, false)?.FullName ?? ""; } catch (IOException) { return ""; } }

    public static string PrimaryGroup(string user)
    {
        foreach (var line in File.ReadLines("/etc/passwd"))
        {
            var fields = line.Split(':');
            if (fields[0] == user) return fields[3];
        }
        throw new ArgumentException($"no user {user}");
    }

    private static string FindBin() => Installation.Bin();

    public async ValueTask DisposeAsync()
    {
        var result = await RunAsync("scancel", "--quiet", "--state=PENDING");
        result = await RunAsync("stint", "down", "--cgroup-root", CgroupRoot);
        _mounts?.Dispose();
        var groups = JobGroups();
        var failed = result.ExitCode != 0 || groups.Count > 0;
        if (Environment.GetEnvironmentVariable("STINT_KEEP") is null && !failed) Directory.Delete(Home, recursive: true);
        Assert.True(!failed, $"stint down left something behind: {result} {string.Join(' ', groups)}; state is kept in {Home}");
    }

    public sealed record Result(int ExitCode, string Output, string Error)
    {
        public override string ToString() => $"exit {ExitCode}\n{Output}{Error}";
    }
}
