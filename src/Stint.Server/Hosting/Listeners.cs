using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Stint.Server.Auth;

namespace Stint.Server.Hosting;

/// <summary>The two ways in: the local socket for users of this host, the TLS port for nodes.</summary>
internal static class Listeners
{
    public static void Configure(KestrelServerOptions kestrel, HomeFolder home, IPEndPoint listen, Authority authority)
    {
        kestrel.AddServerHeader = false;
        // Body.SizeMaxBytes is the limit; up to here a body over it is at least read away, so that its sender sees the refusal.
        kestrel.Limits.MaxRequestBodySize = 256 << 20;
        kestrel.Limits.MaxConcurrentConnections = 20_000;
        kestrel.Limits.MaxConcurrentUpgradedConnections = 20_000;
        kestrel.Limits.MaxRequestLineSize = 128 << 10;
        // A watcher or a client behind a debugger may read slowly; its own queue is bounded elsewhere.
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.ListenUnixSocket(home.Socket, options => options.Protocols = HttpProtocols.Http1);
        kestrel.Listen(listen, options =>
        {
            options.Protocols = HttpProtocols.Http1;
            options.UseHttps(Tls(authority));
        });
    }

    private static TlsHandshakeCallbackOptions Tls(Authority authority)
    {
        // Made once: building it for each handshake would cost more than the handshake.
        var server = SslStreamCertificateContext.Create(authority.ServerCertificate, [authority.Ca], offline: true);
        return new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = TimeSpan.FromSeconds(30),
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = server,
                ClientCertificateRequired = true,
                EnabledSslProtocols = System.Security.Authentication.SslProtocols.Tls12 | System.Security.Authentication.SslProtocols.Tls13,
                CertificateRevocationCheckMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
                // None is fine (joining, health: the gate sees to it); one that another authority issued is not.
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                    certificate is null || (certificate is System.Security.Cryptography.X509Certificates.X509Certificate2 own && authority.IssuedClient(own)),
            }),
        };
    }

    /// <summary>A socket file that a killed server left behind; the lock on the home says that nobody listens on it.</summary>
    public static void RemoveStaleSocket(HomeFolder home)
    {
        try
        {
            File.Delete(home.Socket);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"cannot replace the old socket {home.Socket}: {e.Message}", e);
        }
    }

    /// <summary>Every user may connect: who it is says the kernel, and the endpoints say what they may.</summary>
    public static void OpenSocketToAll(HomeFolder home) => File.SetUnixFileMode(home.Socket,
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
}
