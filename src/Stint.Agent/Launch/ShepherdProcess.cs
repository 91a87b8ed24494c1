using System.Text;

namespace Stint.Agent.Launch;

/// <summary>A message of a shepherd, decoded as far as its kind. <c>Descriptors</c> belong to whoever takes them.</summary>
internal readonly record struct ShepherdMessage(uint Kind, byte[] Body, int[] Descriptors);

/// <summary>This agent's end of one shepherd: start it or find it again, send it commands, take its messages. Sends and receives on the reactor only.</summary>
internal sealed unsafe class ShepherdProcess : IShepherd
{
    const int LowestPassed = 16, PendingMax = 4096;
    [ThreadStatic] static byte[]? _received;
    readonly Queue<byte[]> _pending = new();

    ShepherdProcess(int fd, int pid) => (Fd, Pid) = (fd, pid);

    public int Fd { get; private set; }

    public int Pid { get; }

    /// <summary>
    /// Starts a shepherd that holds <paramref name="lockFd"/> from its first moment on. The request is whole before the process exists:
    /// whatever happens to this agent from here on, the step runs.
    /// </summary>
    public static ShepherdProcess Start(string program, StepId id, ShepherdRequest request, int lockFd)
    {
        var pair = stackalloc int[2];
        int memory = -1, local = -1, remote = -1, directory = -1;
        try
        {
            memory = Above(Posix.Checked(Posix.MemoryFile("request", Posix.MFD_CLOEXEC | Posix.MFD_ALLOW_SEALING), "memfd_create"));
            Posix.WriteAll(memory, ShepherdWire.Encode(request), "memfd");
            Posix.Fcntl(memory, Posix.F_ADD_SEALS, Posix.F_SEAL_ALL);
            Posix.Checked(Posix.SocketPair(Posix.AF_UNIX, Posix.SOCK_SEQPACKET | Posix.SOCK_CLOEXEC, 0, pair), "socketpair");
            (local, remote) = (pair[0], Above(pair[1]));
            directory = Posix.Checked(Posix.Fcntl(lockFd, Posix.F_DUPFD_CLOEXEC, LowestPassed), "fcntl");
            string[] environment = Environment.GetEnvironmentVariable("TZ") is { } zone ? ["TZ=" + zone] : [];
            var pid = Posix.Spawn(program, ["stint-shepherd", id.ToString()], environment, [memory, remote, directory]);
            if (pid < 0)
                throw new IOException($"{program}: posix_spawn: {Posix.Describe(-pid)}");
            (var kept, local) = (local, -1);
            return new ShepherdProcess(kept, pid);
        }
        finally
        {
            foreach (var fd in (ReadOnlySpan<int>)[memory, local, remote, directory])
                if (fd >= 0)
                    Posix.Close(fd);
        }
    }

    /// <summary>Null when nobody listens there (yet, or any more).</summary>
    public static ShepherdProcess? Connect(IStepDirectory directory)
    {
        // The path in a socket address is short (108 bytes) and a home need not be: through the open directory it always fits.
        var at = Posix.Open(directory.Path, Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_CLOEXEC, 0);
        if (at < 0)
            return null;
        var fd = Posix.Socket(Posix.AF_UNIX, Posix.SOCK_SEQPACKET | Posix.SOCK_CLOEXEC, 0);
        var address = stackalloc byte[110];
        new Span<byte>(address, 110).Clear();
        *(ushort*)address = Posix.AF_UNIX;
        Encoding.ASCII.GetBytes($"/proc/self/fd/{at}/ctl", new Span<byte>(address + 2, 107));
        var done = fd >= 0 && Posix.Connect(fd, address, 110) == 0;
        Posix.Close(at);
        if (done)
            return new ShepherdProcess(fd, 0);
        if (fd >= 0)
            Posix.Close(fd);
        return null;
    }

    public bool Send(byte[] command)
    {
        if (Fd >= 0 && _pending.Count < PendingMax)
            _pending.Enqueue(command);
        return Flush();
    }

    public bool Flush()
    {
        while (Fd >= 0 && _pending.TryPeek(out var command))
        {
            fixed (byte* at = command)
                if (Posix.Send(Fd, at, (nuint)command.Length, Posix.MSG_DONTWAIT | Posix.MSG_NOSIGNAL) < 0 && Posix.LastErrno is Posix.EAGAIN or Posix.EINTR)
                    return false;
            _pending.Dequeue();
        }
        return true;
    }

    public ShepherdMessage? Receive(out bool closed)
    {
        const int ControlBytes = 16 + 4 * (ShepherdWire.DescriptorsMax + 1);
        closed = false;
        var control = stackalloc byte[ControlBytes];
        var received = _received ??= new byte[ShepherdWire.MessageBytesMax];
        fixed (byte* at = received)
        {
            var vector = new Posix.IoVector { Base = at, Length = (nuint)received.Length };
            var header = new Posix.MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = ControlBytes };
            var n = (int)Posix.ReceiveMessage(Fd, &header, Posix.MSG_DONTWAIT | Posix.MSG_CMSG_CLOEXEC);
            if (n <= 0)
            {
                closed = n == 0 || Posix.LastErrno is not (Posix.EAGAIN or Posix.EINTR);
                return null;
            }
            var descriptors = header.ControlLength >= 16 ? new int[((int)*(nuint*)control - 16) / 4] : [];
            for (var i = 0; i < descriptors.Length; i++)
                descriptors[i] = ((int*)(control + 16))[i];
            return n < 4 ? new ShepherdMessage(0, [], descriptors) : new ShepherdMessage(BitConverter.ToUInt32(received), received[4..n], descriptors);
        }
    }

    public void Close()
    {
        if (Fd >= 0)
            Posix.Close(Fd);
        Fd = -1;
    }

    /// <summary>Takes the dead process off the kernel's list; false: it is still on its way out.</summary>
    public static bool TryReap(int pid)
    {
        int status;
        return pid <= 0 || Posix.WaitPid(pid, &status, Posix.WNOHANG) != 0;
    }

    // Descriptors to be passed on as 3, 4, 5 must lie above them, or one would be overwritten by another's copy.
    static int Above(int fd)
    {
        if (fd >= LowestPassed)
            return fd;
        var moved = Posix.Fcntl(fd, Posix.F_DUPFD_CLOEXEC, LowestPassed);
        Posix.Close(fd);
        return Posix.Checked(moved, "fcntl");
    }
}
