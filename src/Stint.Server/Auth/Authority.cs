using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Stint.Server.Hosting;

namespace Stint.Server.Auth;

/// <summary>
/// The cluster's own certificate authority (ECDSA P-256, ten years), the server's certificate and the key that signs launches.
/// Made on the first start; keys never leave the server's private folder.
/// </summary>
public sealed class Authority : IDisposable
{
    private const int ValidYears = 10;
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1", ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private readonly TimeProvider time;

    private Authority(TimeProvider time, X509Certificate2 ca, X509Certificate2 server, ECDsa signing)
    {
        this.time = time;
        Ca = ca;
        ServerCertificate = server;
        SigningKey = signing;
    }

    /// <summary>With its private key.</summary>
    public X509Certificate2 Ca { get; }
    public X509Certificate2 ServerCertificate { get; }
    public ECDsa SigningKey { get; }

    /// <summary>SHA-256 of the CA certificate, upper-case hex: what a joining agent is told to expect.</summary>
    public string Fingerprint => Ca.GetCertHashString(HashAlgorithmName.SHA256);

    public static Authority Open(HomeFolder home, string cluster, IPAddress listen, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(time);
        try
        {
            var ca = KeyFiles.Load(home, "ca") ?? KeyFiles.Store(home, "ca", CreateCa(cluster, time));
            var server = KeyFiles.Load(home, "server");
            if (server is null || !StillGood(server, ca, listen, time)) server = KeyFiles.Store(home, "server", CreateServer(ca, listen, time));
            return new Authority(time, ca, server, KeyFiles.LoadOrCreateKey(home, "signing.key"));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new StartException($"cannot read or make the keys in {home.Private}: {e.Message}", e);
        }
    }

    /// <summary>
    /// A node's certificate for the key in the request. Everything the request says of itself (subject, extensions) is ignored:
    /// the name is the one the token was used for. Null when the request is no valid PKCS#10 of a P-256 or RSA key.
    /// </summary>
    public X509Certificate2? IssueNode(string node, byte[] csr)
    {
        try
        {
            var asked = CertificateRequest.LoadSigningRequest(csr, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.Default);
            var request = new CertificateRequest(NodeName(node), asked.PublicKey, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ClientAuthentication)], false));
            return request.Create(Ca, time.GetUtcNow().AddMinutes(-5), Ca.NotAfter, RandomNumberGenerator.GetBytes(16));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>True when this authority issued the certificate for a client and it is valid now.</summary>
    public bool IssuedClient(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Ca);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return chain.Build(certificate);
    }

    /// <summary>The common name of a certificate; empty when it has none.</summary>
    public static string CommonName(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
    }

    /// <summary>What the journal records of a certificate: SHA-256, upper-case hex.</summary>
    public static string Thumbprint(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return certificate.GetCertHashString(HashAlgorithmName.SHA256);
    }

    private static X500DistinguishedName NodeName(string name)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(name);
        return builder.Build();
    }

    private static X509Certificate2 CreateCa(string cluster, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(NodeName($"stint cluster {cluster}"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(time.GetUtcNow().AddMinutes(-5), time.GetUtcNow().AddYears(ValidYears));
    }

    private static X509Certificate2 CreateServer(X509Certificate2 ca, IPAddress listen, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(NodeName("stint-server"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddDnsName("stint-server");
        if (Uri.CheckHostName(Environment.MachineName) == UriHostNameType.Dns) names.AddDnsName(Environment.MachineName);
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        if (!IPAddress.IsLoopback(listen) && !listen.Equals(IPAddress.Any) && !listen.Equals(IPAddress.IPv6Any)) names.AddIpAddress(listen);
        request.CertificateExtensions.Add(names.Build());
        using var bare = request.Create(ca, time.GetUtcNow().AddMinutes(-5), ca.NotAfter, RandomNumberGenerator.GetBytes(16));
        return bare.CopyWithPrivateKey(key);
    }

    private static bool StillGood(X509Certificate2 server, X509Certificate2 ca, IPAddress listen, TimeProvider time)
    {
        if (!server.IssuerName.RawData.AsSpan().SequenceEqual(ca.SubjectName.RawData)) return false;
        if (server.NotAfter.ToUniversalTime() < time.GetUtcNow().UtcDateTime.AddDays(30)) return false;
        if (listen.Equals(IPAddress.Any) || listen.Equals(IPAddress.IPv6Any)) return true;
        foreach (var extension in server.Extensions)
            if (extension is X509SubjectAlternativeNameExtension names)
                foreach (var address in names.EnumerateIPAddresses())
                    if (address.Equals(listen)) return true;
        return false;
    }

    public void Dispose()
    {
        Ca.Dispose();
        ServerCertificate.Dispose();
        SigningKey.Dispose();
    }
}
