using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Stint.Agent.Session;

/// <summary>
/// Gets the CA's certificate before the first join. Where it comes from does not matter, because only the one with the fingerprint that the
/// operator gave is taken: from the server's folder on the same host, from the TLS handshake, or from GET /api/v1/ca.
/// </summary>
internal static class AuthorityDiscovery
{
    private const int CertificateBytesMax = 65_536;

    public static async Task<X509Certificate2> FindAsync(ServerAddress server, string home, string fingerprint, TimeSpan patience, CancellationToken cancellation)
    {
        if (OnThisHost(home) is { } local && ServerTrust.HasFingerprint(local, fingerprint)) return local;
        var seen = new List<X509Certificate2>();
        using var handler = new SocketsHttpHandler { ConnectCallback = (_, c) => server.DialAsync(0, c), UseProxy = false, AllowAutoRedirect = false };
        // This connection authenticates nobody, carries no secret, and nothing it brings is believed unless its hash is the operator's.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
        {
            if (chain is not null) seen.AddRange(chain.ChainPolicy.ExtraStore.Select(c => X509CertificateLoader.LoadCertificate(c.RawData)));
            return certificate is not null;
        };
        using var client = new HttpClient(handler) { Timeout = patience, MaxResponseContentBufferSize = CertificateBytesMax };
        using var response = await client.GetAsync(new Uri($"https://{ServerAddress.CertificateName}/api/v1/ca"), cancellation);
        if (response.IsSuccessStatusCode && Load(await response.Content.ReadAsByteArrayAsync(cancellation)) is { } sent) seen.Add(sent);
        return seen.Find(c => ServerTrust.HasFingerprint(c, fingerprint))
            ?? throw new JoinException($"{server} showed no certificate authority with the fingerprint {fingerprint}: it is another cluster's server, or somebody is between");
    }

    private static X509Certificate2? OnThisHost(string home)
    {
        try
        {
            var file = Path.Combine(home, "server", "ca.pem");
            return File.Exists(file) ? X509CertificateLoader.LoadCertificateFromFile(file) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException) { return null; }
    }

    /// <summary>DER or PEM.</summary>
    private static X509Certificate2? Load(byte[] bytes)
    {
        try { return X509CertificateLoader.LoadCertificate(bytes); }
        catch (CryptographicException) { return null; }
    }
}

/// <summary>The node could not join; the message is for the operator.</summary>
public sealed class JoinException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The server was not reached at all: it may be on its way up.</summary>
    public bool IsNoConnection
    {
        get
        {
            for (var e = InnerException; e is not null; e = e.InnerException)
            {
                if (e is System.Net.Sockets.SocketException) return true;
            }
            return false;
        }
    }
}
