namespace Stint.Simulation.Faults.Clockwork;

/// <summary>
/// One life of one program. All its continuations run here, one after the other, so that asynchronous code is as deterministic as the rest.
/// A killed process simply never goes on: no finally, no farewell.
/// </summary>
internal sealed class SimulatedProcess(EventQueue queue, string name, Action<SimulatedProcess, Exception> onFault) : SynchronizationContext
{
    private readonly List<Action> atEnd = [];

    public string Name => name;
    public EventQueue Queue => queue;
    public bool Lives { get; private set; } = true;

    /// <summary>What the kernel does when the process is gone: descriptors closed, locks free.</summary>
    public void AtEnd(Action action) => atEnd.Add(action);

    public void Kill()
    {
        if (!Lives) return;
        Lives = false;
        foreach (var action in atEnd) action();
        atEnd.Clear();
    }

    /// <summary>Runs something as this process does. <see cref="ProcessDied"/> ends the process; anything else that comes out is a fault of the program.</summary>
    public void Run(Action action)
    {
        if (!Lives) return;
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            action();
        }
        catch (ProcessDied)
        {
            Kill();
        }
        catch (Exception fault) when (fault is not BrokenPromise)
        {
            onFault(this, fault);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    public void After(long delayUs, Action action) => queue.After(delayUs, () => Run(action));

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Lives) queue.Ready(this, d, state);
    }

    public override void Send(SendOrPostCallback d, object? state) => Run(() => d(state));
    public override SynchronizationContext CreateCopy() => this;
}

/// <summary>Thrown where a process is to die in the middle of an act; nothing of it runs afterwards.</summary>
internal sealed class ProcessDied : Exception;

/// <summary>What must hold does not: the run is over, and this says what and when.</summary>
internal sealed class BrokenPromise(string promise, string sentence) : Exception($"{promise}: {sentence}")
{
    /// <summary>Short and stable: shrinking keeps to it.</summary>
    public string Promise { get; } = promise;
}
