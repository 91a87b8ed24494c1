using System.Runtime.InteropServices;

namespace Stint.Agent.Launch;

/// <summary>The calls of the C library that .NET does not offer: fast spawning, descriptor passing, one epoll for everything. Linux, 64 bit.</summary>
internal static unsafe partial class Posix
{
    public const int ENOENT = 2, EINTR = 4, EIO = 5, EAGAIN = 11, ENXIO = 6, EEXIST = 17, EPIPE = 32;
    public const uint EPOLLIN = 1, EPOLLOUT = 4, EPOLLERR = 8, EPOLLHUP = 16;
    public const int EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2;
    public const int AF_UNIX = 1, SOCK_SEQPACKET = 5, SOCK_CLOEXEC = 0x80000, SOCK_NONBLOCK = 0x800;
    public const int MSG_DONTWAIT = 0x40, MSG_NOSIGNAL = 0x4000, MSG_CMSG_CLOEXEC = 0x40000000, MSG_TRUNC = 0x20;
    public const int O_RDONLY = 0, O_WRONLY = 1, O_CREAT = 0x40, O_EXCL = 0x80, O_DIRECTORY = 0x10000, O_CLOEXEC = 0x80000, O_NOFOLLOW = 0x20000;
    public const int LOCK_EX = 2, LOCK_NB = 4, WNOHANG = 1, F_DUPFD_CLOEXEC = 1030, F_ADD_SEALS = 1033, F_SEAL_ALL = 0xF;
    public const uint MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2;
    const short POSIX_SPAWN_SETSIGDEF = 4, POSIX_SPAWN_SETSIGMASK = 8, POSIX_SPAWN_SETSID = 0x80;

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    public struct EpollEvent { public uint Events; public long Data; }

    [StructLayout(LayoutKind.Sequential)]
    public struct IoVector { public void* Base; public nuint Length; }

    [StructLayout(LayoutKind.Sequential)]
    public struct MessageHeader
    {
        public void* Name; public uint NameLength; public IoVector* Vectors; public nuint VectorCount;
        public void* Control; public nuint ControlLength; public int Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct PasswordEntry { public byte* Name, Password; public uint Uid, Gid; public byte* Gecos, Home, Shell; }

    /// <summary>The beginning of struct statx(2), which is the same on every architecture.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    public struct FileStatus { public uint Mask, BlockSize; public ulong Attributes; public uint Links, Uid, Gid; public ushort Mode; }

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)] public static partial nint Read(int fd, void* bytes, nuint count);
    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)] public static partial nint Write(int fd, void* bytes, nuint count);
    [LibraryImport("libc", EntryPoint = "close")] public static partial int Close(int fd);
    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)] public static partial int Flock(int fd, int operation);
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)] public static partial int Fcntl(int fd, int command, nint argument);
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int Open(string path, int flags, uint mode);
    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)] public static partial int ChangeOwner(int fd, uint uid, uint gid);
    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int Rename(string from, string to);
    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int Unlink(string path);
    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)] public static partial long Seek(int fd, long offset, int whence);
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)] public static partial int StatX(int fd, byte* path, int flags, uint mask, FileStatus* status);
    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)] public static partial int Truncate(int fd, long size);
    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int MemoryFile(string name, uint flags);
    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)] public static partial int SocketPair(int domain, int type, int protocol, int* pair);
    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)] public static partial int Socket(int domain, int type, int protocol);
    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)] public static partial int Connect(int fd, void* address, uint length);
    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)] public static partial nint Send(int fd, void* bytes, nuint count, int flags);
    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)] public static partial nint ReceiveMessage(int fd, MessageHeader* header, int flags);
    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)] public static partial int EpollCreate(int flags);
    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)] public static partial int EpollControl(int epoll, int operation, int fd, EpollEvent* change);
    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)] public static partial int EpollWait(int epoll, EpollEvent* events, int count, int timeoutMs);
    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)] public static partial int EventFd(uint initial, int flags);
    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)] public static partial int WaitPid(int pid, int* status, int options);
    [LibraryImport("libc", EntryPoint = "getpwuid_r")] public static partial int GetUser(uint uid, PasswordEntry* entry, byte* text, nuint size, PasswordEntry** found);
    [LibraryImport("libc", EntryPoint = "getgrouplist")] public static partial int GetGroupList(byte* user, uint gid, uint* groups, int* count);
    [LibraryImport("libc", EntryPoint = "posix_spawn")] private static partial int PosixSpawn(int* pid, byte* path, void* actions, void* attributes, byte** arguments, byte** environment);
    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")] private static partial int ActionsInit(void* actions);
    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")] private static partial int ActionsDestroy(void* actions);
    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")] private static partial int ActionsDuplicate(void* actions, int from, int to);
    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen")] private static partial int ActionsOpen(void* actions, int fd, byte* path, int flags, uint mode);
    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")] private static partial int AttributesInit(void* attributes);
    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")] private static partial int AttributesDestroy(void* attributes);
    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")] private static partial int AttributesFlags(void* attributes, short flags);
    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")] private static partial int AttributesDefaults(void* attributes, void* set);
    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")] private static partial int AttributesMask(void* attributes, void* set);
    [LibraryImport("libc", EntryPoint = "sigfillset")] private static partial int FillSignals(void* set);

    public static string Describe(int errno) => Marshal.GetPInvokeErrorMessage(errno);
    public static int LastErrno => Marshal.GetLastPInvokeError();

    /// <summary>
    /// Starts a program in a session of its own with descriptors 0 to 2 on /dev/null and <paramref name="inherited"/> as 3, 4, …; nothing else is passed on,
    /// provided every other descriptor is close-on-exec. vfork underneath: its cost does not grow with this process. Returns the pid; negative: -errno.
    /// </summary>
    public static int Spawn(string path, string[] arguments, string[] environment, ReadOnlySpan<int> inherited)
    {
        var memory = new List<nint>();
        byte* actions = stackalloc byte[256], attributes = stackalloc byte[512], signals = stackalloc byte[128];
        try
        {
            ActionsInit(actions);
            AttributesInit(attributes);
            AttributesFlags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
            new Span<byte>(signals, 128).Clear();
            AttributesMask(attributes, signals);
            FillSignals(signals);
            AttributesDefaults(attributes, signals);
            var nothing = Utf8("/dev/null", memory);
            for (var fd = 0; fd < 3; fd++)
                ActionsOpen(actions, fd, nothing, 2, 0);
            for (var i = 0; i < inherited.Length; i++)
                ActionsDuplicate(actions, inherited[i], 3 + i);
            int pid;
            var error = PosixSpawn(&pid, Utf8(path, memory), actions, attributes, Utf8(arguments, memory), Utf8(environment, memory));
            return error == 0 ? pid : -error;
        }
        finally
        {
            ActionsDestroy(actions);
            AttributesDestroy(attributes);
            memory.ForEach(Marshal.FreeCoTaskMem);
        }
    }

    /// <summary>False when it cannot be told.</summary>
    public static bool TryStatus(int fd, out FileStatus status)
    {
        const int EmptyPath = 0x1000, BasicStats = 0x7ff;
        byte nothing = 0;
        fixed (FileStatus* at = &status)
            return StatX(fd, &nothing, EmptyPath, BasicStats, at) == 0;
    }

    /// <summary>Gives an open file this content, whatever it held.</summary>
    public static void Overwrite(int fd, ReadOnlySpan<byte> bytes, string what)
    {
        const int SeekSet = 0, SeekEnd = 2;
        if (Seek(fd, 0, SeekEnd) > bytes.Length)
            Checked(Truncate(fd, bytes.Length), what);
        Seek(fd, 0, SeekSet);
        WriteAll(fd, bytes, what);
    }

    /// <summary>Throws <see cref="IOException"/> that names <paramref name="what"/>.</summary>
    public static int Checked(int result, string what) => result >= 0 ? result : throw new IOException($"{what}: {Describe(LastErrno)}");

    public static void WriteAll(int fd, ReadOnlySpan<byte> bytes, string what)
    {
        while (bytes.Length > 0)
            fixed (byte* at = bytes)
            {
                var written = Write(fd, at, (nuint)bytes.Length);
                if (written < 0 && LastErrno == EINTR)
                    continue;
                bytes = bytes[Checked((int)written, what)..];
            }
    }

    static byte* Utf8(string text, List<nint> memory)
    {
        memory.Add(Marshal.StringToCoTaskMemUTF8(text));
        return (byte*)memory[^1];
    }

    static byte** Utf8(string[] all, List<nint> memory)
    {
        var array = (byte**)Marshal.AllocCoTaskMem((all.Length + 1) * sizeof(byte*));
        memory.Add((nint)array);
        for (var i = 0; i < all.Length; i++)
            array[i] = Utf8(all[i], memory);
        array[all.Length] = null;
        return array;
    }
}
