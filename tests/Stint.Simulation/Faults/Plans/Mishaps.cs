using Stint.Simulation.Faults.Nodes;
using Stint.Simulation.Faults.Servers;

namespace Stint.Simulation.Faults.Plans;

// What goes wrong.

internal abstract record Mishap(long AtUs) : Op(AtUs)
{
    public sealed override bool IsFault => true;
}

internal abstract record NodeMishap(long AtUs, string Node) : Mishap(AtUs)
{
    public sealed override void Do(World world)
    {
        if (!world.Node(Node).IsGone) Do(world, world.Node(Node));
    }

    protected abstract void Do(World world, SimulatedNode node);
}

internal sealed record ServerCrash(long AtUs) : Mishap(AtUs)
{
    public override void Do(World world)
    {
        if (!world.Server.IsUp) return;
        world.Faults.Count("server killed");
        world.Server.Kill();
    }

    protected override string Text => "server is killed";
}

internal sealed record CommitMishap(long AtUs, CommitFault Fault) : Mishap(AtUs)
{
    public override void Do(World world)
    {
        if (Fault == CommitFault.Refuse) world.Faults.Count("journal refuses a commit");
        world.Server.Journal.Next.Enqueue(Fault);
    }

    protected override string Text => Fault switch
    {
        CommitFault.DieBefore => "server dies at its next append, before the commit",
        CommitFault.DieAfter => "server dies at its next append, after the commit and before any effect",
        _ => "the next commit fails",
    };
}

internal sealed record ServerDisk(long AtUs, bool Full, long ForUs) : Mishap(AtUs)
{
    public override void Do(World world)
    {
        world.Faults.Count(Full ? "server's disk full" : "server's disk slow");
        if (Full) world.Server.Journal.FullUntilUs = AtUs + ForUs;
        else world.Server.Journal.SlowUntilUs = AtUs + ForUs;
    }

    protected override string Text => $"the server's disk is {(Full ? "full" : "slow")} for {ForUs / 1000} ms";
}

internal sealed record ServerClockJump(long AtUs, long ByUs) : Mishap(AtUs)
{
    public override void Do(World world)
    {
        world.Faults.Count("server's clock jumps");
        world.ServerClockJumped = true;
        world.SetBackUs += Math.Max(0, -ByUs);
        world.Server.Clock.OffsetUs += ByUs;
    }

    protected override string Text => $"the server's clock jumps by {ByUs / 1000} ms";
}

internal sealed record AgentCrash(long AtUs, string Node, int AfterActs) : NodeMishap(AtUs, Node)
{
    protected override void Do(World world, SimulatedNode node)
    {
        if (AfterActs >= 0) node.Disk.ActsLeft = AfterActs;
        else if (node.Agent is { Process.Lives: true })
        {
            world.Faults.Count("agent killed");
            node.KillAgent();
        }
    }

    protected override string Text => AfterActs < 0 ? $"the agent of {Node} is killed" : $"the agent of {Node} dies after {AfterActs} more acts";
}

internal sealed record ShepherdKill(long AtUs, string Node, int Which) : NodeMishap(AtUs, Node)
{
    protected override void Do(World world, SimulatedNode node) => node.KillShepherd(Which);
    protected override string Text => $"shepherd {Which} of {Node} is killed";
}

internal sealed record Reboot(long AtUs, string Node, long OffUs) : NodeMishap(AtUs, Node)
{
    protected override void Do(World world, SimulatedNode node)
    {
        world.Faults.Count("node reboots");
        node.Reboot(OffUs);
    }

    protected override string Text => $"{Node} reboots, off for {OffUs / 1000} ms";
}

internal sealed record NodeLoss(long AtUs, string Node) : NodeMishap(AtUs, Node)
{
    protected override void Do(World world, SimulatedNode node)
    {
        world.Faults.Count("node lost for good");
        node.Lose();
    }

    protected override string Text => $"{Node} is lost for good";
}

internal sealed record LinkBreak(long AtUs, string Node, long AgentNoticesUs, long ServerNoticesUs) : NodeMishap(AtUs, Node)
{
    protected override void Do(World world, SimulatedNode node)
    {
        if (world.BreakLinks(Node, AgentNoticesUs, ServerNoticesUs)) world.Faults.Count("link breaks");
    }

    protected override string Text => $"the link of {Node} breaks; its agent notices after {AgentNoticesUs / 1000} ms, the server after {ServerNoticesUs / 1000} ms";
}

internal sealed record Partition(long AtUs, string Node, long ForUs) : NodeMishap(AtUs, Node)
{
    protected override void Do(World world, SimulatedNode node)
    {
        world.Faults.Count("network parted");
        node.Weather.Part(AtUs + ForUs);
        world.Truth.Silence(Node, AtUs + ForUs + 60_000_000);
        world.LinksFallSilent(Node);
    }

    protected override string Text => $"{Node} is cut off for {ForUs / 1000} ms";
}

internal sealed record SlowLink(long AtUs, string Node, long ForUs, long ByUs) : NodeMishap(AtUs, Node)
{
    protected override void Do(World world, SimulatedNode node)
    {
        world.Faults.Count("network slow");
        node.Weather.Slow(AtUs + ForUs, ByUs);
    }

    protected override string Text => $"messages of {Node} take up to {ByUs / 1000} ms for {ForUs / 1000} ms";
}

internal sealed record NodeClockJump(long AtUs, string Node, long ByUs) : NodeMishap(AtUs, Node)
{
    protected override void Do(World world, SimulatedNode node)
    {
        world.Faults.Count("node's clock jumps");
        node.Clock.OffsetUs += ByUs;
    }

    protected override string Text => $"the clock of {Node} jumps by {ByUs / 1000} ms";
}

internal sealed record NodeDiskFull(long AtUs, string Node, long ForUs) : NodeMishap(AtUs, Node)
{
    protected override void Do(World world, SimulatedNode node)
    {
        world.Faults.Count("node's disk full");
        world.Truth.DiskFull(Node);
        node.Disk.FullUntilUs = AtUs + ForUs;
    }

    protected override string Text => $"the disk of {Node} is full for {ForUs / 1000} ms";
}

internal sealed record SlowNode(long AtUs, string Node, long ForUs) : NodeMishap(AtUs, Node)
{
    protected override void Do(World world, SimulatedNode node)
    {
        world.Faults.Count("node slow");
        node.SlowUntilUs = AtUs + ForUs;
    }

    protected override string Text => $"{Node} is slow for {ForUs / 1000} ms";
}

internal sealed record StuckProcesses(long AtUs, string Node, long ForUs) : NodeMishap(AtUs, Node)
{
    protected override void Do(World world, SimulatedNode node)
    {
        world.Faults.Count("processes do not die");
        world.NoteStuck(Node);
        node.StuckUntilUs = AtUs + ForUs;
    }

    protected override string Text => $"processes of {Node} do not die for {ForUs / 1000} ms";
}
