namespace Stint.Agent.Launch;

/// <summary>
/// A few threads for what blocks for a millisecond: kernel files, directories, spawning. What is done there posts its result back to the reactor.
/// A thread without work sleeps at once (the framework's own queues yield for a while first, which costs as much as a step).
/// </summary>
internal sealed class WorkQueue : IWorkQueue, IDisposable
{
    readonly object _gate = new();
    readonly Queue<Action> _work = new();
    readonly Thread[] _threads;
    bool _closed;

    public WorkQueue(string name, int threads, Action<Exception> onFault)
    {
        _threads = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(() => Run(onFault)) { IsBackground = true, Name = name };
            _threads[i].Start();
        }
    }

    /// <summary>After <see cref="Dispose"/> nothing is taken any more: the spool remembers what was not begun.</summary>
    public void Add(Action work)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _work.Enqueue(work);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Nothing new is begun; what is under way ends.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            _work.Clear();
            Monitor.PulseAll(_gate);
        }
        foreach (var thread in _threads)
            thread.Join();
    }

    void Run(Action<Exception> onFault)
    {
        while (Next() is { } work)
        {
            try
            {
                work();
            }
            catch (Exception fault)
            {
                onFault(fault);
            }
        }
    }

    /// <summary>Null when the queue is closed.</summary>
    Action? Next()
    {
        lock (_gate)
        {
            while (_work.Count == 0 && !_closed)
                Monitor.Wait(_gate);
            return _closed ? null : _work.Dequeue();
        }
    }
}
