using System.Threading.Channels;

namespace Stint.Server.Engine;

/// <summary>
/// The way to the engine: bounded, many writers, one reader thread. Writers of the API are refused when it is full;
/// agents' sessions wait, which slows their links down.
/// </summary>
internal sealed class Inbox : IDisposable
{
    /// <summary>How long work that can wait does so, for want of other work to share its commit with.</summary>
    private const int PatienceMs = 50;
    private readonly Channel<Work> channel;
    // It sleeps at once: spinning would take the core that the next work comes from.
    private readonly ManualResetEventSlim wake = new(initialState: false, spinCount: 0);
    private readonly Timer patience;
    private int urgent, patient;

    public Inbox(int capacity)
    {
        channel = Channel.CreateBounded<Work>(
            new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait, AllowSynchronousContinuations = false });
        patience = new Timer(_ => Wake());
    }

    public bool TryPost(Work work)
    {
        if (!channel.Writer.TryWrite(work)) return false;
        Wake();
        return true;
    }

    public async ValueTask PostAsync(Work work, CancellationToken cancellation)
    {
        if (!channel.Writer.TryWrite(work)) await channel.Writer.WriteAsync(work, cancellation);
        if (!work.CanWait) Wake();
        else if (Interlocked.Exchange(ref patient, 1) == 0) patience.Change(PatienceMs, Timeout.Infinite);
    }

    /// <summary>Nothing more is taken; what is inside is still read.</summary>
    public void Complete()
    {
        channel.Writer.TryComplete();
        Wake();
    }

    public void Wake()
    {
        Volatile.Write(ref urgent, 1);
        wake.Set();
    }

    /// <summary>Before the inbox is emptied: whoever posts from here on is heard by the next <see cref="Wait"/>.</summary>
    public void BeginTaking()
    {
        Interlocked.Exchange(ref urgent, 0);
        Interlocked.Exchange(ref patient, 0);
    }

    public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Work? work) => channel.Reader.TryRead(out work);

    /// <summary>True once <see cref="Complete"/> was called and everything was taken.</summary>
    public bool IsOver => channel.Reader.Completion.IsCompleted;

    /// <summary>Blocks the engine's thread until there is work that does not wait, or the time is over.</summary>
    public void Wait(TimeSpan timeout)
    {
        // Reset before looking: a writer that comes between sets it again, so nothing is slept through.
        wake.Reset();
        if (Volatile.Read(ref urgent) != 0 || IsOver) return;
        wake.Wait(timeout);
    }

    public void Dispose()
    {
        patience.Dispose();
        wake.Dispose();
    }
}
