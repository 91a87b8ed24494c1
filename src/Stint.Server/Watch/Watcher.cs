using System.Threading.Channels;
using Stint.Protocol.Api;

namespace Stint.Server.Watch;

/// <summary>One subscriber: a bounded queue. When it is full the queue ends, and <see cref="WasReset"/> says why.</summary>
internal sealed class Watcher
{
    public const int QueueMax = 16_384;
    private readonly Channel<ChangeEvent> queue = Channel.CreateBounded<ChangeEvent>(new BoundedChannelOptions(QueueMax) { SingleReader = true, SingleWriter = true });

    public ChannelReader<ChangeEvent> Changes => queue.Reader;
    public bool WasReset { get; private set; }

    /// <summary>False: it did not keep up and gets nothing more.</summary>
    public bool Offer(ChangeEvent change)
    {
        if (WasReset) return false;
        if (queue.Writer.TryWrite(change)) return true;
        MarkReset();
        return false;
    }

    public void MarkReset()
    {
        WasReset = true;
        queue.Writer.TryComplete();
    }
}
