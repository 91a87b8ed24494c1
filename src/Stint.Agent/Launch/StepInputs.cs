using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>
/// Input for a step's tasks: to one task or to all, never waiting for a slow reader, bounded. Input that comes before the pipes do waits for them.
/// Owned by the reactor's thread.
/// </summary>
/// <param name="closeInput">Tells the shepherd to close its copy of a task's pipe too; the argument is the task's index.</param>
internal sealed class StepInputs(StepId id, IReactor reactor, IReadOnlyList<uint> taskIds, Action<ToServer> send, Action<uint> closeInput)
{
    const int QueuedBytesMax = 4 << 20;
    const byte EndOfTransmission = 4;
    readonly Dictionary<int, Inlet> _inlets = [];
    readonly List<StepInput> _early = [];
    bool _open;
    int _queued;

    sealed class Chunk(byte[] data, int readers)
    {
        public readonly byte[] Data = data;
        public int Readers = readers;
    }

    sealed class Inlet(int index, int fd, bool terminal)
    {
        public readonly Queue<Chunk> Waiting = new();
        public readonly int Index = index;
        public readonly bool Terminal = terminal;
        public int Fd = fd, Written;
        public bool Watched, End;
    }

    public void Attach(int taskIndex, int fd, bool terminal) => _inlets[taskIndex] = new Inlet(taskIndex, fd, terminal);

    /// <summary>All pipes are attached that there will be.</summary>
    public void Open()
    {
        if (_open)
            return;
        _open = true;
        foreach (var input in _early)
        {
            _queued -= input.Data.Length;
            Add(input);
        }
        _early.Clear();
    }

    public void Add(StepInput input)
    {
        // More than the window allows comes only from a client that does not keep to the protocol; it loses its input, nobody else is harmed.
        if (_queued + input.Data.Length > QueuedBytesMax)
            return;
        if (!_open)
        {
            _queued += input.Data.Length;
            _early.Add(input);
            return;
        }
        List<Inlet> to = [.. _inlets.Values.Where(i => i.Fd >= 0 && !i.End && (!input.HasTask || taskIds[i.Index] == input.Task))];
        if (input.Data.Length > 0)
        {
            var chunk = new Chunk(input.Data.ToByteArray(), to.Count);
            _queued += chunk.Data.Length;
            if (to.Count == 0)
                Took(chunk);
            foreach (var inlet in to)
                inlet.Waiting.Enqueue(chunk);
        }
        foreach (var inlet in to)
        {
            inlet.End |= input.End;
            Pump(inlet);
        }
    }

    /// <summary>The tasks are over: nobody reads any more.</summary>
    public void Close()
    {
        foreach (var inlet in _inlets.Values)
            Drop(inlet);
        _early.Clear();
        _open = true;
    }

    /// <summary>The agent stops; the shepherd keeps its own copies.</summary>
    public void Detach()
    {
        foreach (var inlet in _inlets.Values)
            if (inlet.Fd >= 0)
                Posix.Close(inlet.Fd);
        _inlets.Clear();
    }

    unsafe void Pump(Inlet inlet)
    {
        while (inlet.Fd >= 0 && inlet.Waiting.TryPeek(out var chunk))
        {
            nint n;
            fixed (byte* at = chunk.Data)
                n = Posix.Write(inlet.Fd, at + inlet.Written, (nuint)(chunk.Data.Length - inlet.Written));
            if (n < 0 && Posix.LastErrno is Posix.EAGAIN or Posix.EINTR)
            {
                Watch(inlet, true);
                return;
            }
            if (n < 0)
            {
                Drop(inlet);
                return;
            }
            inlet.Written += (int)n;
            if (inlet.Written < chunk.Data.Length)
                continue;
            inlet.Waiting.Dequeue();
            inlet.Written = 0;
            if (--chunk.Readers == 0)
                Took(chunk);
        }
        Watch(inlet, false);
        if (inlet is { Fd: >= 0, End: true })
            Finish(inlet);
    }

    unsafe void Finish(Inlet inlet)
    {
        var end = EndOfTransmission;
        if (inlet.Terminal)
            Posix.Write(inlet.Fd, &end, 1);
        else
            closeInput((uint)inlet.Index);
        Posix.Close(inlet.Fd);
        inlet.Fd = -1;
    }

    void Drop(Inlet inlet)
    {
        Watch(inlet, false);
        if (inlet.Fd >= 0)
            Posix.Close(inlet.Fd);
        inlet.Fd = -1;
        while (inlet.Waiting.TryDequeue(out var chunk))
            if (--chunk.Readers == 0)
                Took(chunk);
    }

    void Watch(Inlet inlet, bool on)
    {
        if (inlet.Watched == on || inlet.Fd < 0)
            return;
        inlet.Watched = on;
        if (on)
            reactor.Watch(inlet.Fd, Posix.EPOLLOUT, _ => Pump(inlet));
        else
            reactor.Forget(inlet.Fd);
    }

    void Took(Chunk chunk)
    {
        _queued -= chunk.Data.Length;
        send(new ToServer { InputTaken = new StepInputTaken { Key = id.ToKey(), Bytes = (ulong)chunk.Data.Length } });
    }
}
