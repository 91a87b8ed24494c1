using System.Collections.Concurrent;
using System.Diagnostics;

namespace Stint.Agent.Launch;

/// <summary>
/// One thread, one epoll: every descriptor of every step, everything posted from elsewhere, and a few timers. What runs on it never blocks.
/// Whoever is called back owns its state alone, because there is no second caller.
/// </summary>
internal sealed unsafe class Reactor : IReactor, IDisposable
{
    readonly int _epoll = Posix.EpollCreate(Posix.O_CLOEXEC);
    readonly int _wake = Posix.EventFd(0, Posix.O_CLOEXEC | Posix.SOCK_NONBLOCK);
    readonly ConcurrentQueue<Action> _posted = new();
    readonly Dictionary<int, Action<uint>> _watched = [];
    readonly PriorityQueue<Action, long> _timers = new();
    readonly Action<Exception> _onFault;
    readonly Thread _thread;
    int _woken;
    volatile bool _stopping;

    public Reactor(string name, Action<Exception> onFault)
    {
        _onFault = onFault;
        Control(Posix.EPOLL_CTL_ADD, _wake, Posix.EPOLLIN);
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    public void Post(Action action)
    {
        if (_stopping)
            return;
        _posted.Enqueue(action);
        if (Interlocked.Exchange(ref _woken, 1) == 0)
            Wake();
    }

    public void After(TimeSpan delay, Action action) => _timers.Enqueue(action, Stopwatch.GetTimestamp() + (long)(delay.TotalSeconds * Stopwatch.Frequency));

    public void Watch(int fd, uint events, Action<uint> ready)
    {
        _watched[fd] = ready;
        Control(Posix.EPOLL_CTL_ADD, fd, events);
    }

    public void Forget(int fd)
    {
        if (_watched.Remove(fd))
            Control(Posix.EPOLL_CTL_DEL, fd, 0);
    }

    public void Dispose()
    {
        _stopping = true;
        Wake();
        if (Thread.CurrentThread != _thread)
            _thread.Join();
        Posix.Close(_epoll);
        Posix.Close(_wake);
    }

    void Control(int operation, int fd, uint events)
    {
        var change = new Posix.EpollEvent { Events = events, Data = fd };
        Posix.EpollControl(_epoll, operation, fd, &change);
    }

    void Run()
    {
        const int Batch = 64;
        var events = stackalloc Posix.EpollEvent[Batch];
        while (!_stopping)
        {
            var count = Posix.EpollWait(_epoll, events, Batch, TimeoutMs());
            for (var i = 0; i < count && !_stopping; i++)
            {
                var (fd, what) = ((int)events[i].Data, events[i].Events);
                if (fd == _wake)
                    Woken();
                else if (_watched.TryGetValue(fd, out var ready))
                    Guarded(() => ready(what));
            }
            while (!_stopping && _posted.TryDequeue(out var action))
                Guarded(action);
            while (!_stopping && _timers.TryPeek(out var action, out var at) && at <= Stopwatch.GetTimestamp())
            {
                _timers.Dequeue();
                Guarded(action);
            }
        }
    }

    void Wake()
    {
        var one = 1L;
        Posix.Write(_wake, &one, 8);
    }

    void Woken()
    {
        long ignored;
        Posix.Read(_wake, &ignored, 8);
        Volatile.Write(ref _woken, 0);
    }

    int TimeoutMs()
    {
        if (!_posted.IsEmpty)
            return 0;
        if (!_timers.TryPeek(out _, out var at))
            return -1;
        return (int)Math.Clamp((at - Stopwatch.GetTimestamp()) * 1000 / Stopwatch.Frequency + 1, 0, 60_000);
    }

    void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (Exception fault)
        {
            _onFault(fault);
        }
    }
}
