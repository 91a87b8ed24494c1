using System.Buffers;
using System.Net.WebSockets;
using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Stint.Agent.Hardware;
using Stint.Agent.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Session;

/// <summary>
/// The one connection of this node: outbound WebSocket over TLS in both directions authenticated, kept up for ever. A link that is down, slow or
/// talks nonsense disturbs no running step: it is dropped and made again, and what the server has not acknowledged is sent again.
/// </summary>
internal sealed partial class Link(
    IServerDial server, string node, string cluster, Machine machine, IStepHost host, Outbox outbox, TimeProvider time, Func<double> random, Func<Heartbeat> vitals, ILogger log) : IDisposable
{
    private const int HeartbeatSecondsMin = 1, HeartbeatSecondsMax = 600;
    private static readonly TimeSpan HandshakeDeadline = TimeSpan.FromSeconds(15);

    private readonly LaunchVerifier _verifier = new(node, cluster, time);
    private readonly Backoff _backoff = new(random);
    private readonly long _startMs = time.GetUtcNow().ToUnixTimeMilliseconds();

    public Link(ServerAddress server, NodeIdentity identity, Machine machine, IStepHost host, Outbox outbox, TimeProvider time, ILogger log)
        : this(new ServerDial(server, identity), identity.Node, identity.Cluster, machine, host, outbox, time, Random.Shared.NextDouble, Vitals, log)
    {
    }

    /// <summary>Who takes orders that are not the step host's; false: not that one either.</summary>
    public Func<ToAgent, bool>? Others { get; init; }

    /// <summary>What users' jobs use now, for heartbeats; null: nothing is told of it.</summary>
    public Func<IReadOnlyList<UserUse>>? Users { get; init; }

    /// <summary>Returns only by <see cref="FencedException"/> or cancellation.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await SessionAsync(attempt, cancellation);
                Log.Ended(log, server.Address);
            }
            catch (Exception e) when (e is WebSocketException or HttpRequestException or IOException or ProtocolException or CryptographicException
                || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                Log.Failed(log, server.Address, Innermost(e).Message);
            }
            finally
            {
                outbox.Close();
            }
            await Task.Delay(_backoff.Next(), time, cancellation);
        }
    }

    private async Task SessionAsync(int attempt, CancellationToken cancellation)
    {
        using var session = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var frame = new FrameBuffer();
        using var deadline = new CancellationTokenSource(HandshakeDeadline, time);
        using var handshake = CancellationTokenSource.CreateLinkedTokenSource(session.Token, deadline.Token);
        using var socket = await server.DialAsync(attempt, handshake.Token);
        var heartbeat = await GreetAsync(socket, frame, handshake.Token);
        _backoff.Reset();
        Log.Connected(log, server.Address, cluster);
        outbox.Open(host);
        var orders = new Orders(host, _verifier, outbox, time, log, Others);
        var tasks = new[] { ReadAsync(socket, frame, orders, session.Token), WriteAsync(socket, session.Token), BeatAsync(heartbeat, session.Token) };
        var first = await Task.WhenAny(tasks);
        End(session, socket);
        await Task.WhenAll(tasks).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await first;
    }

    /// <summary>Not CancelAsync: what hears of it only ends, and a simulation has no thread but its own.</summary>
    private static void End(CancellationTokenSource session, WebSocket socket)
    {
        session.Cancel();
        socket.Abort();
    }

    /// <summary>Says Hello, waits for Welcome; the interval of heartbeats.</summary>
    private async Task<TimeSpan> GreetAsync(WebSocket socket, FrameBuffer frame, CancellationToken cancellation)
    {
        await SendAsync(socket, new ArrayBufferWriter<byte>(4096), Hello(), cancellation);
        var answer = await ReadMessageAsync(socket, frame, cancellation) ?? throw new ProtocolException("the server closed the link before Welcome");
        if (answer.BodyCase == ToAgent.BodyOneofCase.Fenced) throw new FencedException(answer.Fenced.Why);
        if (answer.BodyCase != ToAgent.BodyOneofCase.Welcome) throw new ProtocolException($"the server's first message is {answer.BodyCase}, not Welcome");
        if (answer.Welcome.Cluster != cluster) throw new ProtocolException($"this is cluster '{answer.Welcome.Cluster}', the node joined '{cluster}'");
        _verifier.Trust(answer.Welcome.SigningKey.Span);
        return TimeSpan.FromSeconds(Math.Clamp(answer.Welcome.HeartbeatS, HeartbeatSecondsMin, HeartbeatSecondsMax));
    }

    private ToServer Hello()
    {
        var hello = new Hello
        {
            Node = node, Cluster = cluster, Version = AgentVersion.Text, Hardware = machine.Report, Hostname = machine.Hostname, Os = machine.Os,
            BootMs = machine.BootMs, AgentStartMs = _startMs, NowMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        hello.Holdings.AddRange(host.Holdings);
        return new ToServer { Hello = hello };
    }

    private static async Task ReadAsync(WebSocket socket, FrameBuffer frame, Orders orders, CancellationToken cancellation)
    {
        while (await ReadMessageAsync(socket, frame, cancellation) is { } message)
        {
            if (message.BodyCase == ToAgent.BodyOneofCase.Fenced) throw new FencedException(message.Fenced.Why);
            orders.Take(message);
        }
    }

    /// <summary>Null when the server closed the link.</summary>
    private static async Task<ToAgent?> ReadMessageAsync(WebSocket socket, FrameBuffer frame, CancellationToken cancellation)
    {
        while (true)
        {
            var read = await socket.ReceiveAsync(frame.Free, cancellation);
            if (read.MessageType == WebSocketMessageType.Close) return null;
            if (read.MessageType != WebSocketMessageType.Binary) throw new ProtocolException("a text frame");
            if (!frame.Advance(read.Count)) throw new ProtocolException($"a frame over {Frames.BytesMax} bytes");
            if (!read.EndOfMessage) continue;
            if (!Frames.TryRead(frame.Filled, out var message, out var why)) throw new ProtocolException(why);
            frame.Clear();
            return message;
        }
    }

    private async Task WriteAsync(WebSocket socket, CancellationToken cancellation)
    {
        var buffer = new ArrayBufferWriter<byte>(16 << 10);
        while (await outbox.Queue.WaitToReadAsync(cancellation))
        {
            while (outbox.Queue.TryRead(out var message)) await SendAsync(socket, buffer, message, cancellation);
        }
    }

    private static async Task SendAsync(WebSocket socket, ArrayBufferWriter<byte> buffer, ToServer message, CancellationToken cancellation)
    {
        buffer.ResetWrittenCount();
        message.WriteTo(buffer);
        await socket.SendAsync(buffer.WrittenMemory, WebSocketMessageType.Binary, endOfMessage: true, cancellation);
    }

    private async Task BeatAsync(TimeSpan every, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(every, time);
        do
        {
            var beat = vitals();
            beat.Users.AddRange(Users?.Invoke() ?? []);
            outbox.Send(new ToServer { Heartbeat = beat });
        }
        while (await timer.WaitForNextTickAsync(cancellation));
    }

    public void Dispose() => _verifier.Dispose();

    private static Heartbeat Vitals() => new() { Load1M = Hardware.OperatingSystem.Load(), MemoryFreeBytes = MemorySize.Free() };

    private static Exception Innermost(Exception e)
    {
        while (e.InnerException is { } inner) e = inner;
        return e;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 3001, Level = LogLevel.Information, Message = "connected to {Server}, cluster {Cluster}")]
        public static partial void Connected(ILogger log, string server, string cluster);

        [LoggerMessage(EventId = 3002, Level = LogLevel.Information, Message = "the server {Server} closed the link")]
        public static partial void Ended(ILogger log, string server);

        [LoggerMessage(EventId = 3003, Level = LogLevel.Warning, Message = "no link to {Server}: {Why}")]
        public static partial void Failed(ILogger log, string server, string why);
    }
}

/// <summary>The server sent something that is no part of the protocol; the link is made again.</summary>
internal sealed class ProtocolException(string message) : Exception(message);

/// <summary>The server ended this node's session for good, usually because another agent of the same name took its place.</summary>
internal sealed class FencedException(string why) : Exception(why);
