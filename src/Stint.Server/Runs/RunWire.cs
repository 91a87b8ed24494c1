using System.Buffers;
using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using Stint.Core;
using Stint.Protocol.Api;
using Stint.Server.Features;

namespace Stint.Server.Runs;

/// <summary>The client's WebSocket: frames in and out. One reader, one writer; the queue out is bounded by the output window.</summary>
internal sealed class RunWire(WebSocket socket)
{
    public const int FrameMaxBytes = 16 << 20, ClientFrameMaxBytes = 1 << 20;
    private readonly Channel<(RunEvent? Event, byte[]? Output)> outgoing = Channel.CreateUnbounded<(RunEvent?, byte[]?)>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ArrayBufferWriter<byte> buffer = new(4096);

    public void Send(RunEvent happened) => outgoing.Writer.TryWrite((happened, null));

    public void SendOutput(uint task, bool isError, ReadOnlySpan<byte> data)
    {
        var frame = new byte[5 + data.Length];
        frame[0] = isError ? RunFrames.StdErr : RunFrames.StdOut;
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(1), task);
        data.CopyTo(frame.AsSpan(5));
        outgoing.Writer.TryWrite((null, frame));
    }

    /// <summary>Nothing follows; the writer then closes the socket.</summary>
    public void Finish() => outgoing.Writer.TryComplete();

    /// <summary>The writing loop; completes after <see cref="Finish"/> or when the client is gone.</summary>
    public Task Written { get; private set; } = Task.CompletedTask;

    public void StartWriting(CancellationToken cancellation) => Written = WriteAsync(cancellation);

    private async Task WriteAsync(CancellationToken cancellation)
    {
        try
        {
            while (await outgoing.Reader.WaitToReadAsync(cancellation))
            {
                while (outgoing.Reader.TryRead(out var next))
                {
                    if (next.Output is { } output) await socket.SendAsync(output.AsMemory(), WebSocketMessageType.Binary, endOfMessage: true, cancellation);
                    else await socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(next.Event!, ApiJson.Default.RunEvent).AsMemory(), WebSocketMessageType.Text, endOfMessage: true, cancellation);
                }
            }
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", cancellation);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            outgoing.Writer.TryComplete();
        }
    }

    /// <summary>The first frame; null: gone or not one (then a sentence).</summary>
    public async Task<(RunRequest? Request, Refusal? Refusal)> ReadRequestAsync(CancellationToken cancellation)
    {
        var (type, error) = await ReadFrameAsync(FrameMaxBytes, cancellation);
        if (error is not null || type is null) return (null, error);
        return type == WebSocketMessageType.Text
            ? Body.Parse(new ReadOnlySequence<byte>(buffer.WrittenMemory), Wire.Strict.RunRequest)
            : (null, new Refusal(RefusalCodes.InvalidRequest, "the first frame must be the request (text)"));
    }

    /// <summary>The next signal of the client; <see cref="RunSignal.ClientGone"/> at the end or when it breaks the protocol.</summary>
    public async Task<RunSignal> ReadAsync(CancellationToken cancellation)
    {
        var (type, error) = await ReadFrameAsync(ClientFrameMaxBytes, cancellation);
        if (error is not null || type is null) return new RunSignal.ClientGone();
        if (type == WebSocketMessageType.Text)
        {
            var (order, refusal) = Body.Parse(new ReadOnlySequence<byte>(buffer.WrittenMemory), Wire.Strict.RunControl);
            return refusal is null ? new RunSignal.Control(order!) : new RunSignal.ClientGone();
        }
        var frame = buffer.WrittenSpan;
        return frame.Length > 0 && frame[0] == RunFrames.StdIn ? new RunSignal.Input(frame[1..].ToArray()) : new RunSignal.ClientGone();
    }

    private async Task<(WebSocketMessageType? Type, Refusal? Error)> ReadFrameAsync(int maxBytes, CancellationToken cancellation)
    {
        if (buffer.Capacity > 1 << 20) buffer.Clear();
        buffer.ResetWrittenCount();
        try
        {
            while (true)
            {
                var read = await socket.ReceiveAsync(buffer.GetMemory(4096), cancellation);
                if (read.MessageType == WebSocketMessageType.Close) return (null, null);
                buffer.Advance(read.Count);
                if (buffer.WrittenCount > maxBytes) return (null, new Refusal("too_large", $"a frame has more than {maxBytes} bytes"));
                if (read.EndOfMessage) return (read.MessageType, null);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            return (null, null);
        }
    }
}
