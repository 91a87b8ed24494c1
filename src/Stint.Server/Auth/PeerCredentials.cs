using System.Buffers.Binary;
using System.Net.Sockets;

namespace Stint.Server.Auth;

/// <param name="Pid">Of the process that connected; it may be gone.</param>
public readonly record struct Peer(uint Uid, uint Gid, int Pid);

/// <summary>Who is at the other end of a local connection. A seam: tests have one user only.</summary>
public interface IPeerCredentials
{
    /// <summary>null: the kernel would not say; the connection is then nobody's.</summary>
    Peer? Read(Socket socket);
}

/// <summary>SO_PEERCRED (unix(7)): the kernel noted the credentials at connect(2); no message can change them.</summary>
public sealed class KernelPeerCredentials : IPeerCredentials
{
    private const int SolSocket = 1, SoPeerCred = 17;

    public Peer? Read(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Span<byte> ucred = stackalloc byte[12];
        try
        {
            if (socket.GetRawSocketOption(SolSocket, SoPeerCred, ucred) != ucred.Length) return null;
        }
        catch (SocketException)
        {
            return null;
        }
        return new Peer(BinaryPrimitives.ReadUInt32LittleEndian(ucred[4..]), BinaryPrimitives.ReadUInt32LittleEndian(ucred[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(ucred));
    }
}
