using System.Net.WebSockets;
using Microsoft.Extensions.Logging.Abstractions;
using Stint.Agent.Cgroups;
using Stint.Agent.Hardware;
using Stint.Agent.Launch;
using Stint.Agent.Session;
using Stint.Protocol.Agents;
using Stint.Simulation.Faults.Checks;
using Stint.Simulation.Faults.Clockwork;

namespace Stint.Simulation.Faults.Nodes;

/// <summary>One life of the agent: the real link, outbox, orders, step host, steps, recovery. Its threads, disk, kernel and network are simulated.</summary>
internal sealed class AgentLife : INode, ISpool, IShepherds, IServerDial
{
    private readonly SimulatedClock clock;
    private readonly SimulatedWorkQueue queue;
    private int fds = 100;
    private readonly Dictionary<int, (SpoolFolder Folder, object Holder)> locks = [];

    public AgentLife(SimulatedNode node, SimulatedProcess process)
    {
        (Node, Process, clock) = (node, process, new SimulatedClock(process, node.Clock));
        Reactor = new SimulatedReactor(process, OnFault);
        queue = new SimulatedWorkQueue(process, () => node.WorkUs(), OnFault);
        process.AtEnd(() =>
        {
            foreach (var (folder, holder) in locks.Values) folder.Holders.Remove(holder);
            locks.Clear();
        });
    }

    public SimulatedNode Node { get; }
    public SimulatedProcess Process { get; }
    public SimulatedReactor Reactor { get; }
    public StepHost? Host { get; private set; }
    public string Address => "simulated";

    IReactor INode.Reactor => Reactor;
    IWorkQueue INode.Queue => queue;
    ISpool INode.Spool => this;
    IShepherds INode.Shepherds => this;

    /// <summary>As NodeAgent does it: find what runs already, then the link for ever.</summary>
    public async Task RunAsync()
    {
        var outbox = new Outbox();
        var reports = Node.World.Mutant.Reports(this, outbox);
        Host = new StepHost(new StepHostOptions("/spool", "/shepherd") { DrainMaxEnded = TimeSpan.FromSeconds(1) }, this, Node.Groups, reports, clock, OnFault);
        await Host.RecoverAsync(CancellationToken.None);
        using var link = new Link(this, Node.Name, World.ClusterName, Node.Machine, Node.World.Mutant.Host(this, Host), outbox, clock, Node.Chance.Fraction,
            static () => new Heartbeat { Load1M = 1 }, NullLogger.Instance);
        await link.RunAsync(CancellationToken.None);
    }

    private void OnFault(Exception fault)
    {
        if (fault is CgroupException) return;      // a process that would not die is told in this way, and tried again
        Node.World.Fault(Process, fault);
    }

    public async Task<WebSocket> DialAsync(int attempt, CancellationToken cancellation)
    {
        await Task.Delay(TimeSpan.FromMicroseconds(Node.Chance.Between(500, 3_000)), clock, cancellation);
        if (Node.Weather.IsPartitioned(Node.World.Queue.NowUs)) await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellation);
        return Node.World.Connect(this) ?? throw new WebSocketException("connection refused");
    }

    public UserAccount Account(uint uid, uint gid) => new(uid, "user", "/home/user", "/bin/sh", [gid]);

    public int NextFd() => ++fds;

    public int OpenLock(SpoolFolder folder)
    {
        var fd = NextFd();
        var holder = new object();
        folder.Holders.Add(holder);
        locks.Add(fd, (folder, holder));
        return fd;
    }

    public void Unlock(int lockFd)
    {
        if (locks.Remove(lockFd, out var held)) held.Folder.Holders.Remove(held.Holder);
    }

    public IEnumerable<IStepDirectory> All() => Node.Disk.Folders.Values.Select(folder => new SpoolDirectory(this, Node.Disk, folder)).ToList();

    public IStepDirectory Create(LaunchSpec spec, ref int lockFd)
    {
        var id = StepId.Of(spec.Key);
        Node.Disk.Act();
        if (!Node.Disk.Folders.TryGetValue(id, out var folder)) Node.Disk.Folders.Add(id, folder = new SpoolFolder(id));
        var directory = new SpoolDirectory(this, Node.Disk, folder);
        try
        {
            directory.WriteSpec(spec);
        }
        catch (IOException) when (lockFd < 0)
        {
            Node.Disk.Folders.Remove(id);
            throw;
        }
        return directory;
    }

    public void Remove(IStepDirectory directory, bool reusable)
    {
        Node.Disk.Act(writes: false);
        ((SpoolDirectory)directory).Folder.Spec = null;
        Node.Disk.Act(writes: false);
        Node.Disk.Folders.Remove(directory.Id);
    }

    public void Discard(IStepDirectory directory)
    {
        Node.Disk.Act(writes: false);
        Node.Disk.Folders.Remove(directory.Id);
    }

    public IShepherd Start(StepId id, ShepherdRequest request, int lockFd)
    {
        Node.Disk.Act(writes: false);
        var line = new ShepherdLine(this) { Pid = Node.NextPid() };
        line.Connect(Node.Spawn(id, request, line));
        return line;
    }

    public IShepherd? Connect(IStepDirectory directory)
    {
        if (((SpoolDirectory)directory).Folder.Listener is not { Lives: true } shepherd) return null;
        var line = new ShepherdLine(this);
        line.Connect(shepherd);
        Node.World.Queue.After(60, () =>
        {
            if (shepherd.Lives) shepherd.Accept(line);
            else line.ShepherdIsGone();
        });
        return line;
    }

    public bool TryReap(int pid) => true;
}
