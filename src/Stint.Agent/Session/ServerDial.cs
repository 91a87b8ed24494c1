using System.Net.WebSockets;

namespace Stint.Agent.Session;

/// <summary>Makes the connection to the server.</summary>
internal interface IServerDial
{
    /// <summary>For people.</summary>
    string Address { get; }
    /// <summary>An open socket. What it throws is what <see cref="Link"/> takes for a server that is not there.</summary>
    Task<WebSocket> DialAsync(int attempt, CancellationToken cancellation);
}

/// <summary>By TLS, both sides authenticated by the cluster's own CA.</summary>
internal sealed class ServerDial(ServerAddress server, NodeIdentity identity) : IServerDial
{
    public const string Path = "/api/v1/agents/link";

    public string Address => server.ToString();

    public async Task<WebSocket> DialAsync(int attempt, CancellationToken cancellation)
    {
        var socket = new ClientWebSocket();
        try
        {
            // The handler lives as long as the handshake: the socket keeps the stream it was given.
            var handler = ServerTrust.Handler(identity.Authority, identity.Certificate, c => server.DialAsync(attempt, c));
            using var invoker = new HttpMessageInvoker(handler);
            socket.Options.KeepAliveInterval = TimeSpan.FromSeconds(10);
            socket.Options.KeepAliveTimeout = TimeSpan.FromSeconds(20);
            await socket.ConnectAsync(new Uri($"wss://{ServerAddress.CertificateName}{Path}"), invoker, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
