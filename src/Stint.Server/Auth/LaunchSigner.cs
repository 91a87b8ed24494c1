using System.Security.Cryptography;
using Google.Protobuf;
using Stint.Protocol.Agents;

namespace Stint.Server.Auth;

/// <summary>
/// Turns what is to be launched into a credential: node, step, uid, limits and payload are inside the signed bytes, with an
/// expiry and a nonce. Called by each session's own writer, so signing never costs the engine time.
/// </summary>
public sealed class LaunchSigner(ECDsa key, TimeProvider time)
{
    private static readonly TimeSpan ValidFor = TimeSpan.FromMinutes(10);
    // ECDsa objects promise nothing about two threads at once.
    private readonly Lock gate = new();

    /// <summary>SubjectPublicKeyInfo, for Welcome.</summary>
    public ByteString PublicKey { get; } = ByteString.CopyFrom(key.ExportSubjectPublicKeyInfo());

    public Launch Sign(LaunchSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        spec.ExpiresMs = time.GetUtcNow().Add(ValidFor).ToUnixTimeMilliseconds();
        spec.Nonce = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(16));
        var bytes = spec.ToByteArray();
        byte[] signature;
        lock (gate) signature = key.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return new Launch { Spec = UnsafeByteOperations.UnsafeWrap(bytes), Signature = UnsafeByteOperations.UnsafeWrap(signature) };
    }
}
