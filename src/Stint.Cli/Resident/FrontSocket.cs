using System.Text;
using Stint.Cli.Native;

namespace Stint.Cli.Resident;

/// <summary>run/front.sock: where fronts connect. It appears under its name when it listens, so that no caller meets a half-made one.</summary>
internal sealed unsafe class FrontSocket : IDisposable
{
    private const int Backlog = 128, PathMax = 107;
    private const UnixFileMode Everybody = (UnixFileMode)0b110_110_110;
    private readonly int _fd;

    private FrontSocket(int fd, string path) => (_fd, Path) = (fd, path);

    public string Path { get; }

    /// <exception cref="IOException">The message names the path and the errno.</exception>
    public static FrontSocket Listen(string path)
    {
        string beside = path + ".new";
        byte[] name = Encoding.UTF8.GetBytes(beside);
        if (name.Length > PathMax) throw new IOException($"{beside}: a socket path may have {PathMax} bytes");
        File.Delete(beside);
        int fd = Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0);
        if (fd < 0) throw new IOException($"socket: {Libc.Describe(Libc.LastError)}");
        byte* address = stackalloc byte[2 + PathMax + 1];
        new Span<byte>(address, 2 + PathMax + 1).Clear();
        *(ushort*)address = Libc.AF_UNIX;
        name.CopyTo(new Span<byte>(address + 2, PathMax));
        if (Libc.bind(fd, address, (uint)(2 + name.Length + 1)) != 0 || Libc.listen(fd, Backlog) != 0)
        {
            int errno = Libc.LastError;
            Libc.close(fd);
            throw new IOException($"{beside}: {Libc.Describe(errno)}", errno);
        }
        File.SetUnixFileMode(beside, Everybody);
        File.Move(beside, path, overwrite: true);
        return new FrontSocket(fd, path);
    }

    /// <summary>The next front and who it is; null: nobody came in time, or somebody whom the kernel does not name.</summary>
    public (FdStream Connection, Peer Peer)? Accept(int withinMs)
    {
        var ready = new Libc.PollDescriptor { Fd = _fd, Events = Libc.POLLIN };
        if (Libc.poll(&ready, 1, withinMs) <= 0) return null;
        int fd = Libc.accept4(_fd, null, null, Libc.SOCK_CLOEXEC);
        if (fd < 0)
        {
            // Out of descriptors or memory: the front is still in the queue, and asking again at once would only burn time.
            Thread.Sleep(10);
            return null;
        }
        var connection = new FdStream(fd, isSocket: true);
        uint* credentials = stackalloc uint[3];
        uint length = 12;
        if (Libc.getsockopt(fd, Libc.SOL_SOCKET, Libc.SO_PEERCRED, (byte*)credentials, &length) == 0 && length == 12)
            return (connection, new Peer(credentials[1], credentials[2], (int)credentials[0]));
        connection.Dispose();
        return null;
    }

    public void Dispose() => Libc.close(_fd);
}
