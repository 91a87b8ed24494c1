using System.Buffers;

namespace Stint.Server.Agents;

/// <summary>
/// Under a WebSocket: holds back what is written between <see cref="Cork"/> and <see cref="UncorkAsync"/>, so that the frames of one
/// batch travel as one TLS record and one packet, and wake the other end once. Uncorked it passes everything on.
/// </summary>
internal sealed class CorkedStream(Stream inner) : Stream
{
    private const int HeldMaxBytes = 64 << 10;
    // The socket's own pings come from a timer, beside the session's writer.
    private readonly SemaphoreSlim gate = new(1);
    private readonly ArrayBufferWriter<byte> held = new(4096);
    private bool corked;

    public void Cork() => Volatile.Write(ref corked, true);

    public async ValueTask UncorkAsync(CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation);
        try
        {
            Volatile.Write(ref corked, false);
            await PassAsync(cancellation);
        }
        finally
        {
            gate.Release();
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            held.Write(buffer.Span);
            if (!Volatile.Read(ref corked) || held.WrittenCount >= HeldMaxBytes) await PassAsync(cancellationToken);
        }
        finally
        {
            gate.Release();
        }
    }

    private async ValueTask PassAsync(CancellationToken cancellation)
    {
        if (held.WrittenCount == 0) return;
        await inner.WriteAsync(held.WrittenMemory, cancellation);
        held.ResetWrittenCount();
        await inner.FlushAsync(cancellation);
    }

    /// <summary>Whatever is to be sent now was flushed when it was written.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => inner.ReadAsync(buffer, offset, count, cancellationToken);
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            gate.Dispose();
        }
        base.Dispose(disposing);
    }
}
