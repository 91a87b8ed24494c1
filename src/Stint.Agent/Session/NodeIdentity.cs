using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Stint.Agent.Session;

/// <summary>
/// Who this node is: its key (0600), its certificate, the cluster's CA and name, in the agent's folder. A start without them needs a token, a
/// start with them none.
/// </summary>
public sealed record NodeIdentity(string Node, string Cluster, X509Certificate2 Certificate, X509Certificate2 Authority)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Readable = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Null when this node has not joined. Throws <see cref="JoinException"/> when what is stored cannot be read.</summary>
    public static NodeIdentity? Load(string folder, string node)
    {
        if (!File.Exists(Path.Combine(folder, "node.pem"))) return null;
        try
        {
            var certificate = X509Certificate2.CreateFromPemFile(Path.Combine(folder, "node.pem"), Path.Combine(folder, "node.key"));
            var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(folder, "ca.pem"));
            return new NodeIdentity(node, File.ReadAllText(Path.Combine(folder, "cluster")).Trim(), certificate, authority);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new JoinException($"the identity of node {node} in {folder} cannot be read: {e.Message}. Remove node.pem there and join again with --token", e);
        }
    }

    /// <summary>node.pem comes last: while it is missing, the node has not joined.</summary>
    public static NodeIdentity Store(string folder, string node, string cluster, ECDsa key, X509Certificate2 certificate, X509Certificate2 authority)
    {
        Write(folder, "node.key", key.ExportPkcs8PrivateKeyPem(), OwnerOnly);
        Write(folder, "ca.pem", authority.ExportCertificatePem(), Readable);
        Write(folder, "cluster", cluster, Readable);
        Write(folder, "node.pem", certificate.ExportCertificatePem(), Readable);
        return Load(folder, node)!;
    }

    /// <summary>Complete or not there: written beside, flushed to disk, renamed.</summary>
    private static void Write(string folder, string name, string text, UnixFileMode mode)
    {
        var beside = Path.Combine(folder, name + ".new");
        File.Delete(beside);
        using (var stream = new FileStream(beside, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode }))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }
        File.Move(beside, Path.Combine(folder, name), overwrite: true);
    }
}
