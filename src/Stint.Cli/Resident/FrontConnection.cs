using System.Runtime.InteropServices;
using Stint.Cli.Native;

namespace Stint.Cli.Resident;

/// <summary>The front vanished, or does not speak our language: its command is over.</summary>
internal sealed class FrontGoneException(string message) : IOException(message);

/// <summary>
/// One front at the other end. The resident asks and the front answers, one at a time; between questions the front has nothing to say.
/// </summary>
internal sealed unsafe class FrontConnection(FdStream stream) : IDisposable
{
    /// <summary>The front has shown something, or was asked for something that cannot be taken back: the command cannot be left to another process any more.</summary>
    public bool HasTouched { get; private set; }

    public long? Deadline { set => stream.Deadline = value; }

    public void ReadExactly(Span<byte> buffer)
    {
        try
        {
            while (buffer.Length > 0)
            {
                int got = stream.Read(buffer);
                if (got == 0) throw new FrontGoneException("it closed the connection");
                buffer = buffer[got..];
            }
        }
        catch (TimeoutException)
        {
            throw new FrontGoneException("it did not say what it wants in time");
        }
    }

    public void Send(FrontWire.What what, byte handle = 0, ReadOnlySpan<byte> payload = default) => Send(what, handle, (uint)payload.Length, payload);

    private void Send(FrontWire.What what, byte handle, uint length, ReadOnlySpan<byte> payload)
    {
        var head = new FrontWire.Frame { What = what, Handle = handle, Length = length };
        int size = sizeof(FrontWire.Frame) + payload.Length;
        var frame = size <= 1024 ? stackalloc byte[size] : new byte[size];
        MemoryMarshal.Write(frame, in head);
        payload.CopyTo(frame[sizeof(FrontWire.Frame)..]);
        stream.Write(frame);
    }

    /// <summary>Standard output or error; a front whose reader is slow makes this wait.</summary>
    public void Write(byte handle, ReadOnlySpan<byte> data)
    {
        HasTouched = true;
        while (data.Length > 0)
        {
            var part = data[..Math.Min(data.Length, FrontWire.PayloadMax)];
            Send(FrontWire.What.Write, handle, part);
            if (handle == FrontWire.File) Check(Answer());
            data = data[part.Length..];
        }
    }

    public int Read(byte handle, Span<byte> buffer)
    {
        HasTouched = true;
        int wanted = Math.Min(buffer.Length, FrontWire.PayloadMax);
        if (wanted == 0) return 0;
        Send(FrontWire.What.Read, handle, (uint)wanted, default);
        int got = Check(Answer());
        if (got > wanted) throw new FrontGoneException("it answered with more than it was asked for");
        ReadExactly(buffer[..got]);
        return got;
    }

    /// <summary>0, or a negative errno.</summary>
    public int Ask(FrontWire.What what, string path)
    {
        HasTouched = true;
        byte[] name = System.Text.Encoding.UTF8.GetBytes(path);
        if (name.Length >= FrontWire.PayloadMax) return -Libc.ENAMETOOLONG;
        Send(what, FrontWire.File, name);
        return Answer();
    }

    public void CloseFile()
    {
        Send(FrontWire.What.Close);
        Check(Answer());
    }

    private int Answer()
    {
        int result = 0;
        ReadExactly(MemoryMarshal.AsBytes(new Span<int>(ref result)));
        return result;
    }

    private static int Check(int result) => result >= 0 ? result : throw new Files.FileException(-result);

    /// <summary>Without reading: true when the front is gone.</summary>
    public bool IsGone()
    {
        var state = new Libc.PollDescriptor { Fd = stream.Fd, Events = Libc.POLLRDHUP };
        return Libc.poll(&state, 1, 0) > 0;
    }

    public void Dispose() => stream.Dispose();
}
