using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Stint.Agent.Session;
using Stint.Protocol.Agents;
using SignedLaunch = Stint.Protocol.Agents.Launch;

namespace Stint.Agent.Tests.Session;

/// <summary>A cluster's keys: CA, server, signing key, and one node's identity in a folder of its own.</summary>
internal sealed class Cluster : IDisposable
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1", ClientUse = "1.3.6.1.5.5.7.3.2";

    public Cluster(string name = "test", string serverName = "stint-server", bool forServers = true)
    {
        Name = name;
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var ca = new CertificateRequest($"CN={name}", caKey, HashAlgorithmName.SHA256);
        ca.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        ca.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        ca.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(ca.PublicKey, false));
        Ca = ca.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddDays(2));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var bare = Issue(serverName, key, forServers ? ServerUse : ClientUse, dnsName: serverName);
        Server = bare.CopyWithPrivateKey(key);
        Folder = Directory.CreateTempSubdirectory("stint-test-").FullName;
    }

    public string Name { get; }
    public string Folder { get; }
    public X509Certificate2 Ca { get; }
    public X509Certificate2 Server { get; }
    public ECDsa Signing { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    public string Fingerprint => Convert.ToHexString(SHA256.HashData(Ca.RawData));

    public X509Certificate2 Issue(string node, ECDsa key, string use = ClientUse, string? dnsName = null) =>
        Complete(new CertificateRequest($"CN={node}", key, HashAlgorithmName.SHA256), use, dnsName);

    public X509Certificate2 Issue(byte[] csr) =>
        Complete(CertificateRequest.LoadSigningRequest(csr, HashAlgorithmName.SHA256), ClientUse, null);

    private X509Certificate2 Complete(CertificateRequest request, string use, string? dnsName)
    {
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], false));
        if (dnsName is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(dnsName);
            request.CertificateExtensions.Add(names.Build());
        }
        return request.Create(Ca, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(16));
    }

    public NodeIdentity Node(string node)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Issue(node, key);
        return NodeIdentity.Store(Folder, node, Name, key, certificate, Ca);
    }

    public SignedLaunch Sign(LaunchSpec spec)
    {
        var bytes = spec.ToByteArray();
        return new SignedLaunch
        {
            Spec = ByteString.CopyFrom(bytes),
            Signature = ByteString.CopyFrom(Signing.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)),
        };
    }

    public void Dispose()
    {
        Ca.Dispose();
        Server.Dispose();
        Signing.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
