using Stint.Agent.Hardware;
using Stint.Agent.Launch;
using Stint.Protocol.Agents;
using Stint.Simulation.Faults.Checks;
using Stint.Simulation.Faults.Clockwork;
using Stint.Simulation.Faults.Network;
using Stint.Simulation.Faults.Plans;

namespace Stint.Simulation.Faults.Nodes;

/// <summary>A machine: clock, disk, network, kernel with groups and shepherds, and one life of the agent after the other.</summary>
internal sealed class SimulatedNode
{
    private readonly List<SimulatedShepherd> shepherds = [];
    private int pids = 1_000;
    private bool isOff, isGone;

    public SimulatedNode(World world, NodePlan plan)
    {
        (World, Plan, Chance) = (world, plan, world.Chance("node " + plan.Name));
        Clock = new HostClock(world.Queue);
        Disk = new NodeDisk(world.Queue) { Injected = world.Faults.Count };
        Groups = new SimulatedGroups(this);
        var report = new HardwareReport { Cpus = plan.Cpus, Sockets = 1, CoresPerSocket = plan.Cpus, ThreadsPerCore = 1, MemoryBytes = plan.MemoryBytes };
        Machine = new Machine(report, new CpuMap([], (int)plan.Cpus), plan.MemoryBytes, plan.Name, "Linux", 1);
    }

    public World World { get; }
    public NodePlan Plan { get; }
    public string Name => Plan.Name;
    public Chance Chance { get; }
    public HostClock Clock { get; }
    public NodeDisk Disk { get; }
    public Weather Weather { get; } = new();
    public SimulatedGroups Groups { get; }
    public Machine Machine { get; private set; }
    public AgentLife? Agent { get; private set; }
    public long StuckUntilUs { get; set; }
    public long SlowUntilUs { get; set; }
    public bool IsStuck => World.Queue.NowUs < StuckUntilUs;
    public bool IsGone => isGone;
    public IReadOnlyList<SimulatedShepherd> Shepherds => shepherds;

    public int NextPid() => ++pids;
    public long WorkUs() => Chance.Between(200, World.Queue.NowUs < SlowUntilUs ? 3_000_000 : 6_000);

    public void StartAgent()
    {
        if (isOff || isGone || Agent is { Process.Lives: true }) return;
        var process = new SimulatedProcess(World.Queue, "agent of " + Name, World.Fault);
        process.AtEnd(() =>
        {
            Disk.ActsLeft = -1;
            World.Trace($"agent of {Name} is dead");
            World.Queue.After(Chance.Between(200_000, 4_000_000), StartAgent);
        });
        process.Run(() =>
        {
            Agent = new AgentLife(this, process);
            World.Trace($"agent of {Name} starts");
            World.WatchAgent(process, Agent.RunAsync());
        });
    }

    public void KillAgent() => Agent?.Process.Kill();

    /// <summary>Power off and on: nothing of the kernel is left, the disk is.</summary>
    public void Reboot(long offUs)
    {
        if (isGone) return;
        World.Truth.NodeTrouble(Name);
        isOff = true;
        StuckUntilUs = 0;
        KillAgent();
        foreach (var shepherd in shepherds.ToArray()) shepherd.Die();
        shepherds.Clear();
        World.Truth.NodeIsOff(Name, World.Queue.NowUs);
        Groups.Reboot();
        foreach (var folder in Disk.Folders.Values) folder.Holders.Clear();
        Machine = Machine with { BootMs = Machine.BootMs + 1 };
        World.Queue.After(offUs, () =>
        {
            isOff = false;
            StartAgent();
        });
    }

    /// <summary>It burns down.</summary>
    public void Lose()
    {
        Reboot(1L << 50);
        isGone = true;
        Disk.Folders.Clear();
    }

    public void KillShepherd(int which)
    {
        shepherds.RemoveAll(static s => !s.Lives);
        if (shepherds.Count == 0) return;
        var victim = shepherds[which % shepherds.Count];
        World.Trace($"the shepherd of {victim.Id} on {Name} is killed");
        World.Faults.Count("shepherd killed");
        World.Truth.StepTrouble(Name, victim.Id);
        victim.Die();
    }

    public SimulatedShepherd Spawn(StepId id, ShepherdRequest request, ShepherdLine line)
    {
        var folder = Disk.Folders[id];
        var step = new RunningStep(Name, id, Payload.Parse(folder.Script, request.Arguments));
        Groups.Enter(id.ToKey(), step);
        var shepherd = new SimulatedShepherd(this, folder, request, step, line);
        shepherds.RemoveAll(static s => !s.Lives);
        shepherds.Add(shepherd);
        return shepherd;
    }

    public void Heal()
    {
        Weather.Heal();
        Disk.FullUntilUs = StuckUntilUs = SlowUntilUs = 0;
        Disk.ActsLeft = -1;
        StartAgent();
    }
}
