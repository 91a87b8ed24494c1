using System.Diagnostics;
using Google.Protobuf;
using Stint.Agent.Binding;
using Stint.Agent.Cgroups;
using Stint.Agent.Disk;
using Stint.Agent.Ends;
using Stint.Agent.Gpus;
using Stint.Agent.Launch;
using Stint.Agent.Tests.Cgroups;
using Stint.Agent.Watch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Launch;

/// <summary>A spool, a cgroup tree of its own, and an agent that can die and come back. Everything is gone afterwards, which is asserted.</summary>
internal sealed class World : IDisposable
{
    private static int s_count;
    private readonly List<Exception> _faults = [];
    private readonly NodeDevices? _devices;
    private readonly TimeSpan? _hookDeadline;
    private readonly string? _scratch;
    private readonly string _shepherd;
    private readonly OomLog _kills = new();

    /// <param name="hookDeadline">Null: no hooks at all.</param>
    public World(bool start = true, NodeDevices? devices = null, TimeSpan? hookDeadline = null, Kernel.IGroupFiles? files = null, string? shepherd = null, string? scratch = null)
    {
        (_devices, _hookDeadline, _shepherd, _scratch) = (devices, hookDeadline, shepherd ?? Shepherd, scratch);
        Home = $"/tmp/stint-test-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        Directory.CreateDirectory(Home);
        Directory.CreateDirectory(Public);
        File.SetUnixFileMode(Home, (UnixFileMode)0b111_001_001);
        File.SetUnixFileMode(Public, (UnixFileMode)0b001_111_111_111);
        Tree = new TestTree(files, devices: devices);
        Groups = Tree.Tree;
        if (start) Start();
    }

    public const uint Nobody = 65534, Stranger = 31337;

    public string Home { get; }
    public string Public => Home + "/public";
    public string Spool => Home + "/spool";
    public TestTree Tree { get; }

    /// <summary>This life's view of the tree; a new agent knows only what the kernel shows it.</summary>
    public CgroupTree Groups { get; private set; }
    public Reports Reports { get; private set; } = new();
    public StepHost Host { get; private set; } = null!;
    public Action<string>? Checkpoint { get; set; }

    /// <summary>This machine as one socket of single-threaded cores.</summary>
    public CpuShape Shape => new(Tree.Map.Count, 1, Tree.Map.Count, 1, new uint[Tree.Map.Count], Tree.Map);

    /// <summary>For lives of the agent that are started after it was set.</summary>
    public TimeSpan KillDeadline { get; set; } = Patience.Seconds(10);

    /// <summary>What the agent met that it could not help, for tests that provoke it; otherwise any such thing fails the test.</summary>
    public Predicate<Exception> Expects { get; set; } = static _ => false;
    public TimeProvider Time { get; set; } = TimeProvider.System;

    public static string Shepherd { get; } = BuildShepherd();

    /// <summary>A new agent on the same spool, with a new link.</summary>
    public void Start(bool recover = true)
    {
        Reports = new Reports();
        Groups.Dispose();
        Groups = CgroupOpening.Open(Tree.Layout, Tree.Map, 0, Tree.Files, TimeProvider.System, devices: _devices);
        var scratch = _scratch is null ? null : new ScratchSpace(_scratch, "n1");
        var options = new StepHostOptions(Spool, _shepherd)
        {
            KillDeadline = KillDeadline, Scratch = scratch, UserDisk = new UserDisk(_scratch), Checkpoint = point => Checkpoint?.Invoke(point), DrainMaxEnded = TimeSpan.FromSeconds(1), Devices = _devices, Kills = _kills, Hooks = Hooks(scratch), Shape = Shape,
        };
        Host = new StepHost(options, Groups, Reports, Time, fault =>
        {
            if (fault is not AgentDied && !Expects(fault)) lock (_faults) _faults.Add(fault);
        });
        if (recover) Assert.True(Host.RecoverAsync(CancellationToken.None).Wait(Patience.Seconds(20)));
    }

    public void Die() => Host.Dispose();

    public AgentProgram Programs => new(Groups.Hooks, Home + "/hooks-output");

    private JobHooks? Hooks(ScratchSpace? scratch) => _hookDeadline is not { } deadline ? null
        : new JobHooks(new HookOptions([], [], Home + "/prolog.d", Home + "/epilog.d") { Deadline = deadline }, Programs, Home + "/hooks", _devices) { Scratch = scratch };

    /// <summary>An executable of root's: prolog.d/x, epilog.d/x.</summary>
    public string Program(string name, string script)
    {
        var path = $"{Home}/{name}";
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "#!/bin/bash\n" + script + "\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        return path;
    }

    public NodeWatch Watch(WatchOptions? options = null) => new(Host, Groups, options ?? new WatchOptions(), 2, _kills, new EnergyMeter(), Time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, _devices is null ? null : _devices.Trouble);

    public bool CanSeeKills => _kills.IsReadable;

    public LaunchSpec Batch(uint job, string script, Action<LaunchSpec>? change = null) => Spec(job, StepId.Batch, s =>
    {
        s.Payload.Script = ByteString.CopyFromUtf8("#!/bin/bash\n" + script + "\n");
        s.StdOut = "out-%j.txt";
        change?.Invoke(s);
    });

    public LaunchSpec Srun(uint job, string command, Action<LaunchSpec>? change = null) => Spec(job, 0, s =>
    {
        s.Io = IoMode.IoPipes;
        foreach (var argument in (ReadOnlySpan<string>)["/bin/bash", "-c", command]) s.Payload.Arguments.Add(ByteString.CopyFromUtf8(argument));
        change?.Invoke(s);
    });

    private LaunchSpec Spec(uint job, uint step, Action<LaunchSpec> change)
    {
        var spec = new LaunchSpec
        {
            Key = new StepKey { JobId = job, StepId = step, Attempt = 1 }, Cluster = "test", Node = "n1", Uid = Nobody, Gid = Nobody, User = "nobody", JobName = "job",
            Limits = TestTree.Limits(), GraceMs = 2000, WorkDir = Public, TotalTasks = 1, NodeList = "n1", TaskIds = { 0 },
            Payload = new LaunchPayload { Umask = 0b010_010, Environment = { ByteString.CopyFromUtf8("PATH=/usr/bin:/bin") } },
        };
        change(spec);
        return spec;
    }

    public StepExitedReport Run(LaunchSpec spec, double seconds = 20)
    {
        Host.Launch(spec);
        return Reports.Exited(spec.Key.JobId, spec.Key.StepId, seconds);
    }

    public string Read(string name) => File.ReadAllText($"{Public}/{name}");

    public static void Until(Func<bool> condition, string what, double seconds = 20)
    {
        for (var started = Stopwatch.GetTimestamp(); !condition(); Thread.Sleep(2 * Patience.Factor))
            if (Stopwatch.GetElapsedTime(started).TotalSeconds > seconds * Patience.Factor) throw new TimeoutException(what);
    }

    /// <summary>Pids of this world's shepherds: they hold their step's directory as working directory.</summary>
    public IReadOnlyList<int> Shepherds() => [.. Directory.EnumerateDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), out var pid) ? pid : 0)
        .Where(pid => pid > 0 && LinkOf($"/proc/{pid}/cwd").StartsWith(Spool + "/", StringComparison.Ordinal))];

    private static string LinkOf(string path)
    {
        try { return new FileInfo(path).LinkTarget ?? ""; }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException) { return ""; }
    }

    public void Dispose()
    {
        Host?.Dispose();
        foreach (var pid in Shepherds()) Kill(pid);
        Until(() => Shepherds().Count == 0, "shepherds are left");
        Groups.Dispose();
        Tree.Dispose();
        _kills.Dispose();
        Directory.Delete(Home, recursive: true);
        lock (_faults) Assert.Empty(_faults);
    }

    public static void Kill(int pid)
    {
        try { Process.GetProcessById(pid).Kill(); }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException) { }
    }

    private static string BuildShepherd()
    {
        if (Environment.GetEnvironmentVariable("STINT_LIB") is { Length: > 0 } built && File.Exists(built + "/stint-shepherd")) return built + "/stint-shepherd";
        var root = AppContext.BaseDirectory;
        while (!Directory.Exists(root + "/native/shepherd")) root = Path.GetDirectoryName(root) ?? throw new DirectoryNotFoundException("native/shepherd");
        using var make = Process.Start(new ProcessStartInfo("make", ["-s", "-C", root + "/native/shepherd"]))!;
        make.WaitForExit();
        Assert.Equal(0, make.ExitCode);
        return root + "/native/shepherd/stint-shepherd";
    }
}

/// <summary>Thrown at a checkpoint: from there on this agent does nothing more for the step, as if it had been killed.</summary>
internal sealed class AgentDied : Exception;
