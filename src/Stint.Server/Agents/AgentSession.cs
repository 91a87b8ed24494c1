using System.Buffers;
using System.Net.WebSockets;
using System.Threading.Channels;
using Google.Protobuf;
using Stint.Protocol.Agents;
using Stint.Server.Auth;

namespace Stint.Server.Agents;

/// <summary>
/// One agent's WebSocket: a reading loop, and a writing loop that drains a bounded queue. Sending never blocks: a link that cannot
/// keep up is closed, and after its reconnect everything due is derived from the state again.
/// </summary>
internal sealed partial class AgentSession(WebSocket socket, CorkedStream stream, string node, LaunchSigner signer, TimeProvider time, ILogger log)
{
    public const int FrameMaxBytes = 8 << 20;
    private const int QueueMax = 16_384;
    private static readonly TimeSpan FenceTimeout = TimeSpan.FromSeconds(2);
    private readonly Channel<Outgoing> outgoing = Channel.CreateBounded<Outgoing>(new BoundedChannelOptions(QueueMax) { SingleReader = true });
    private readonly CancellationTokenSource over = new(Timeout.InfiniteTimeSpan, time);

    /// <summary>From the certificate; every report of this session is about this node.</summary>
    public string Node { get; } = node;
    public CancellationToken Over => over.Token;
    public bool Fenced { get; private set; }
    public double Load { get; set; }
    public ulong MemoryFreeBytes { get; set; }
    public HardwareReport? Hardware { get; set; }
    /// <summary>What each user's jobs use there, as of the last heartbeat. Replaced whole.</summary>
    public IReadOnlyList<UserUse> Users { get; set; } = [];

    public void Send(ToAgent message) => Queue(new Outgoing(message, null));

    /// <summary>Signed by the writing loop just before it is sent: signing costs the engine nothing, and the expiry counts from then.</summary>
    public void Launch(LaunchSpec spec) => Queue(new Outgoing(null, spec));

    private void Queue(Outgoing next)
    {
        if (outgoing.Writer.TryWrite(next)) return;
        if (!over.IsCancellationRequested) Log.TooSlow(log, Node, QueueMax);
        End();
    }

    /// <summary>The last message of this session: nothing is read any more, and soon nothing is left of it.</summary>
    public void Fence(string why)
    {
        Fenced = true;
        over.CancelAfter(FenceTimeout);
        outgoing.Writer.TryWrite(new Outgoing(new ToAgent { Fenced = new Fenced { Why = why } }, null));
        outgoing.Writer.TryComplete();
    }

    public void End() => over.Cancel();

    public async Task WriteAsync()
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        try
        {
            while (await outgoing.Reader.WaitToReadAsync(over.Token))
            {
                stream.Cork();
                while (outgoing.Reader.TryRead(out var next))
                {
                    var message = next.Message ?? new ToAgent { Launch = signer.Sign(next.Spec!) };
                    buffer.ResetWrittenCount();
                    message.WriteTo(buffer);
                    await socket.SendAsync(buffer.WrittenMemory, WebSocketMessageType.Binary, endOfMessage: true, over.Token);
                    if (buffer.Capacity > 1 << 20) buffer = new ArrayBufferWriter<byte>(4096);
                }
                await stream.UncorkAsync(over.Token);
            }
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", over.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            End();
        }
    }

    /// <summary>The next message; null when the link is over or broke the protocol (then logged).</summary>
    public async Task<ToServer?> ReadAsync(FrameBuffer frame)
    {
        try
        {
            while (true)
            {
                var read = await socket.ReceiveAsync(frame.Free, over.Token);
                if (read.MessageType == WebSocketMessageType.Close) return null;
                if (read.MessageType != WebSocketMessageType.Binary) return Violation("a text frame");
                if (!frame.Advance(read.Count)) return Violation($"a frame over {FrameMaxBytes} bytes");
                if (!read.EndOfMessage) continue;
                var message = ToServer.Parser.ParseFrom(frame.Message);
                frame.Clear();
                return message;
            }
        }
        catch (InvalidProtocolBufferException e)
        {
            return Violation(e.Message);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            return null;
        }
    }

    private ToServer? Violation(string what)
    {
        Log.Violation(log, Node, what);
        return null;
    }

    private readonly record struct Outgoing(ToAgent? Message, LaunchSpec? Spec);

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Warning, "Node {Node} sent {What}; its link is closed")]
        public static partial void Violation(ILogger logger, string node, string what);
        [LoggerMessage(2002, LogLevel.Warning, "Node {Node} does not read: {Queued} messages wait; its link is closed")]
        public static partial void TooSlow(ILogger logger, string node, int queued);
    }
}
