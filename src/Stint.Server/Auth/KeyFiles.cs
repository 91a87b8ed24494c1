using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Stint.Server.Hosting;

namespace Stint.Server.Auth;

/// <summary>Keys and certificates as PEM files in the private folder. A key is complete or not there: written beside, then renamed.</summary>
internal static class KeyFiles
{
    /// <summary>NAME.pem with NAME.key; null when one of them is missing.</summary>
    public static X509Certificate2? Load(HomeFolder home, string name)
    {
        var (certificate, key) = (home.File(name + ".pem"), home.File(name + ".key"));
        return File.Exists(certificate) && File.Exists(key) ? X509Certificate2.CreateFromPemFile(certificate, key) : null;
    }

    public static X509Certificate2 Store(HomeFolder home, string name, X509Certificate2 made)
    {
        using (made)
        using (var key = made.GetECDsaPrivateKey()!)
        {
            Write(home.File(name + ".key"), key.ExportPkcs8PrivateKeyPem());
            Write(home.File(name + ".pem"), made.ExportCertificatePem());
        }
        return Load(home, name)!;
    }

    public static ECDsa LoadOrCreateKey(HomeFolder home, string file)
    {
        var path = home.File(file);
        if (!File.Exists(path))
        {
            using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            Write(path, made.ExportPkcs8PrivateKeyPem());
        }
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(path));
        return key;
    }

    private static void Write(string path, string text)
    {
        var beside = path + ".new";
        File.Delete(beside);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using (var stream = new FileStream(beside, options))
        {
            stream.Write(System.Text.Encoding.ASCII.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }
        File.Move(beside, path, overwrite: true);
    }
}
