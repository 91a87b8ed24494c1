using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Srun;

/// <summary>
/// Standard input as frames, at most <see cref="RunFrames.InputFrames"/> of them under way. Read on a thread of its own, because a read
/// from a terminal or pipe cannot be given up; one frame is read ahead, no more, and nothing while the terminal belongs to another job.
/// </summary>
internal sealed class InputFeed(Stream input, Func<bool> mayRead)
{
    private const int BackgroundPollMs = 200;
    private readonly Channel<byte[]> _read = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim _room = new(1);
    private readonly SemaphoreSlim _credit = new(RunFrames.InputFrames);
    private bool _begun;

    /// <summary>Starts reading; false: it has begun already.</summary>
    public bool Begin()
    {
        if (_begun) return false;
        _begun = true;
        new Thread(Read) { IsBackground = true, Name = "stdin" }.Start();
        return true;
    }

    /// <summary>The server has handed frames on.</summary>
    public void Taken(int frames)
    {
        if (frames > 0 && frames <= RunFrames.InputFrames - _credit.CurrentCount) _credit.Release(frames);
    }

    /// <summary>Frames ready to send; the last is empty: the end of input.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> FramesAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (byte[] frame in _read.Reader.ReadAllAsync(cancellation))
        {
            await _credit.WaitAsync(cancellation);
            yield return frame;
            _room.Release();
        }
    }

    private void Read()
    {
        byte[] buffer = new byte[1 + RunFrames.InputFrame];
        buffer[0] = RunFrames.StdIn;
        int got;
        do
        {
            _room.Wait();
            while (!mayRead()) Thread.Sleep(BackgroundPollMs);
            got = ReadOnce(buffer.AsSpan(1));
            _read.Writer.TryWrite(buffer.AsSpan(0, 1 + got).ToArray());
        }
        while (got > 0);
        _read.Writer.TryComplete();
    }

    /// <summary>A standard input that cannot be read (closed, a directory) is an empty one.</summary>
    private int ReadOnce(Span<byte> into)
    {
        try
        {
            return input.Read(into);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
