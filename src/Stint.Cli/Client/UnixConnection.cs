using System.Text;
using Stint.Cli.Native;

namespace Stint.Cli.Client;

/// <summary>A connected Unix stream socket without System.Net.Sockets, which alone costs several milliseconds of start-up.</summary>
internal static unsafe class UnixConnection
{
    private const int PathMax = 107;

    /// <param name="deadline">Environment.TickCount64 after which every wait on it fails.</param>
    public static FdStream Open(string path, long deadline)
    {
        byte[] name = Encoding.UTF8.GetBytes(path);
        if (name.Length > PathMax) throw new IOException($"a socket path may have {PathMax} bytes, this one has {name.Length}");
        byte* address = stackalloc byte[2 + PathMax + 1];
        new Span<byte>(address, 2 + PathMax + 1).Clear();
        *(ushort*)address = Libc.AF_UNIX;
        name.CopyTo(new Span<byte>(address + 2, PathMax));
        int fd = Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0);
        if (fd < 0) throw new IOException(Libc.Describe(Libc.LastError));
        while (Libc.connect(fd, address, (uint)(2 + name.Length + 1)) != 0)
        {
            int errno = Libc.LastError;
            if (errno == Libc.EINTR) continue;
            Libc.close(fd);
            throw new IOException(Libc.Describe(errno), errno);
        }
        return new FdStream(fd, isSocket: true) { Deadline = deadline };
    }
}
