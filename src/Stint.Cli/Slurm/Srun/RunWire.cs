using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text.Json;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Srun;

/// <summary>What came from the server: an event, output of a task, or (both empty) the end.</summary>
internal readonly record struct RunFrame(RunEvent? Event, byte Stream, uint Task, ReadOnlyMemory<byte> Output)
{
    public bool IsEnd => Event is null && Stream == 0;
}

/// <summary>Frames of a run over its WebSocket; one frame at a time in each direction.</summary>
internal sealed class RunWire(WebSocket socket) : IDisposable
{
    private const int MaxFrame = 16 << 20;
    private readonly SemaphoreSlim _turn = new(1);
    private byte[] _buffer = new byte[64 * 1024];

    public Task SendAsync(RunRequest request, CancellationToken cancellation) =>
        SendAsync(JsonSerializer.SerializeToUtf8Bytes(request, ApiJson.Default.RunRequest), WebSocketMessageType.Text, cancellation);

    public Task SendAsync(RunControl control, CancellationToken cancellation) =>
        SendAsync(JsonSerializer.SerializeToUtf8Bytes(control, ApiJson.Default.RunControl), WebSocketMessageType.Text, cancellation);

    /// <param name="frame">Begins with <see cref="RunFrames.StdIn"/>.</param>
    public Task SendInputAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellation) => SendAsync(frame, WebSocketMessageType.Binary, cancellation);

    private async Task SendAsync(ReadOnlyMemory<byte> frame, WebSocketMessageType type, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            await socket.SendAsync(frame, type, endOfMessage: true, cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The next frame; its bytes are good until the next call.</summary>
    public async Task<RunFrame> ReceiveAsync(CancellationToken cancellation)
    {
        int length = 0;
        while (true)
        {
            if (length == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
            var part = await socket.ReceiveAsync(_buffer.AsMemory(length), cancellation);
            if (part.MessageType == WebSocketMessageType.Close) return default;
            length += part.Count;
            if (length > MaxFrame) throw new WebSocketException($"a frame is over {MaxFrame} bytes");
            if (!part.EndOfMessage) continue;
            return part.MessageType == WebSocketMessageType.Text ? Event(length) : Output(length);
        }
    }

    private RunFrame Event(int length)
    {
        try
        {
            var happened = JsonSerializer.Deserialize(_buffer.AsSpan(0, length), ApiJson.Default.RunEvent);
            return new RunFrame(happened ?? throw new WebSocketException("an event is null"), 0, 0, default);
        }
        catch (JsonException e)
        {
            throw new WebSocketException($"an event is not what this version expects: {e.Message}", e);
        }
    }

    private RunFrame Output(int length)
    {
        if (length < 5 || _buffer[0] is not (RunFrames.StdOut or RunFrames.StdErr)) throw new WebSocketException("an output frame is malformed");
        return new RunFrame(null, _buffer[0], BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(1)), _buffer.AsMemory(5, length - 5));
    }

    public void Dispose()
    {
        socket.Dispose();
        _turn.Dispose();
    }
}
