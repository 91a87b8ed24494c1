using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Stint.Agent.Session;

/// <summary>
/// Where the server listens. TLS checks the name "stint-server" whatever the address is. A server on this host may come back on another port:
/// its home's run/port then says which, and is tried by turns. Nothing is trusted for it, the certificate is checked all the same.
/// </summary>
public sealed class ServerAddress
{
    /// <summary>The name in every server certificate of a cluster.</summary>
    public const string CertificateName = "stint-server";

    private readonly string _host;
    private readonly int _port;
    private readonly string? _portFile;

    private ServerAddress(string host, int port, string? portFile) => (_host, _port, _portFile) = (host, port, portFile);

    /// <summary>Throws <see cref="FormatException"/> for what is no https://ADDR:PORT.</summary>
    public static ServerAddress Parse(string text, string home)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttps || uri.AbsolutePath != "/" || uri.Query.Length > 0)
            throw new FormatException($"--server {text}: an address like https://10.0.0.1:6820 is needed");
        return new ServerAddress(uri.DnsSafeHost, uri.Port, uri.IsLoopback ? Path.Combine(home, "run", "port") : null);
    }

    public override string ToString() => $"https://{(_host.Contains(':', StringComparison.Ordinal) ? $"[{_host}]" : _host)}:{_port}";

    /// <summary>A connection to the server; <paramref name="attempt"/> counts from 0.</summary>
    public async ValueTask<Stream> DialAsync(int attempt, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            var port = attempt % 2 == 1 ? PortFromFile() ?? _port : _port;
            await socket.ConnectAsync(new DnsEndPoint(_host, port), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private int? PortFromFile()
    {
        try
        {
            return _portFile is not null && File.Exists(_portFile)
                && ushort.TryParse(File.ReadAllText(_portFile).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0 ? port : null;
        }
        catch (IOException) { return null; }
        catch (UnauthorizedAccessException) { return null; }
    }
}
