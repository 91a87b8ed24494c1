namespace Stint.Cli.Client;

/// <summary>The body of an answer that has no end yet (SSE): chunks are taken off, the connection is closed with it.</summary>
internal sealed class AnswerStream(Stream connection, BodyDecoder decoder) : ReadOnlyStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!decoder.Finished && buffer.Length > 0)
        {
            int got = await connection.ReadAsync(buffer, cancellationToken);
            if (got == 0) decoder.End();
            int kept = decoder.Decode(buffer.Span[..got]);
            if (kept > 0) return kept;
        }
        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) connection.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>An upgraded connection: first what was read together with the headers, then the connection itself.</summary>
internal sealed class SurplusStream(Stream connection, ReadOnlyMemory<byte> surplus) : ReadOnlyStream
{
    private ReadOnlyMemory<byte> _surplus = surplus;

    public override bool CanWrite => true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_surplus.Length == 0) return connection.ReadAsync(buffer, cancellationToken);
        int take = Math.Min(buffer.Length, _surplus.Length);
        _surplus[..take].CopyTo(buffer);
        _surplus = _surplus[take..];
        return new ValueTask<int>(take);
    }

    public override void Write(byte[] buffer, int offset, int count) => connection.Write(buffer, offset, count);
    public override void Write(ReadOnlySpan<byte> buffer) => connection.Write(buffer);
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => connection.WriteAsync(buffer, cancellationToken);
    public override Task FlushAsync(CancellationToken cancellationToken) => connection.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing) connection.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>What a forward-only stream has to say about everything else.</summary>
internal abstract class ReadOnlyStream : Stream
{
    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
