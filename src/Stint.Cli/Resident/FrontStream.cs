using Stint.Cli.Client;
using Stint.Cli.Files;

namespace Stint.Cli.Resident;

/// <summary>A descriptor of the front (standard stream, or its one open file), read and written by the front.</summary>
internal sealed class FrontStream(FrontConnection front, byte handle) : ReadOnlyStream
{
    private bool _closed;

    public override bool CanRead => handle is FrontWire.StandardInput or FrontWire.File;
    public override bool CanWrite => handle != FrontWire.StandardInput;
    public override int Read(Span<byte> buffer) => front.Read(handle, buffer);
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override void Write(ReadOnlySpan<byte> buffer) => front.Write(handle, buffer);
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

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override void Dispose(bool disposing)
    {
        bool closes = disposing && !_closed && handle == FrontWire.File;
        _closed = true;
        base.Dispose(disposing);
        if (closes) front.CloseFile();
    }
}

/// <summary>The caller's files, opened by the front with the caller's rights: the resident never opens a path that a caller names.</summary>
internal sealed class FrontFiles(FrontConnection front) : IFiles
{
    public bool IsFile(string path) => front.Ask(FrontWire.What.IsFile, path) == 0;
    public Stream OpenRead(string path) => Open(FrontWire.What.OpenRead, path);
    public Stream Create(string path) => Open(FrontWire.What.OpenWrite, path);

    private FrontStream Open(FrontWire.What how, string path)
    {
        int result = front.Ask(how, path);
        return result >= 0 ? new FrontStream(front, FrontWire.File) : throw new FileException(-result);
    }
}
