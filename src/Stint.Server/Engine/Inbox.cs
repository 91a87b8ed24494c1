using System.Threading.Channels;

namespace Stint.Server.Engine;

/// <summary>
/// The way to the engine: bounded, many writers, one reader thread. Writers of the API are refused when it is full;
/// agents' sessions wait, which slows their links down.
/// </summary>
internal sealed class Inbox(int capacity) : IDisposable
{
    private readonly Channel<Work> channel = Channel.CreateBounded<Work>(
        new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait, AllowSynchronousContinuations = false });
    // It sleeps at once: spinning would take the core that the next work comes from.
    private readonly ManualResetEventSlim wake = new(initialState: false, spinCount: 0);

    public bool TryPost(Work work)
    {
        if (!channel.Writer.TryWrite(work)) return false;
        wake.Set();
        return true;
    }

    public async ValueTask PostAsync(Work work, CancellationToken cancellation)
    {
        await channel.Writer.WriteAsync(work, cancellation);
        wake.Set();
    }

    /// <summary>Nothing more is taken; what is inside is still read.</summary>
    public void Complete()
    {
        channel.Writer.TryComplete();
        wake.Set();
    }

    public void Wake() => wake.Set();

    public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Work? work) => channel.Reader.TryRead(out work);

    /// <summary>True once <see cref="Complete"/> was called and everything was taken.</summary>
    public bool IsOver => channel.Reader.Completion.IsCompleted;

    /// <summary>Blocks the engine's thread until there may be work, or the time is over.</summary>
    public void Wait(TimeSpan timeout)
    {
        // Reset before looking: a writer that comes between sets it again, so nothing is slept through.
        wake.Reset();
        if (channel.Reader.TryPeek(out _) || IsOver) return;
        wake.Wait(timeout);
    }

    public void Dispose() => wake.Dispose();
}
