using System.Diagnostics;

namespace Stint.Agent.Tests.Hostile;

/// <summary>
/// A file system whose server reads a request and never answers: who asks it waits in the kernel, and no signal ends that wait (fs/fuse/dev.c,
/// request_wait_answer). In a mount namespace of its own, reached through /proc/PID/root; the machine's own mounts are not touched.
/// </summary>
internal sealed class HangingFile : IDisposable
{
    private const string Server = """
        import ctypes, os, struct, sys
        libc = ctypes.CDLL(None, use_errno=True)
        fd = os.open('/dev/fuse', os.O_RDWR)
        os.makedirs(sys.argv[1], exist_ok=True)
        if libc.mount(b'hang', sys.argv[1].encode(), b'fuse.hang', 0, f'fd={fd},rootmode=40000,user_id=0,group_id=0,allow_other'.encode()): sys.exit(os.strerror(ctypes.get_errno()))
        request = os.read(fd, 1 << 20)
        unique = struct.unpack_from('<IIQ', request)[2]
        os.write(fd, struct.pack('<IiQ', 16 + 64, 0, unique) + struct.pack('<IIIIHHI', 7, 31, 65536, 0, 12, 10, 65536) + bytes(64 - 24))
        print('ready', flush=True)
        while True:
            opcode = struct.unpack_from('<II', os.read(fd, 1 << 20))[1]
            if opcode == 1: print('entered', flush=True)      # LOOKUP
        """;

    private readonly Process _server;
    private readonly string _folder = Directory.CreateTempSubdirectory("stint-test-hang-").FullName;
    private volatile bool _entered;

    public HangingFile()
    {
        var start = new ProcessStartInfo("unshare", ["-m", "--propagation", "private", "python3", "-c", Server, _folder + "/mount"]) { RedirectStandardOutput = true };
        _server = Process.Start(start)!;
        Assert.Equal("ready", _server.StandardOutput.ReadLine());
        new Thread(() => { while (_server.StandardOutput.ReadLine() is { } line) _entered |= line == "entered"; }) { IsBackground = true }.Start();
    }

    public string Path => $"/proc/{_server.Id}/root{_folder}/mount/file";
    public bool IsEntered => _entered;

    /// <summary>The server dies, and with it the wait.</summary>
    public void Release()
    {
        if (!_server.HasExited) _server.Kill();
        _server.WaitForExit();
    }

    public void Dispose()
    {
        Release();
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
