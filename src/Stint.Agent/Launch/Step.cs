using Stint.Agent.Binding;
using Stint.Agent.Cgroups;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>What a step needs from its host.</summary>
internal interface IStepSurroundings
{
    INode Node { get; }
    StepWork Work { get; }
    StepHostOptions Options { get; }
    TimeProvider Time { get; }
    void Send(ToServer message);
    void Report(ToServer message);
    void Exited(Step step, FinishedStep finished);
    void Removed(Step step);
    void Reap(int pid);
}

/// <summary>One step: feeds <see cref="StepMachine"/> and does what it says. Everything on the reactor's thread, blocking work on the queue.</summary>
internal sealed class Step
{
    readonly IStepSurroundings _around;
    readonly StepStreams _streams;
    readonly StepInputs _inputs;
    readonly Queue<StepEvent> _events = new();
    readonly List<byte[]> _early = [];
    IShepherd? _shepherd;
    PreparedStep? _prepared;
    StepExitedReport? _saved;
    FinishedStep? _finished;
    uint _firstPid;
    bool _applying, _reusable;

    public Step(IStepSurroundings around, LaunchSpec spec)
    {
        (_around, Spec, Id) = (around, spec, StepId.Of(spec.Key));
        _streams = new StepStreams(Id, around.Node.Reactor, spec.TaskIds, around.Send);
        _inputs = new StepInputs(Id, around.Node.Reactor, spec.TaskIds, around.Send, index => Command(ShepherdWire.CloseInput(index)));
    }

    public StepId Id { get; }
    public LaunchSpec Spec { get; }
    public StepState State { get; private set; } = StepState.Initial;
    public IStepDirectory? Directory { get; private set; }
    public StepGroup? Group { get; private set; }
    /// <summary>A later attempt of the same step is here too: the group of that name is the later one's.</summary>
    public bool IsSuperseded { get; set; }
    public bool IsOver => State.Phase >= StepPhase.Reported;

    /// <summary>It is on its way out, or stuck there, and the other must not begin before it is gone.</summary>
    public bool IsInTheWayOf(Step other)
    {
        if (Id.Job == other.Id.Job)
            return Id.Attempt < other.Id.Attempt;
        if (State.End is null && State.Phase < StepPhase.Draining)
            return false;
        var (mine, theirs) = (Spec.Limits?.Cpus, other.Spec.Limits?.Cpus);
        for (var i = 0; i < Math.Min(mine?.Length ?? 0, theirs?.Length ?? 0); i++)
            if ((mine![i] & theirs![i]) != 0)
                return true;
        return false;
    }

    public void Launch() => _around.Node.Queue.Add(() =>
    {
        var prepared = _prepared = _around.Work.Prepare(Spec);
        _around.Node.Reactor.Post(() =>
        {
            _reusable = prepared.Shepherd is not null;
            Take(prepared);
        });
    });

    /// <summary>A shepherd of an earlier life of the agent, alive or not. <paramref name="record"/> or <paramref name="saved"/>: what it or the agent left.</summary>
    public void Resume(IStepDirectory directory, IShepherd? shepherd, ExitRecord? record, StepExitedReport? saved)
    {
        (Directory, _saved) = (directory, saved);
        if (shepherd is not null)
        {
            Take(new PreparedStep(directory, null, shepherd, null));
            return;
        }
        State = State with { Phase = StepPhase.Starting, Started = saved?.Started ?? false };
        if (record is not null)
            for (var i = 0; i < Spec.TaskIds.Count; i++)
                for (var stream = 0; stream < 3; stream++)
                    if (Spec.Io != IoMode.IoFiles && directory.ReadResidue(i, stream) is { Length: > 0 } residue)
                        _streams.AddResidue(i, stream, residue);
        Apply(record is null ? new StepEvent.ShepherdGone() : new StepEvent.TasksEnded(record));
    }

    public void Apply(StepEvent happened)
    {
        _events.Enqueue(happened);
        if (_applying)
            return;
        _applying = true;
        try
        {
            while (_events.TryDequeue(out var next))
            {
                (State, var actions) = StepMachine.Next(State, next);
                if (next is StepEvent.EndOrdered && State.Phase == StepPhase.Draining)
                    ExpireDrain(_around.Options.DrainMaxEnded);
                foreach (var action in actions)
                    Do(action);
            }
        }
        finally
        {
            _applying = false;
        }
    }

    public void Command(byte[] command)
    {
        if (_shepherd is null)
        {
            if (State.Phase == StepPhase.Preparing)
                _early.Add(command);
        }
        else if (!_shepherd.Send(command))
            _around.Node.Reactor.After(TimeSpan.FromMilliseconds(20), Flush);
    }

    public void Input(StepInput input) => _inputs.Add(input);
    public void OutputTaken(ulong bytes) => _streams.Taken(bytes);

    /// <summary>The agent stops; the shepherd and its tasks go on.</summary>
    public void Detach()
    {
        // One that came while the reactor stopped was never taken: it must not believe that its agent is still there.
        (_shepherd ?? _prepared?.Shepherd)?.Close();
        _streams.Detach();
        _inputs.Detach();
    }

    void Do(StepAction action)
    {
        switch (action)
        {
            case StepAction.Terminate terminate:
                Terminate(terminate.Order);
                break;
            case StepAction.ReportStarted:
                _around.Report(new ToServer { StepStarted = new StepStartedReport { Key = Id.ToKey(), Pid = FirstPid(), Receipt = Group?.Receipt ?? Directory?.ReadReceipt(), AtMs = StartedMs() } });
                break;
            case StepAction.Drain:
                Drain();
                break;
            case StepAction.AbandonOutput:
                _inputs.Close();
                _streams.Abandon();
                break;
            case StepAction.Finish:
                Finish();
                break;
            case StepAction.ReportExited:
                _around.Exited(this, _finished!);
                break;
            case StepAction.RemoveDirectory:
                Command(ShepherdWire.Acknowledge());
                _around.Node.Queue.Add(() =>
                {
                    _around.Work.RemoveDirectory(Directory, _reusable);
                    _around.Removed(this);
                });
                break;
        }
    }

    void Take(PreparedStep prepared)
    {
        (Directory, Group, _shepherd) = (prepared.Directory ?? Directory, prepared.Group, prepared.Shepherd);
        if (prepared.Refused is { } why)
        {
            Apply(new StepEvent.Refused(why, prepared.ByProlog, prepared.ByNode));
            return;
        }
        _around.Node.Reactor.Watch(_shepherd!.Fd, Posix.EPOLLIN, _ => Listen());
        _early.ForEach(Command);
        _early.Clear();
        Apply(new StepEvent.Prepared());
    }

    void Listen()
    {
        while (_shepherd is { Fd: >= 0 } shepherd)
        {
            if (shepherd.Receive(out var closed) is { } message)
                Hear(message);
            else
            {
                if (closed)
                    Lost();
                return;
            }
        }
    }

    void Hear(ShepherdMessage message)
    {
        var body = new ShepherdWire.Reader(message.Body);
        switch (message.Kind)
        {
            case ShepherdWire.Streams:
                Attach(body.U32(), body.U32(), ref body, message.Descriptors);
                return;
            case ShepherdWire.Started:
                (_firstPid, var bounds) = ShepherdWire.DecodeStarted(message.Body);
                NoteBounds(bounds);
                _inputs.Open();
                Apply(new StepEvent.TasksStarted());
                break;
            case ShepherdWire.Exited when ShepherdWire.DecodeRecord(message.Body) is { } record:
                Apply(new StepEvent.TasksEnded(record));
                break;
            case ShepherdWire.LimitPassed:
                _streams.Say(StepMessages.LimitPassed(Id, Spec.Node, _around.Time.GetLocalNow()));
                break;
        }
        foreach (var fd in message.Descriptors)
            Posix.Close(fd);
    }

    void Attach(uint first, uint count, ref ShepherdWire.Reader body, int[] descriptors)
    {
        var next = 0;
        for (var index = (int)first; index < first + count && index < Spec.TaskIds.Count; index++)
        {
            var mask = body.U32();
            for (var stream = 0; stream < 3; stream++)
            {
                if ((mask & 1 << stream) == 0 || next >= descriptors.Length)
                    continue;
                var fd = descriptors[next++];
                var terminal = stream == 0 && Spec.Io == IoMode.IoPty && index == 0;
                if (terminal)
                    _inputs.Attach(index, Posix.Fcntl(fd, Posix.F_DUPFD_CLOEXEC, 3), terminal: true);
                else if (stream == 0)
                    _inputs.Attach(index, fd, terminal: false);
                if (terminal || stream > 0)
                    _streams.Attach(index, stream, fd);
            }
        }
        for (; next < descriptors.Length; next++)
            Posix.Close(descriptors[next]);
    }

    /// <summary>What the tasks read back of their binding belongs in the receipt; also when an earlier life of this agent made it.</summary>
    void NoteBounds(IReadOnlyList<ReadBounds> bounds)
    {
        if ((Group?.Receipt ?? Directory?.ReadReceipt()) is not { } receipt || !BindingRows.Add(receipt, Spec, _around.Options.Shape, bounds))
            return;
        Directory?.WriteReceipt(receipt);
    }

    /// <summary>The socket is closed: the shepherd is dead, or it dropped an agent that did not listen, or all is said and done.</summary>
    void Lost()
    {
        _around.Node.Reactor.Forget(_shepherd!.Fd);
        _shepherd.Close();
        _around.Reap(_shepherd.Pid);
        _reusable &= State.Phase > StepPhase.Running;
        if (State.Phase is StepPhase.Starting or StepPhase.Running)
            FindAgain(_around.Time.GetTimestamp());
    }

    void FindAgain(long since)
    {
        if (State.Phase is not (StepPhase.Starting or StepPhase.Running))
            return;
        var held = Directory!.TryLock();
        if (held >= 0)
        {
            _around.Node.Spool.Unlock(held);
            Apply(Directory.ReadExit() is { } record ? new StepEvent.TasksEnded(record) : new StepEvent.ShepherdGone());
        }
        else if (_around.Node.Shepherds.Connect(Directory) is { } again)
        {
            _streams.Detach();
            _shepherd = again;
            _around.Node.Reactor.Watch(again.Fd, Posix.EPOLLIN, _ => Listen());
        }
        else if (_around.Time.GetElapsedTime(since) < TimeSpan.FromSeconds(10))
            _around.Node.Reactor.After(TimeSpan.FromMilliseconds(20), () => FindAgain(since));
        else
            Apply(new StepEvent.ShepherdGone());
    }

    void Terminate(EndJob order)
    {
        var line = StepMessages.Ended(Id, Spec.Node, order, _around.Time.GetLocalNow());
        _streams.Say(line);
        Command(ShepherdWire.Terminate((ulong)Math.Max(0, order.GraceMs), line));
    }

    void Drain()
    {
        _inputs.Close();
        if (State.End is not null)
            ExpireDrain(_around.Options.DrainMaxEnded);
        else
            WatchDrain(_streams.Progress);
        _streams.Drain(() => Apply(new StepEvent.OutputDrained()));
    }

    void ExpireDrain(TimeSpan after) => _around.Node.Reactor.After(after, () => Apply(new StepEvent.DrainExpired()));

    void WatchDrain(long progress)
    {
        if (Spec.Io == IoMode.IoFiles)
            return;
        _around.Node.Reactor.After(_around.Options.DrainMaxStalled, () =>
        {
            if (_streams.Progress == progress)
                Apply(new StepEvent.DrainExpired());
            else if (State.Phase == StepPhase.Draining)
                WatchDrain(_streams.Progress);
        });
    }

    void Finish()
    {
        var (state, group) = (State, Group);
        _around.Node.Queue.Add(() =>
        {
            var finished = _around.Work.Finish(this, state, group, _saved);
            _around.Node.Reactor.Post(() =>
            {
                _finished = finished;
                Conclude(finished);
                Apply(new StepEvent.Finished());
            });
        });
    }

    void Conclude(FinishedStep finished)
    {
        var report = finished.Report;
        if (report.Outcome == Outcome.OutOfMemory)
        {
            var line = StepMessages.OutOfMemory(Id, report.Measured?.OomKills ?? 1);
            _streams.Say(line);
            Command(ShepherdWire.Write(line));
        }
        _streams.Close();
        // Until its end is on the disk, in one form or the other, the shepherd is the only one who would still know it after this agent's death.
        if (finished.IsKept)
            Command(ShepherdWire.Acknowledge());
    }

    void Flush()
    {
        if (_shepherd is { Fd: >= 0 } && !_shepherd.Flush())
            _around.Node.Reactor.After(TimeSpan.FromMilliseconds(20), Flush);
    }

    uint FirstPid() => _firstPid != 0 ? _firstPid : State.Exit?.Tasks.FirstOrDefault()?.Pid ?? 0;
    long StartedMs() => State.Exit?.StartMs ?? _around.Time.GetUtcNow().ToUnixTimeMilliseconds();
}
