using Stint.Agent.Launch;
using Stint.Simulation.Faults.Clockwork;

namespace Stint.Simulation.Faults.Nodes;

/// <summary>The reactor's thread of one life of the agent.</summary>
internal sealed class SimulatedReactor(SimulatedProcess process, Action<Exception> onFault) : IReactor
{
    private readonly Dictionary<int, Action<uint>> watched = [];

    public void Post(Action action) => process.Post(static s => ((Action)s!)(), () => Guarded(action));
    public void After(TimeSpan delay, Action action) => process.After((long)delay.TotalMicroseconds, () => Guarded(action));
    public void Watch(int fd, uint events, Action<uint> ready)
    {
        watched[fd] = ready;
        Readable(fd);
    }

    public void Forget(int fd) => watched.Remove(fd);

    public void Readable(int fd) => Post(() =>
    {
        if (watched.TryGetValue(fd, out var ready)) ready(1);
    });

    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (Exception fault) when (fault is not (ProcessDied or BrokenPromise))
        {
            onFault(fault);
        }
    }
}

/// <summary>Threads for what blocks: each piece takes its time, and later ones may overtake.</summary>
internal sealed class SimulatedWorkQueue(SimulatedProcess process, Func<long> durationUs, Action<Exception> onFault) : IWorkQueue
{
    public void Add(Action work) => process.After(durationUs(), () =>
    {
        try
        {
            work();
        }
        catch (Exception fault) when (fault is not (ProcessDied or BrokenPromise))
        {
            onFault(fault);
        }
    });
}
