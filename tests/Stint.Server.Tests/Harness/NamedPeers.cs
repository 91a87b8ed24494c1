using System.Globalization;
using System.Net.Sockets;
using Stint.Server.Auth;

namespace Stint.Server.Tests.Harness;

/// <summary>Stands in for SO_PEERCRED: a client says who it is by the abstract name that it bound its socket to.</summary>
internal sealed class NamedPeers : IPeerCredentials
{
    private static int _count;

    public static UnixDomainSocketEndPoint NameFor(uint uid) =>
        new($"\0stint-test-{uid}-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");

    public Peer? Read(Socket socket)
    {
        var name = socket.RemoteEndPoint?.ToString()?.TrimStart('@', '\0') ?? "";
        var parts = name.Split('-');
        return parts is ["stint", "test", var uid, ..] && uint.TryParse(uid, CultureInfo.InvariantCulture, out var id)
            ? new Peer(id, id, Environment.ProcessId)
            : new Peer(0, 0, Environment.ProcessId);
    }
}
