using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Stint.Agent.Session;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;

namespace Stint.Agent.Tests.Session;

/// <summary>
/// A stand-in for the server on loopback: real TLS with client certificates, join over HTTP, the link as a real WebSocket. Each link waits
/// in <see cref="LinkAsync"/> for the test to speak for the server.
/// </summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly Cluster _cluster;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new(Patience.Seconds(50));
    private readonly System.Threading.Channels.Channel<Peer> _links = System.Threading.Channels.Channel.CreateUnbounded<Peer>();
    private readonly ConcurrentBag<TcpClient> _clients = [];
    private readonly Task _accepting;

    public FakeServer(Cluster cluster)
    {
        _cluster = cluster;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public ConcurrentQueue<string> Requests { get; } = new();
    public ServerAddress Address => ServerAddress.Parse($"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}", _cluster.Folder);

    public async Task<Peer> LinkAsync() => await _links.Reader.ReadAsync(_stop.Token);

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            TcpClient client;
            try { client = await _listener.AcceptTcpClientAsync(_stop.Token); }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException) { return; }
            _clients.Add(client);                              // kept: a collected one would reset the connection
            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            var tls = new SslStream(client.GetStream());
            X509Certificate? shown = null;
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = _cluster.Server, ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => { shown = certificate; return certificate is null || certificate.Issuer == _cluster.Ca.Subject; },
            }, _stop.Token);
            var (head, rest) = await HeadAsync(tls);
            Requests.Enqueue(head.Split('\r')[0]);
            if (head.StartsWith("GET " + ServerDial.Path, StringComparison.Ordinal)) await UpgradeAsync(tls, head, shown);
            else await AnswerAsync(tls, head, rest);
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException or OperationCanceledException or ObjectDisposedException or WebSocketException) { }
    }

    private async Task UpgradeAsync(SslStream tls, string head, X509Certificate? shown)
    {
        var key = head.Split("\r\n").First(l => l.StartsWith("Sec-WebSocket-Key: ", StringComparison.OrdinalIgnoreCase))[19..].Trim();
#pragma warning disable CA5350 // RFC 6455 section 1.3 prescribes SHA-1 here
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        await tls.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"), _stop.Token);
        var socket = WebSocket.CreateFromStream(tls, new WebSocketCreationOptions { IsServer = true });
        await _links.Writer.WriteAsync(new Peer(socket, _cluster, (shown as X509Certificate2)?.GetNameInfo(X509NameType.SimpleName, false) ?? "", _stop.Token));
    }

    private async Task AnswerAsync(SslStream tls, string head, byte[] rest)
    {
        var (status, body) = (404, "{}"u8.ToArray());
        if (head.StartsWith("GET /api/v1/ca ", StringComparison.Ordinal)) (status, body) = (200, _cluster.Ca.RawData);
        if (head.StartsWith("POST /api/v1/join ", StringComparison.Ordinal))
        {
            var length = int.Parse(head.Split("\r\n").First(l => l.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase))[16..], System.Globalization.CultureInfo.InvariantCulture);
            var content = new byte[length];
            rest.CopyTo(content, 0);
            await tls.ReadExactlyAsync(content.AsMemory(rest.Length), _stop.Token);
            var request = JsonSerializer.Deserialize(content, ApiJson.Default.JoinRequest)!;
            if (request.Token == "good") (status, body) = (200, JsonSerializer.SerializeToUtf8Bytes(new JoinResponse(_cluster.Name, _cluster.Issue(request.Csr).RawData, _cluster.Ca.RawData), ApiJson.Default.JoinResponse));
            else (status, body) = (403, JsonSerializer.SerializeToUtf8Bytes(new RefusalView("token_used", "this token was used already", "Ask for a new one with stint token"), ApiJson.Default.RefusalView));
        }
        await tls.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), _stop.Token);
        await tls.WriteAsync(body, _stop.Token);
        await tls.ShutdownAsync();
    }

    private async Task<(string Head, byte[] Beyond)> HeadAsync(SslStream tls)
    {
        var buffer = new byte[16 << 10];
        for (var filled = 0; ;)
        {
            var read = await tls.ReadAsync(buffer.AsMemory(filled), _stop.Token);
            if (read == 0) throw new IOException("closed");
            filled += read;
            var end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
            if (end >= 0) return (Encoding.ASCII.GetString(buffer, 0, end), buffer[(end + 4)..filled]);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        foreach (var client in _clients) client.Dispose();
        _stop.Dispose();
    }

    /// <summary>The server's end of one link.</summary>
    internal sealed class Peer(WebSocket socket, Cluster cluster, string node, CancellationToken cancellation)
    {
        /// <summary>The name in the client certificate.</summary>
        public string Node { get; } = node;

        public async Task<ToServer> ReadAsync()
        {
            var buffer = new byte[1 << 20];
            for (var filled = 0; ;)
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(filled), cancellation);
                if (read.MessageType == WebSocketMessageType.Close) throw new IOException("closed");
                filled += read.Count;
                if (read.EndOfMessage) return ToServer.Parser.ParseFrom(buffer, 0, filled);
            }
        }

        public async Task<ToServer> ReadAsync(ToServer.BodyOneofCase kind)
        {
            while (true)
            {
                var message = await ReadAsync();
                if (message.BodyCase == kind) return message;
            }
        }

        public Task SendAsync(ToAgent message) => SendAsync(message.ToByteArray());

        public Task SendAsync(byte[] frame, WebSocketMessageType type = WebSocketMessageType.Binary) => socket.SendAsync(frame, type, endOfMessage: true, cancellation);

        /// <summary>Reads Hello, answers Welcome.</summary>
        public async Task<Hello> WelcomeAsync(int heartbeatSeconds = 60)
        {
            var hello = (await ReadAsync(ToServer.BodyOneofCase.Hello)).Hello;
            await SendAsync(new ToAgent { Welcome = new Welcome { Cluster = cluster.Name, HeartbeatS = heartbeatSeconds, SigningKey = ByteString.CopyFrom(cluster.Signing.ExportSubjectPublicKeyInfo()) } });
            return hello;
        }

        public void Drop() => socket.Abort();
    }
}
