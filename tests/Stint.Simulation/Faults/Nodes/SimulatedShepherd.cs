using Stint.Agent.Launch;
using Stint.Simulation.Faults.Checks;
using Stint.Simulation.Faults.Clockwork;

namespace Stint.Simulation.Faults.Nodes;

/// <summary>
/// What native/shepherd does, as far as anybody outside can see: starts the tasks, keeps the wall time by a clock that cannot be set, ends them when
/// told, leaves a durable exit record, survives its agent. It dies only by a kill or with its node.
/// </summary>
internal sealed class SimulatedShepherd
{
    private const long RecordRetryUs = 1_000_000, KillPollUs = 50_000;
    private readonly SimulatedNode node;
    private readonly EventQueue queue;
    private readonly SpoolFolder folder;
    private readonly ShepherdRequest request;
    private readonly StepId id;
    private readonly RunningStep work;
    private ShepherdLine? agent;
    private ExitFlags flags;
    private Happening? limit, kill, natural;
    private long startMs, endMs, killAtUs;
    private byte[]? record;
    private readonly Queue<byte[]> early = new();
    private bool begun, ended, durable, acknowledged, started;

    public SimulatedShepherd(SimulatedNode node, SpoolFolder folder, ShepherdRequest request, RunningStep work, ShepherdLine agent)
    {
        (this.node, this.folder, this.request, this.work, this.agent) = (node, folder, request, work, agent);
        (queue, id) = (node.World.Queue, folder.Id);
        Lives = true;
        folder.Holders.Add(this);
        queue.After(node.Chance.Between(300, 3_000), Begin);
    }

    public bool Lives { get; private set; }
    public StepId Id => id;

    /// <summary>It reads its commands when its tasks are started.</summary>
    private void Begin()
    {
        if (!Lives) return;
        StartTasks();
        begun = true;
        while (early.TryDequeue(out var command)) Command(command);
    }

    private void StartTasks()
    {
        startMs = node.Clock.NowMs;
        if (node.Disk.IsFull)
        {
            flags |= ExitFlags.NotStarted;
            End("exit record", 28);
            return;
        }
        folder.HasExitTmp = true;
        if (!node.Groups.Has(work))
        {
            flags |= ExitFlags.NotStarted;
            End("cgroup", 2);
            return;
        }
        started = true;
        node.World.Trace($"shepherd of {id} attempt {id.Attempt} on {node.Name}: limit {request.LimitMs} ms");
        node.World.Truth.Started(work, queue.NowUs);
        work.Shepherd = this;
        natural = queue.After(work.Program.RunUs, () => TasksEnd(byThemselves: true));
        if (request.LimitMs > 0 && !node.World.Mutant.ShepherdForgetsLimit) limit = queue.After((long)Math.Min(request.LimitMs, 1UL << 50) * 1000, OverLimit);
        Tell(new ShepherdWire.Writer().U32(1).U32((uint)node.NextPid()).Done(), ShepherdWire.Started);
    }

    private void OverLimit()
    {
        if (!Lives || ended) return;
        if (!flags.HasFlag(ExitFlags.Ordered)) flags |= ExitFlags.OverLimit;
        Terminate((long)request.GraceMs * 1000);
        Tell([], ShepherdWire.LimitPassed);
    }

    private void Terminate(long graceUs)
    {
        var at = queue.NowUs + graceUs;
        node.World.Trace($"shepherd of {id} attempt {id.Attempt} on {node.Name} ends its tasks, grace {graceUs / 1000} ms, {flags}");
        if (killAtUs != 0 && at >= killAtUs) return;
        var first = killAtUs == 0;
        killAtUs = at;
        kill?.CallOff();
        kill = queue.At(at, KillGroup);
        // Most programs end at once when told to, some do not listen.
        if (first && graceUs > 0 && work.Program.HeedsTerm) queue.After(node.Chance.Between(500, 20_000), () => TasksEnd(byThemselves: false));
    }

    private void KillGroup()
    {
        if (!Lives || ended) return;
        flags |= ExitFlags.Killed;
        if (node.IsStuck)
        {
            kill = queue.After(KillPollUs, KillGroup);
            return;
        }
        TasksEnd(byThemselves: false);
    }

    private void TasksEnd(bool byThemselves)
    {
        if (!Lives || ended || !started) return;
        if (work.IsAlive) node.World.Truth.Ended(work, queue.NowUs, byThemselves ? EndedBy.Itself : flags.HasFlag(ExitFlags.OverLimit) ? EndedBy.Limit : EndedBy.Order);
        End("", 0);
    }

    /// <summary>Its processes were killed by somebody else.</summary>
    public void TasksKilled()
    {
        if (Lives && started && !ended) queue.After(100, () => { if (Lives && !ended) End("", 0); });
    }

    private void End(string stage, int errno)
    {
        if (ended) return;
        ended = true;
        limit?.CallOff();
        natural?.CallOff();
        kill?.CallOff();
        endMs = node.Clock.NowMs;
        record = Encode(stage, errno);
        Save(first: true);
    }

    private byte[] Encode(string stage, int errno)
    {
        var status = !started ? 0 : work.EndedBy == EndedBy.Itself ? work.Program.ExitCode << 8
            : flags.HasFlag(ExitFlags.Killed) || work.EndedBy == EndedBy.GroupKill ? 9 : 15;
        var cpuUs = (ulong)Math.Max(0, work.CpuUs(queue.NowUs));
        var w = new ShepherdWire.Writer();
        w.U32(ShepherdWire.RecordMagic).U32(ShepherdWire.Version).U32((uint)flags).U64((ulong)startMs).U64((ulong)endMs).Text(stage).U32((uint)errno).Text("").U32(1);
        return w.U32(0).U32(started ? 4242u : 0).U32((uint)status).U32(0).U64(cpuUs).U64(0).U64(1024).Done();
    }

    private void Save(bool first)
    {
        if (!Lives) return;
        durable = !node.Disk.IsFull;
        if (durable && !node.World.Mutant.ShepherdForgetsRecord)
        {
            folder.Exit = record;
            folder.HasExitTmp = false;
        }
        if (first) Tell(record!, ShepherdWire.Exited);
        if (!durable) queue.After(RecordRetryUs, () => Save(first: false));
        LeaveIfDone();
    }

    private void LeaveIfDone()
    {
        if (Lives && ended && (acknowledged || (agent is null && durable))) Die();
    }

    /// <summary>Leaves, or is killed: its tasks stay what they are, its lock is free, its socket is closed.</summary>
    public void Die()
    {
        if (!Lives) return;
        Lives = false;
        limit?.CallOff();
        natural?.CallOff();
        kill?.CallOff();
        folder.Holders.Remove(this);
        if (ReferenceEquals(folder.Listener, this)) folder.Listener = null;
        agent?.ShepherdIsGone();
        agent = null;
        // Without a shepherd a program ends all the same, only nobody writes down how.
        if (work.IsAlive && started) queue.At(work.StartedUs + work.Program.RunUs, () => { if (work.IsAlive) node.World.Truth.Ended(work, queue.NowUs, EndedBy.Unseen); });
    }

    private void Tell(byte[] body, uint kind) => agent?.FromShepherd(new ShepherdMessage(kind, body, []));

    public void AgentIsGone(ShepherdLine line)
    {
        if (!ReferenceEquals(agent, line) || !Lives) return;
        agent = null;
        Listen();
        LeaveIfDone();
    }

    private void Listen()
    {
        if (!Lives || (ended && durable)) return;
        if (node.Disk.IsFull)
        {
            queue.After(RecordRetryUs, Listen);
            return;
        }
        folder.Listener = this;
        folder.HasSocket = true;
    }

    public void Accept(ShepherdLine line)
    {
        if (agent is { } before)
        {
            agent = null;
            before.ShepherdIsGone();
        }
        agent = line;
        if (started) Tell(new ShepherdWire.Writer().U32(1).U32((uint)node.NextPid()).Done(), ShepherdWire.Started);
        if (ended) Tell(record!, ShepherdWire.Exited);
    }

    public void Command(byte[] command)
    {
        if (!Lives) return;
        if (!begun)
        {
            early.Enqueue(command);
            return;
        }
        var r = new ShepherdWire.Reader(command);
        switch (r.U32())
        {
            case 16 when r.U32() is 9 or 15:
                if (!ended && started) queue.After(node.Chance.Between(100, 2_000), () => TasksEnd(byThemselves: false));
                break;
            case 17:
                if (ended) break;
                if (!flags.HasFlag(ExitFlags.OverLimit)) flags |= ExitFlags.Ordered;
                Terminate((long)Math.Min(r.U64(), 1UL << 40) * 1000);
                break;
            case 22:
                acknowledged = ended;
                LeaveIfDone();
                break;
        }
    }
}
