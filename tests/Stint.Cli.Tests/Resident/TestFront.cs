using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Stint.Cli.Client;
using Stint.Cli.Resident;

namespace Stint.Cli.Tests.Resident;

/// <summary>A resident in this process, on a socket of its own; there is no cluster behind it.</summary>
internal sealed class TestResident : IDisposable
{
    public static readonly FrontWire.Build Build = new(1, 2, 3, 4);
    private readonly string _folder = Directory.CreateTempSubdirectory("stint-front-").FullName;
    private readonly KeptConnections _connections = new();
    private readonly FrontServer _server;
    private readonly Thread _thread;

    public TestResident()
    {
        _server = new FrontServer(FrontSocket.Listen(Socket), new Cluster(Path.Combine(_folder, "no", "stint.sock"), _folder, Build, _connections), Log);
        _thread = new Thread(() => _server.Run(() => true)) { IsBackground = true };
        _thread.Start();
    }

    public StringWriter Log { get; } = new();
    public string Socket => Path.Combine(_folder, "front.sock");
    public int Running => _server.Running;

    public TestFront Connect() => new(Socket);

    /// <summary>A command of a well-behaved caller: output, exit code.</summary>
    public (string Text, int Code) Run(params string[] words)
    {
        using var front = Connect();
        Assert.True(front.Ask(TestFront.Compose(words)));
        return front.Finish();
    }

    public void Dispose()
    {
        _server.Stop(TimeSpan.FromSeconds(5));
        try { Connect().Dispose(); }
        catch (SocketException) { /* it has seen it by itself */ }
        Assert.True(_thread.Join(10_000));
        _server.Dispose();
        _connections.Dispose();
        Directory.Delete(_folder, recursive: true);
        Assert.Equal("", Log.ToString());
    }
}

/// <summary>The front's end of the wire by hand, so that it can be wrong.</summary>
internal sealed class TestFront : IDisposable
{
    public Socket Socket { get; } = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 20_000, SendTimeout = 20_000 };

    public TestFront(string path) => Socket.Connect(new UnixDomainSocketEndPoint(path));

    public static FrontWire.Hello Hello(int length) => new() { Magic = FrontWire.Magic, Version = FrontWire.Version, Length = (uint)length, Programs = TestResident.Build };

    public static byte[] Compose(params string[] words) => Compose(words, new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/bin" });

    public static unsafe byte[] Compose(string[] words, Dictionary<string, string> environment)
    {
        byte[] arguments = Encoding.UTF8.GetBytes(string.Concat(words.Select(w => w + '\0')));
        byte[] block = Encoding.UTF8.GetBytes(string.Concat(environment.Select(v => $"{v.Key}={v.Value}\0")));
        byte[] socket = "/said/stint.sock"u8.ToArray(), cwd = "/tmp"u8.ToArray();
        var head = new FrontWire.Request
        {
            Umask = 0x12, ArgumentCount = (uint)words.Length, Socket = (uint)socket.Length, WorkingDirectory = (uint)cwd.Length, Arguments = (uint)arguments.Length,
            Environment = (uint)block.Length, LimitsKnown = 1 << 6,
        };
        head.Soft[6] = 1024;
        return [.. Bytes(head), .. socket, .. cwd, .. arguments, .. block];
    }

    public static byte[] Bytes<T>(T value) where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref value)).ToArray();

    /// <summary>False: it was refused before anything was done.</summary>
    public bool Ask(byte[] request, FrontWire.Hello? hello = null)
    {
        Socket.Send(Bytes(hello ?? Hello(request.Length)));
        if (Next() is not { What: FrontWire.What.Accepted }) return false;
        Socket.Send(request);
        return true;
    }

    /// <summary>null: the connection ended.</summary>
    public FrontWire.Frame? Next() => Receive(Marshal.SizeOf<FrontWire.Frame>()) is { } bytes ? MemoryMarshal.Read<FrontWire.Frame>(bytes) : null;

    public byte[]? Receive(int length)
    {
        byte[] bytes = new byte[length];
        for (int at = 0; at < length;)
        {
            int got;
            try { got = Socket.Receive(bytes, at, length - at, SocketFlags.None); }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset) { return null; }
            if (got == 0) return null;
            at += got;
        }
        return bytes;
    }

    public void Answer(int result, ReadOnlySpan<byte> data = default) => Socket.Send([.. Bytes(result), .. data]);

    public (string Text, int Code) Finish()
    {
        var text = new StringBuilder();
        while (Next() is { } frame)
        {
            if (frame.What == FrontWire.What.Exit) return (text.ToString(), frame.Handle);
            Assert.Equal(FrontWire.What.Write, frame.What);
            text.Append(Encoding.UTF8.GetString(Receive((int)frame.Length)!));
        }
        return (text.ToString(), -1);
    }

    public void Dispose() => Socket.Dispose();
}
