using Google.Protobuf;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>
/// Output of a step's pipes and terminals towards its client. At most <see cref="WindowBytes"/> are on their way; what was not taken stays
/// in the pipes and holds the job back. Owned by the reactor's thread.
/// </summary>
internal sealed class StepStreams(StepId id, IReactor reactor, IReadOnlyList<uint> taskIds, Action<ToServer> send)
{
    public const int WindowBytes = 256 << 10;
    const int ReadBytes = 32 << 10;
    [ThreadStatic] static byte[]? _buffer;
    readonly List<Outlet> _outlets = [];
    int _window = WindowBytes;
    Action? _drained;

    sealed class Outlet
    {
        public int Fd;
        public uint Task;
        public bool IsError, Watched, Ended, EndTold;
    }

    /// <summary>Counts bytes, to see whether anybody still takes output.</summary>
    public long Progress { get; private set; }

    public void Attach(int taskIndex, int stream, int fd)
    {
        var outlet = new Outlet { Fd = fd, Task = taskIds[taskIndex], IsError = stream == 2 };
        _outlets.Add(outlet);
        Watch(outlet);
    }

    public void Taken(ulong bytes)
    {
        _window = (int)Math.Min(WindowBytes, (ulong)_window + Math.Min(bytes, WindowBytes));
        Progress++;
        Pump();
    }

    /// <summary>All writers are dead: what is in the pipes now is all. <paramref name="drained"/> is called once it was sent.</summary>
    public void Drain(Action drained)
    {
        _drained = drained;
        Pump();
    }

    public void Abandon()
    {
        foreach (var outlet in _outlets)
            End(outlet);
        _drained = null;
    }

    /// <summary>What was left in a file by a shepherd that had no agent; goes out whatever the window says, for it is at most a pipe's content.</summary>
    public void AddResidue(int taskIndex, int stream, byte[] bytes)
    {
        var outlet = new Outlet { Fd = -1, Task = taskIds[taskIndex], IsError = stream == 2, Ended = true };
        _outlets.Add(outlet);
        for (var at = 0; at < bytes.Length; at += ReadBytes)
            Tell(outlet, bytes.AsSpan(at, Math.Min(ReadBytes, bytes.Length - at)));
    }

    /// <summary>A line of the node's own on the first task's error stream, if its client has that stream.</summary>
    public void Say(string line)
    {
        var outlet = _outlets.Find(o => o.Task == taskIds[0] && o.IsError) ?? _outlets.Find(o => o.Task == taskIds[0]);
        if (outlet is { EndTold: false } && line.Length > 0)
            Tell(outlet, System.Text.Encoding.UTF8.GetBytes(line));
    }

    /// <summary>Ends whatever was not ended yet. The first task's error stream is always still open here, so that <see cref="Say"/> can come before.</summary>
    public void Close()
    {
        foreach (var outlet in _outlets)
        {
            End(outlet);
            TellEnd(outlet);
        }
    }

    /// <summary>Without a word to the client: the agent stops, the shepherd keeps its own copies.</summary>
    public void Detach()
    {
        foreach (var outlet in _outlets)
            if (outlet.Fd >= 0)
                Posix.Close(outlet.Fd);
        _outlets.Clear();
    }

    void Pump()
    {
        foreach (var outlet in _outlets)
            if (!outlet.Ended && _window > 0)
            {
                if (_drained is null)
                    Watch(outlet);
                else
                    while (!outlet.Ended && _window > 0)
                        ReadOnce(outlet);
            }
        if (_drained is { } drained && _outlets.TrueForAll(o => o.Ended))
        {
            _drained = null;
            drained();
        }
    }

    void Watch(Outlet outlet)
    {
        if (outlet.Watched || outlet.Ended)
            return;
        outlet.Watched = true;
        reactor.Watch(outlet.Fd, Posix.EPOLLIN, _ => ReadOnce(outlet));
    }

    unsafe void ReadOnce(Outlet outlet)
    {
        if (outlet.Ended)
            return;
        if (_window <= 0)
        {
            Pause();
            return;
        }
        var buffer = _buffer ??= new byte[ReadBytes];
        nint n;
        fixed (byte* at = buffer)
            n = Posix.Read(outlet.Fd, at, (nuint)Math.Min(ReadBytes, _window));
        if (n > 0)
        {
            _window -= (int)n;
            Tell(outlet, buffer.AsSpan(0, (int)n));
            if (_window <= 0)
                Pause();
        }
        else if (n == 0 || Posix.LastErrno is not (Posix.EAGAIN or Posix.EINTR) || _drained is not null)
        {
            End(outlet);
            if (outlet.Task != taskIds[0] || !(outlet.IsError || _outlets.TrueForAll(o => !o.IsError)))
                TellEnd(outlet);
        }
    }

    void Pause()
    {
        foreach (var outlet in _outlets)
            if (outlet.Watched)
            {
                outlet.Watched = false;
                reactor.Forget(outlet.Fd);
            }
    }

    void End(Outlet outlet)
    {
        if (outlet.Watched)
            reactor.Forget(outlet.Fd);
        if (outlet.Fd >= 0)
            Posix.Close(outlet.Fd);
        (outlet.Fd, outlet.Watched, outlet.Ended) = (-1, false, true);
    }

    void Tell(Outlet outlet, ReadOnlySpan<byte> bytes)
    {
        Progress += bytes.Length;
        send(new ToServer { Output = new StepOutput { Key = id.ToKey(), Task = outlet.Task, IsError = outlet.IsError, Data = ByteString.CopyFrom(bytes) } });
    }

    void TellEnd(Outlet outlet)
    {
        if (!outlet.EndTold)
            send(new ToServer { Output = new StepOutput { Key = id.ToKey(), Task = outlet.Task, IsError = outlet.IsError, End = true } });
        outlet.EndTold = true;
    }
}
