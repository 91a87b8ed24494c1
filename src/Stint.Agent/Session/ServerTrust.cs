using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Stint.Agent.Session;

/// <summary>TLS to the server: its certificate must be issued by the cluster's own CA, for server use, for the name "stint-server". The machine's CAs do not count.</summary>
internal static class ServerTrust
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";

    public static SocketsHttpHandler Handler(X509Certificate2 ca, X509Certificate2? own, Func<CancellationToken, ValueTask<Stream>> dial)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = (_, cancellation) => dial(cancellation),
            UseProxy = false, AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(30),
        };
        handler.SslOptions.CertificateChainPolicy = Policy(ca);
        if (own is not null) handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(own, null, offline: true);
        return handler;
    }

    /// <summary>SHA-256 of a certificate's DER, compared with hex in either case, with or without colons.</summary>
    public static bool HasFingerprint(X509Certificate2 certificate, string fingerprint) => string.Equals(
        Convert.ToHexString(SHA256.HashData(certificate.RawData)), fingerprint.Replace(":", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);

    private static X509ChainPolicy Policy(X509Certificate2 ca)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,      // the CA publishes no list: a node is removed at the server, which looks at each connection
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.Add(ca);
        policy.ApplicationPolicy.Add(new Oid(ServerUse));
        return policy;
    }
}
