namespace Stint.Simulation.Faults.Clockwork;

/// <summary>
/// All of simulated time: what happens when, in one order that the seed alone decides. Times are microseconds since the beginning; processes see
/// them through their own clocks.
/// </summary>
internal sealed class EventQueue
{
    private readonly PriorityQueue<Happening, (long At, long Order)> later = new();
    private readonly Queue<(SimulatedProcess Process, SendOrPostCallback Callback, object? State)> ready = new();
    private readonly int thread = Environment.CurrentManagedThreadId;
    private long order;

    public long NowUs { get; private set; }
    /// <summary>Events carried out so far.</summary>
    public long Count { get; private set; }
    /// <summary>Called after every event: whoever polls does it here.</summary>
    public Action AfterEach { get; set; } = static () => { };

    /// <summary>The returned event can be called off.</summary>
    public Happening At(long atUs, Action action)
    {
        var happening = new Happening(action);
        later.Enqueue(happening, (Math.Max(atUs, NowUs), ++order));
        return happening;
    }

    public Happening After(long delayUs, Action action) => At(NowUs + Math.Max(0, delayUs), action);

    /// <summary>As soon as possible, in the process given, if it still lives.</summary>
    public void Ready(SimulatedProcess process, SendOrPostCallback callback, object? state)
    {
        if (Environment.CurrentManagedThreadId != thread) Foreign = $"{process.Name} was continued by another thread: {Environment.StackTrace}";
        else ready.Enqueue((process, callback, state));
    }

    /// <summary>A simulation has one thread. Not null: something in the programs has another, and this is who.</summary>
    public string? Foreign { get; private set; }

    /// <summary>Carries out everything up to then. May be called from within an event: that one then took so long.</summary>
    public void RunUntil(long untilUs)
    {
        while (true)
        {
            if (ready.TryDequeue(out var next))
            {
                next.Process.Run(() => next.Callback(next.State));
                Done();
            }
            else if (later.TryPeek(out _, out var priority) && priority.At <= untilUs)
            {
                var happening = later.Dequeue();
                if (happening.Action is not { } action) continue;
                NowUs = Math.Max(NowUs, priority.At);
                happening.CallOff();
                action();
                Done();
            }
            else
            {
                NowUs = Math.Max(NowUs, untilUs);
                return;
            }
        }
    }

    private void Done()
    {
        Count++;
        AfterEach();
    }
}

/// <summary>Something that will happen unless it is called off.</summary>
internal sealed class Happening(Action action)
{
    public Action? Action { get; private set; } = action;
    public void CallOff() => Action = null;
}
