using System.Globalization;
using System.Runtime.CompilerServices;
using Stint.Agent.Session;
using Stint.Core;
using Stint.Core.Journal;
using Stint.Simulation.Faults.Checks;
using Stint.Simulation.Faults.Clients;
using Stint.Simulation.Faults.Clockwork;
using Stint.Simulation.Faults.Mutants;
using Stint.Simulation.Faults.Network;
using Stint.Simulation.Faults.Nodes;
using Stint.Simulation.Faults.Plans;
using Stint.Simulation.Faults.Servers;

namespace Stint.Simulation.Faults;

/// <summary>One simulated cluster: the real programs on simulated machines, and what is promised about them.</summary>
internal sealed class World
{
    public const string ClusterName = "sim";
    public const long KillWaitMs = 3_000;
    private const long PollUs = 1_000_000, SettleUs = 2_400_000_000, CareUs = 60_000_000, StraysUs = 15_000_000;
    private readonly Dictionary<string, SimulatedNode> nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Wire>> wires = new(StringComparer.Ordinal);
    private readonly HashSet<string> stuck = new(StringComparer.Ordinal);
    private readonly List<string>? trace;
    private long audited;

    public World(Plan plan, Mutant mutant, bool traces = false)
    {
        (Plan, Mutant) = (plan, mutant);
        trace = traces ? [] : null;
        mutant.World = this;
        Truth = new Truth(this);
        Books = new Books(this);
        foreach (var node in plan.Nodes)
        {
            nodes.Add(node.Name, new SimulatedNode(this, node));
            wires.Add(node.Name, []);
        }
        Server = new ServerHost(this);
        Client = new Client(this);
        Queue.AfterEach = Poll;
    }

    public Plan Plan { get; }
    public Mutant Mutant { get; }
    public EventQueue Queue { get; } = new();
    public FaultCounts Faults { get; } = new();
    public Truth Truth { get; }
    public Books Books { get; }
    public ServerHost Server { get; }
    public Client Client { get; }
    /// <summary>Called now and then in a long run.</summary>
    public Action<World>? Progress { get; set; }
    public bool ServerClockJumped { get; set; }
    public long HealedUs { get; private set; }
    /// <summary>Begin times are dates: with the clock set back they come so much later.</summary>
    public long SetBackUs { get; set; }
    public BrokenPromise? Broken { get; private set; }
    public bool IsTracing => trace is not null;
    public IReadOnlyList<string> TraceLines => trace ?? [];

    public SimulatedNode Node(string name) => nodes[name];
    public IEnumerable<SimulatedNode> Nodes => nodes.Values;
    public Chance Chance(string part) => new(Plan.Seed, part);
    public static string Thumbprint(string node) => "thumbprint of " + node;
    public void NoteStuck(string node) => stuck.Add(node);
    public bool WasStuck(string node) => stuck.Contains(node);

    // What must hold

    public void Promise(bool holds, string promise, [InterpolatedStringHandlerArgument(nameof(holds))] PromiseText sentence)
    {
        if (!holds) throw Break(promise, sentence.Take());
    }

    public void Promise(bool holds, string promise, string sentence)
    {
        if (!holds) throw Break(promise, sentence);
    }

    /// <summary>Something threw that nobody expected.</summary>
    public void Unexpected(Exception fault) => Break("fault", fault.ToString());

    private BrokenPromise Break(string promise, string sentence)
    {
        Broken ??= new BrokenPromise(promise, string.Create(CultureInfo.InvariantCulture, $"at {Queue.NowUs / 1e6:0.000000} s: {sentence}"));
        if (trace is not null) Trace($"BROKEN {Broken.Message}");
        return Broken;
    }

    public void Fault(SimulatedProcess process, Exception fault) => throw Break("fault", $"{process.Name}: {fault}");

    public void Trace([InterpolatedStringHandlerArgument("")] TraceText text) => trace?.Add(string.Create(CultureInfo.InvariantCulture, $"{Queue.NowUs / 1e6,11:0.000000}  {text.Take()}"));
    public void TraceLine(string text) => trace?.Add(string.Create(CultureInfo.InvariantCulture, $"{Queue.NowUs / 1e6,11:0.000000}  {text}"));

    /// <summary>A task that may only end well, or with its process.</summary>
    public void Watch(SimulatedProcess process, Task task) => _ = task.ContinueWith(done => Report(process, done.Exception!.InnerException!), CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    public void WatchAgent(SimulatedProcess process, Task task) => _ = task.ContinueWith(done => AgentEnded(process, done), CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private void AgentEnded(SimulatedProcess process, Task done)
    {
        var fault = done.Exception?.InnerException;
        if (fault is FencedException)
        {
            Trace($"{process.Name} was fenced: {fault.Message}");
            process.Kill();
        }
        else if (fault is ProcessDied) process.Kill();
        else Report(process, fault ?? new InvalidOperationException("the agent ended"));
    }

    /// <summary>From a continuation, whose own exceptions nobody would see: the next event throws.</summary>
    private void Report(SimulatedProcess process, Exception fault)
    {
        if (fault is ProcessDied) process.Kill();
        else if (fault is not BrokenPromise) Break("fault", $"{process.Name}: {fault}");
    }

    // The run

    public void Run()
    {
        foreach (var node in Plan.Nodes)
            Server.Disk.Append([new Record { NodeCertified = new NodeCertified { Node = node.Name, Thumbprint = Thumbprint(node.Name) } }], []);
        Server.Start();
        foreach (var node in nodes.Values) Queue.After(node.Chance.Between(0, 400_000), node.StartAgent);
        foreach (var op in Plan.Ops) Queue.At(op.AtUs, () =>
        {
            if (trace is not null) TraceLine("plan: " + op.ToString().TrimStart());
            op.Do(this);
        });
        for (var at = CareUs; Plan.IsLong && at < Plan.FaultsEndUs; at += CareUs) Queue.At(at, Client.Unblock);
        Queue.RunUntil(Plan.FaultsEndUs);
        Heal();
        HealedUs = Queue.NowUs;
        var deadline = Queue.NowUs + SettleUs + SetBackUs;
        while (!IsQuiet() && Queue.NowUs < deadline)
        {
            Client.Unblock();
            Books.CheckStrays(Queue.NowUs - StraysUs);
            Queue.RunUntil(Queue.NowUs + PollUs);
        }
        new FinalCheck(this).Run();
    }

    private void Heal()
    {
        Trace($"the faults are over");
        Server.Journal.FullUntilUs = Server.Journal.SlowUntilUs = 0;
        Server.Journal.Next.Clear();
        foreach (var node in nodes.Values) node.Heal();
    }

    private bool IsQuiet()
    {
        if (!Books.AllOver || Truth.Alive.Count > 0 || !Server.IsUp || Client.IsWaiting) return false;
        foreach (var node in nodes.Values)
            if (!node.IsGone && (node.Disk.Folders.Count > 0 || node.Groups.Count > 0 || node.Agent is not { Process.Lives: true, Host.Unacknowledged.Count: 0 })) return false;
        return true;
    }

    private void Poll()
    {
        if (Broken is not null) throw Broken;
        if (Queue.Foreign is { } foreign) throw Break("one thread", foreign);
        Server.Poll();
        Client.Poll();
        if ((Queue.Count & 0xFFFF) == 0) Progress?.Invoke(this);
    }

    public void Durable(IReadOnlyList<Record> records) => Books.Durable(records);

    public void AfterTurn(ServerHost.ServerLife life)
    {
        if (Books.Records == audited) return;
        audited = Books.Records;
        Audit(life.Cluster);
    }

    public void Audit(Cluster cluster)
    {
        if (Mutant.NobodyAudits) return;
        try
        {
            cluster.Audit();
        }
        catch (InvalidOperationException wrong)
        {
            throw Break("audit", wrong.Message);
        }
    }

    // Links

    public WireSocket? Connect(AgentLife agent)
    {
        if (!Server.IsUp || Server.Life is not { Ready: true } life) return null;
        var node = agent.Node;
        var wire = new Wire(Queue, node.Chance, node.Weather, agent.Process, life.Process) { Tamper = Mutant.Tamper(node) };
        var links = wires[node.Name];
        links.RemoveAll(static link => link.IsBroken);
        links.Add(wire);
        Queue.After(node.Chance.Between(300, 2_000), () => life.Process.Run(() => life.Accept(wire.Server, node.Name)));
        return wire.Client;
    }

    public bool BreakLinks(string node, long agentNoticesUs, long serverNoticesUs)
    {
        var any = false;
        foreach (var wire in wires[node])
        {
            any |= !wire.IsBroken;
            wire.Break(agentNoticesUs, serverNoticesUs);
        }
        return any;
    }

    /// <summary>Keep-alive ends what stays silent for too long.</summary>
    public void LinksFallSilent(string node)
    {
        var chance = nodes[node].Chance;
        foreach (var wire in wires[node])
        {
            var silence = Weather.Silence(chance);
            var other = chance.Between(0, 3_000_000);
            Queue.After(silence, () =>
            {
                if (nodes[node].Weather.IsPartitioned(Queue.NowUs)) wire.Break(chance.OneIn(2) ? 0 : other, chance.OneIn(2) ? 0 : other);
            });
        }
    }
}
