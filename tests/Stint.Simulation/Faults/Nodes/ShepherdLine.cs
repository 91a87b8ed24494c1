using Stint.Agent.Launch;

namespace Stint.Simulation.Faults.Nodes;

/// <summary>The socket between one life of the agent and a shepherd; the agent's end of it.</summary>
internal sealed class ShepherdLine(AgentLife agent) : IShepherd
{
    private const long HopUs = 60;
    private readonly Queue<ShepherdMessage> arrived = new();
    private SimulatedShepherd? shepherd;
    private bool closedByPeer;
    private int fd = agent.NextFd();

    public int Fd => fd;
    public int Pid { get; init; }

    public void Connect(SimulatedShepherd to)
    {
        shepherd = to;
        agent.Process.AtEnd(Close);
    }

    public bool Send(byte[] command)
    {
        var to = shepherd;
        if (fd >= 0) agent.Node.World.Queue.After(HopUs, () => to?.Command(command));
        return true;
    }

    public bool Flush() => true;

    public ShepherdMessage? Receive(out bool closed)
    {
        if (arrived.TryDequeue(out var message))
        {
            closed = false;
            return message;
        }
        closed = closedByPeer;
        return null;
    }

    public void Close()
    {
        if (fd < 0) return;
        fd = -1;
        var to = shepherd;
        agent.Node.World.Queue.After(HopUs, () => to?.AgentIsGone(this));
    }

    internal void FromShepherd(ShepherdMessage message) => agent.Node.World.Queue.After(HopUs, () =>
    {
        if (fd < 0) return;
        arrived.Enqueue(message);
        agent.Reactor.Readable(fd);
    });

    internal void ShepherdIsGone() => agent.Node.World.Queue.After(HopUs, () =>
    {
        closedByPeer = true;
        if (fd >= 0) agent.Reactor.Readable(fd);
    });
}
