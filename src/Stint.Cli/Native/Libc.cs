using System.Runtime.InteropServices;

[assembly: System.Runtime.CompilerServices.DisableRuntimeMarshalling]
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace Stint.Cli.Native;

/// <summary>The few calls of libc that .NET does not offer, or only through much slower classes. Blittable, so that no stub is compiled at start.</summary>
internal static unsafe partial class Libc
{
    public const int EINTR = 4, EAGAIN = 11, ENOENT = 2, EACCES = 13, EPIPE = 32, ECONNRESET = 104, ECONNREFUSED = 111, EISDIR = 21, ENAMETOOLONG = 36, ETIMEDOUT = 110;
    public const int O_RDONLY = 0, O_WRONLY = 1, O_CREAT = 0x40, O_NOCTTY = 0x100, O_TRUNC = 0x200, O_CLOEXEC = 0x80000;
    public const int SOL_SOCKET = 1, SO_PEERCRED = 17;
    public const short POLLIN = 1, POLLOUT = 4, POLLERR = 8, POLLHUP = 16, POLLRDHUP = 0x2000;
    public const int AF_UNIX = 1, SOCK_STREAM = 1, SOCK_CLOEXEC = 0x80000, MSG_NOSIGNAL = 0x4000;
    public const int RLIMIT_CPU = 0, RLIMIT_FSIZE = 1, RLIMIT_DATA = 2, RLIMIT_STACK = 3, RLIMIT_CORE = 4, RLIMIT_RSS = 5, RLIMIT_NPROC = 6,
        RLIMIT_NOFILE = 7, RLIMIT_MEMLOCK = 8, RLIMIT_AS = 9;
    public const nuint TIOCGWINSZ = 0x5413;

    [LibraryImport("libc", SetLastError = true)] public static partial nint read(int fd, byte* buffer, nuint count);
    [LibraryImport("libc", SetLastError = true)] public static partial nint write(int fd, byte* buffer, nuint count);
    [LibraryImport("libc", SetLastError = true)] public static partial nint send(int fd, byte* buffer, nuint count, int flags);
    [LibraryImport("libc", SetLastError = true)] public static partial int close(int fd);
    [LibraryImport("libc", SetLastError = true)] public static partial int socket(int domain, int type, int protocol);
    [LibraryImport("libc", SetLastError = true)] public static partial int connect(int fd, byte* address, uint length);
    [LibraryImport("libc", SetLastError = true)] public static partial int bind(int fd, byte* address, uint length);
    [LibraryImport("libc", SetLastError = true)] public static partial int listen(int fd, int backlog);
    [LibraryImport("libc", SetLastError = true)] public static partial int accept4(int fd, byte* address, uint* length, int flags);
    [LibraryImport("libc", SetLastError = true)] public static partial int getsockopt(int fd, int level, int option, byte* value, uint* length);
    /// <summary>A variadic function of C: its third argument is passed as any other on the machines we build for.</summary>
    [LibraryImport("libc", SetLastError = true)] public static partial int open(byte* path, int flags, uint mode);
    [LibraryImport("libc", SetLastError = true)] public static partial int poll(PollDescriptor* descriptors, nuint count, int timeoutMs);
    [LibraryImport("libc", SetLastError = true)] public static partial int getrlimit(int resource, Rlimit* limit);
    [LibraryImport("libc", SetLastError = true)] public static partial int ioctl(int fd, nuint request, WindowSize* size);
    [LibraryImport("libc")] public static partial int isatty(int fd);
    [LibraryImport("libc")] public static partial uint getuid();
    [LibraryImport("libc")] public static partial uint getgid();
    [LibraryImport("libc")] public static partial uint umask(uint mask);
    [LibraryImport("libc")] public static partial int getpgrp();
    [LibraryImport("libc")] public static partial int tcgetpgrp(int fd);
    [LibraryImport("libc", SetLastError = true)] public static partial int tcgetattr(int fd, byte* termios);
    [LibraryImport("libc", SetLastError = true)] public static partial int tcsetattr(int fd, int action, byte* termios);
    [LibraryImport("libc")] public static partial void cfmakeraw(byte* termios);
    [LibraryImport("libc", SetLastError = true)] public static partial int gethostname(byte* name, nuint length);

    /// <summary>glibc's struct termios is 60 bytes.</summary>
    public const int TermiosSize = 128;

    [StructLayout(LayoutKind.Sequential)]
    public struct PollDescriptor { public int Fd; public short Events; public short Returned; }

    [StructLayout(LayoutKind.Sequential)]
    public struct Rlimit { public ulong Soft; public ulong Hard; }

    [StructLayout(LayoutKind.Sequential)]
    public struct WindowSize { public ushort Rows; public ushort Columns; public ushort XPixels; public ushort YPixels; }

    public static int LastError => Marshal.GetLastPInvokeError();
    public static string Describe(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    public static string HostName()
    {
        byte* name = stackalloc byte[256];
        return gethostname(name, 255) == 0 ? Marshal.PtrToStringUTF8((nint)name) ?? "localhost" : "localhost";
    }
}
