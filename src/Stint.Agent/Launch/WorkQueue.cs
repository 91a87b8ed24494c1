using System.Collections.Concurrent;

namespace Stint.Agent.Launch;

/// <summary>A few threads for what blocks for a millisecond: kernel files, directories, spawning. What is done there posts its result back to the reactor.</summary>
internal sealed class WorkQueue : IDisposable
{
    readonly BlockingCollection<Action> _work = [];
    readonly Thread[] _threads;

    public WorkQueue(string name, int threads, Action<Exception> onFault)
    {
        _threads = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(() => Run(onFault)) { IsBackground = true, Name = name };
            _threads[i].Start();
        }
    }

    public void Add(Action work)
    {
        try
        {
            _work.Add(work);
        }
        catch (InvalidOperationException)
        {
            // The agent stops at this moment; the spool remembers what was not begun.
        }
    }

    /// <summary>Nothing new is begun; what is under way ends.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        while (_work.TryTake(out _)) { }
        foreach (var thread in _threads)
            thread.Join();
        _work.Dispose();
    }

    void Run(Action<Exception> onFault)
    {
        foreach (var work in _work.GetConsumingEnumerable())
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
}
