using System.Net.Sockets;

namespace Stint.Cli.Native;

/// <summary>
/// A descriptor as a stream, by read(2) and write(2): no thread, no event loop, no seek probing. Reads and writes wait at most until
/// <see cref="Deadline"/>; the asynchronous methods complete before they return.
/// </summary>
internal sealed unsafe class FdStream(int fd, bool isSocket = false) : Stream
{
    private bool _closed;

    public int Fd => fd;
    /// <summary>Environment.TickCount64 after which waiting ends with a <see cref="TimeoutException"/>; null: no end.</summary>
    public long? Deadline { get; set; }
    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Flush() { }
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.Length == 0) return 0;
        while (true)
        {
            Wait(Libc.POLLIN);
            nint got;
            fixed (byte* at = buffer) got = Libc.read(fd, at, (nuint)buffer.Length);
            if (got >= 0) return (int)got;
            Check("read");
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            Wait(Libc.POLLOUT);
            nint put;
            fixed (byte* at = buffer)
                put = isSocket ? Libc.send(fd, at, (nuint)buffer.Length, Libc.MSG_NOSIGNAL) : Libc.write(fd, at, (nuint)buffer.Length);
            if (put >= 0) buffer = buffer[(int)put..];
            else Check("write");
        }
    }

    private void Wait(short events)
    {
        if (Deadline is not { } deadline) return;
        long left = deadline - Environment.TickCount64;
        var wanted = new Libc.PollDescriptor { Fd = fd, Events = events };
        if (left <= 0 || Libc.poll(&wanted, 1, (int)Math.Min(left, int.MaxValue)) == 0)
            throw new TimeoutException("no answer in time");
    }

    private void Check(string call)
    {
        int errno = Libc.LastError;
        if (errno == Libc.EINTR) return;
        if (errno == Libc.EAGAIN) { WaitForEver(call == "read" ? Libc.POLLIN : Libc.POLLOUT); return; }
        throw new IOException($"{call}: {Libc.Describe(errno)}", errno);
    }

    /// <summary>A terminal or pipe that someone set to non-blocking.</summary>
    private void WaitForEver(short events)
    {
        var wanted = new Libc.PollDescriptor { Fd = fd, Events = events };
        Libc.poll(&wanted, 1, Deadline is { } d ? (int)Math.Clamp(d - Environment.TickCount64, 1, int.MaxValue) : -1);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<int>(Read(buffer.Span));
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>Hands the descriptor over to an asynchronous stream, for conversations without end.</summary>
    public NetworkStream ToNetworkStream()
    {
        _closed = true;
        return new NetworkStream(new Socket(new SafeSocketHandle(fd, ownsHandle: true)), ownsSocket: true);
    }

    protected override void Dispose(bool disposing)
    {
        if (!_closed && fd > 2) Libc.close(fd);
        _closed = true;
        base.Dispose(disposing);
    }
}
