using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Stint.Agent.Binding;
using Stint.Agent.Cgroups;
using Stint.Agent.Disk;
using Stint.Agent.Ends;
using Stint.Agent.Gpus;
using Stint.Agent.Hardware;
using Stint.Agent.Kernel;
using Stint.Agent.Launch;
using Stint.Agent.Logs;
using Stint.Agent.Session;
using Stint.Agent.Systemd;
using Stint.Agent.Watch;
using Stint.Protocol.Agents;

namespace Stint.Agent;

/// <summary>
/// The life of the agent: its folder, its groups, what runs already, then the link for ever. Order matters: steps of an earlier life are found before
/// anything is removed as stray, and both before the server can send the first order.
/// </summary>
internal static partial class NodeAgent
{
    private const int Stopped = 0, Failed = 1, WrongUse = 2, Replaced = 3, NotJoined = 4;
    private const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(3);

    public static async Task<int> MainAsync(string[] arguments)
    {
        AgentOptions options;
        try { options = AgentOptions.Parse(arguments); }
        catch (FormatException e) { return Complain(WrongUse, e.Message); }
        if (Native.EffectiveUid() != 0 && !options.UnprivilegedTest)
            return Complain(WrongUse, "root is needed to limit and start the jobs of other users; --unprivileged-test runs without limits and without jobs");

        using var stop = new CancellationTokenSource();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true);
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
        try
        {
            Directory.CreateDirectory(options.Folder, Passable);
            Directory.CreateDirectory(options.Spool, Passable);
            await using var only = OnlyOne(options);
            using var log = new JsonLinesLog(Path.Combine(options.Folder, "agent.log"), options.Console ? Console.Error : null, TimeProvider.System);
            return await RunAsync(options, log, stop.Token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return Complain(Failed, e.Message); }
    }

    private static async Task<int> RunAsync(AgentOptions options, JsonLinesLog logs, CancellationToken cancellation)
    {
        var log = logs.For("agent");
        try
        {
            var machine = Machine.Detect(options.Declared, NodeGres.Read(options));
            var devices = NodeGres.Devices(options, machine);
            Log.Starting(log, AgentVersion.Text, options.Node, machine.Report.Cpus, machine.Report.MemoryBytes, CpuList.Format([.. machine.Cpus.KernelCpus.Order()]));
            var identity = await JoinedAsync(options, log, cancellation);
            using var cgroups = Open(options, machine, devices, log);
            try
            {
                await ServeAsync(options, identity, machine, devices, cgroups, logs, cancellation);
            }
            finally
            {
                cgroups.RemoveRoot();
            }
            return Stopped;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Log.Stopped(log);
            return Stopped;
        }
        catch (FencedException e)
        {
            Log.Replaced(log, e.Message);
            return Complain(Replaced, $"the server ended this node's session: {e.Message}");
        }
        catch (JoinException e)
        {
            Log.NotJoined(log, e.Message);
            return Complain(NotJoined, e.Message);
        }
        catch (Exception e) when (e is CgroupException or ArgumentException or FormatException or IOException or UnauthorizedAccessException)
        {
            Log.Failed(log, e);
            return Complain(Failed, e.Message);
        }
    }

    private static async Task ServeAsync(AgentOptions options, NodeIdentity identity, Machine machine, NodeDevices devices, CgroupTree cgroups, JsonLinesLog logs, CancellationToken cancellation)
    {
        var log = logs.For("agent");
        var outbox = new Outbox();
        if (!File.Exists(options.Shepherd)) throw new IOException($"{options.Shepherd} does not exist: no step could be started (--shepherd says where it is)");
        using var kills = new OomLog();
        var programs = new AgentProgram(cgroups.Hooks, Path.Combine(options.Folder, "hooks", "output"), cancellation);
        var scratch = options.Scratch is { } folder ? new ScratchSpace(folder, options.Node) : null;
        var userDisk = new UserDisk(options.Scratch);
        var hooks = new JobHooks(options.Hooks, programs, Path.Combine(options.Folder, "hooks"), devices) { Scratch = scratch };
        Report(machine, scratch);
        using var host = new StepHost(new StepHostOptions(options.Spool, options.Shepherd) { Devices = devices, Hooks = hooks, Kills = kills, Scratch = scratch, UserDisk = userDisk, Shape = CpuShape.Of(machine) }, cgroups, outbox, TimeProvider.System, e => Log.Fault(log, e));
        await host.RecoverAsync(cancellation);
        Log.Recovered(log, host.Holdings.Count);
        if (!options.UnprivilegedTest) await TestAsync(options, cgroups, log, cancellation);
        if (!options.UnprivilegedTest && RequiredLimits.Missing(cgroups.Capabilities, options.Tolerated) is { } missing)
        {
            Log.NotAllLimits(log, missing);
            host.Tell(new NodeEvent { Kind = NodeEventKind.EventHealth, Sentence = missing, DrainReason = missing, AtMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() });
        }
        var watch = new NodeWatch(host, cgroups, options.Watch, machine.Report.Cpus, kills, new EnergyMeter(), TimeProvider.System, logs.For("watch"), devices.Trouble, new GpuEnergy(devices)) { UserDisk = userDisk };
        using var link = new Link(options.Server, identity, machine, host, outbox, TimeProvider.System, logs.For("link")) { Others = message => watch.Take(message, outbox), Users = watch.UserUses };
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var watching = watch.RunAsync(over.Token);
        var checking = options.HealthCheck is { } program
            ? new HealthCheck(program, options.HealthEvery, options.Hooks.Deadline, programs, options.Node, TimeProvider.System, host.Tell).RunAsync(over.Token) : Task.CompletedTask;
        try { await link.RunAsync(cancellation); }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAny(Task.WhenAll(watching, checking), Task.Delay(StopPatience, CancellationToken.None));
        }
    }

    /// <summary>Disk that jobs can ask for, and whether what they ask for is also the most that they get.</summary>
    private static void Report(Machine machine, ScratchSpace? scratch)
    {
        if (scratch is null) return;
        if (machine.Report.DiskBytes == 0) machine.Report.DiskBytes = scratch.TotalBytes;
        if (machine.Report.Capabilities.FirstOrDefault(c => c.Resource == ScratchSpace.Resource) is not { } disk) machine.Report.Capabilities.Add(disk = new Stint.Protocol.Agents.Capability { Resource = ScratchSpace.Resource });
        var why = scratch.WhyNoQuota();
        (disk.Available, disk.Detail) = (why is null, why ?? "project quotas");
    }

    /// <summary>A node whose limits do not hold stays out: what it throws ends the agent.</summary>
    private static async Task TestAsync(AgentOptions options, CgroupTree cgroups, ILogger log, CancellationToken cancellation)
    {
        var started = TimeProvider.System.GetTimestamp();
        var warning = await SelfTest.RunAsync(Path.Combine(options.Folder, "self-test"), options.Shepherd, cgroups, TimeProvider.System, e => Log.Fault(log, e), cancellation);
        if (warning is not null) Log.UsersCannotRun(log, warning);
        Log.Tested(log, (long)TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
    }

    private static CgroupTree Open(AgentOptions options, Machine machine, NodeDevices devices, ILogger log)
    {
        if (options.ChecksDocker && DockerDriver.Object(DockerDriver.Socket, UnitState.IsSystemdHere) is { } why) throw new IOException(why);
        var probe = new CgroupProbe(KernelFiles.Instance) { DiskRates = options.DiskRates, Rdma = options.Rdma };
        // On v1 the groups are at the root of each hierarchy, where no unit has any.
        var root = options.JobsUnit is { } unit && probe.IsV2 ? JobsUnit.RootBelow(unit, options.CgroupRoot) : options.CgroupRoot;
        var layout = probe.Look(root, options.Node) with { BestEffort = options.BestEffort };
        var tree = CgroupOpening.Open(layout, machine.Cpus, machine.MachineMemoryBytes, KernelFiles.Instance, TimeProvider.System, log, options.FiltersDevices ? devices : null);
        foreach (var capability in tree.Capabilities) Log.Capability(log, capability.Resource, capability.Available, capability.Detail);
        machine.Report.Capabilities.AddRange(tree.Capabilities);
        return tree;
    }

    /// <summary>A server that is only just starting is waited for; one that refuses is not asked again, as a token is good for one use.</summary>
    private static async Task<NodeIdentity> JoinedAsync(AgentOptions options, ILogger log, CancellationToken cancellation)
    {
        if (NodeIdentity.Load(options.Folder, options.Node) is { } known) return known;
        if (options.Token is not { Length: > 0 } token || options.Fingerprint is not { } fingerprint)
            throw new JoinException($"node {options.Node} has not joined yet: --token and --ca-fingerprint are needed (stint token prints both)");
        var began = TimeProvider.System.GetTimestamp();
        var backoff = new Backoff(Random.Shared.NextDouble);
        while (true)
        {
            try { return await Join.RunAsync(options.Server, options.Home, options.Folder, options.Node, token, fingerprint, cancellation, options.JoinPatience); }
            catch (JoinException e) when (e.IsNoConnection && TimeProvider.System.GetElapsedTime(began) < options.JoinPatience) { Log.NotJoined(log, e.Message); }
            await Task.Delay(backoff.Next(), cancellation);
        }
    }

    /// <summary>Two agents on one folder would end each other's steps: an advisory lock that goes with the process.</summary>
    private static FileStream OnlyOne(AgentOptions options)
    {
        try { return new FileStream(Path.Combine(options.Folder, "agent.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1); }
        catch (IOException e) { throw new IOException($"another agent runs for node {options.Node} in {options.Folder}", e); }
    }

    private static int Complain(int code, string sentence)
    {
        Console.Error.WriteLine($"stint-agent: {sentence}");
        return code;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 3201, Level = LogLevel.Information, Message = "agent {Version} of node {Node}: {Cpus} cpus, {MemoryBytes} bytes, kernel cpus {KernelCpus}")]
        public static partial void Starting(ILogger log, string version, string node, uint cpus, ulong memoryBytes, string kernelCpus);

        [LoggerMessage(EventId = 3202, Level = LogLevel.Information, Message = "limit {Resource}: {Available}, {Detail}")]
        public static partial void Capability(ILogger log, string resource, bool available, string detail);

        [LoggerMessage(EventId = 3203, Level = LogLevel.Information, Message = "stopped; running steps go on")]
        public static partial void Stopped(ILogger log);

        [LoggerMessage(EventId = 3204, Level = LogLevel.Error, Message = "the server ended this node's session: {Why}")]
        public static partial void Replaced(ILogger log, string why);

        [LoggerMessage(EventId = 3205, Level = LogLevel.Error, Message = "not joined: {Why}")]
        public static partial void NotJoined(ILogger log, string why);

        [LoggerMessage(EventId = 3206, Level = LogLevel.Error, Message = "the agent failed")]
        public static partial void Failed(ILogger log, Exception error);

        [LoggerMessage(EventId = 3207, Level = LogLevel.Error, Message = "the step host met what should not happen")]
        public static partial void Fault(ILogger log, Exception error);

        [LoggerMessage(EventId = 3208, Level = LogLevel.Information, Message = "{Count} steps found from before")]
        public static partial void Recovered(ILogger log, int count);

        [LoggerMessage(EventId = 3209, Level = LogLevel.Information, Message = "self-test: limits hold, steps start, end and go ({Ms} ms)")]
        public static partial void Tested(ILogger log, long ms);

        [LoggerMessage(EventId = 3211, Level = LogLevel.Error, Message = "drained: {Why}")]
        public static partial void NotAllLimits(ILogger log, string why);

        [LoggerMessage(EventId = 3210, Level = LogLevel.Warning, Message = "self-test: {Why}")]
        public static partial void UsersCannotRun(ILogger log, string why);
    }
}
