using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Google.Protobuf;
using Stint.Protocol.Agents;
using SignedLaunch = Stint.Protocol.Agents.Launch;

namespace Stint.Agent.Session;

/// <summary>
/// Checks that a launch was signed by this cluster's server, for this node, not long ago, and is not a copy of an earlier one. The key is the one
/// in Welcome, which came over TLS that the cluster's CA vouches for. Not thread-safe: the link's reader is the only caller.
/// </summary>
internal sealed class LaunchVerifier(string node, string cluster, TimeProvider time) : IDisposable
{
    /// <summary>How far the clocks of server and node may be apart: a launch is taken that long after its expiry, by this node's clock.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(10);
    /// <summary>No launch is signed for longer than this: it bounds how long nonces are kept.</summary>
    public static readonly TimeSpan ValidForMost = TimeSpan.FromHours(1);
    private const int NoncesMax = 131_072, NonceBytesMin = 12, NonceBytesMax = 64;

    private readonly NonceWindow _nonces = new(NoncesMax);
    private readonly NonceWindow _launched = new(NoncesMax);
    private ECDsa? _signer;
    private byte[] _signingKey = [];

    /// <summary>SubjectPublicKeyInfo of the server's signing key. Throws <see cref="CryptographicException"/> for anything else.</summary>
    public void Trust(ReadOnlySpan<byte> signingKey)
    {
        if (_signer is not null && signingKey.SequenceEqual(_signingKey)) return;
        var signer = ECDsa.Create();
        try { signer.ImportSubjectPublicKeyInfo(signingKey, out _); }
        catch { signer.Dispose(); throw; }
        _signer?.Dispose();
        _signer = signer;
        _signingKey = signingKey.ToArray();
    }

    /// <param name="isHeld">Whether the step has a directory here: then its launch came again after a reconnect and is nothing new.</param>
    public bool TryVerify(SignedLaunch launch, Func<StepKey, bool> isHeld, [NotNullWhen(true)] out LaunchSpec? spec, [NotNullWhen(false)] out LaunchRefusal? refusal)
    {
        spec = null;
        refusal = Signed(launch, out var signed) ?? Bound(signed!) ?? Fresh(signed!, isHeld(signed!.Key));
        if (refusal is not null) return false;
        spec = signed!;
        return true;
    }

    private LaunchRefusal? Signed(SignedLaunch launch, out LaunchSpec? spec)
    {
        spec = null;
        if (_signer is null) return new LaunchRefusal(null, "a launch came before the server's signing key");
        var good = launch.Signature.Length == 64 && _signer.VerifyData(launch.Spec.Span, launch.Signature.Span, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        try { spec = LaunchSpec.Parser.ParseFrom(launch.Spec); }
        catch (InvalidProtocolBufferException) { return new LaunchRefusal(null, "a launch that is no message"); }
        if (!good) return new LaunchRefusal(spec, "its signature is not this cluster's server's");
        return spec.Key is null ? new LaunchRefusal(null, "a launch without a step") : null;
    }

    private LaunchRefusal? Bound(LaunchSpec spec)
    {
        if (spec.Node != node) return new LaunchRefusal(spec, $"it is signed for node '{spec.Node}', this is '{node}'");
        return spec.Cluster != cluster ? new LaunchRefusal(spec, $"it is signed for cluster '{spec.Cluster}', this is '{cluster}'") : null;
    }

    private LaunchRefusal? Fresh(LaunchSpec spec, bool isHeld)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var tolerance = (long)ClockTolerance.TotalMilliseconds;
        if (spec.ExpiresMs < now - tolerance) return new LaunchRefusal(spec, $"it expired {(now - spec.ExpiresMs) / 1000} s ago by this node's clock");
        if (spec.ExpiresMs > now + tolerance + (long)ValidForMost.TotalMilliseconds) return new LaunchRefusal(spec, "it is valid for longer than any launch may be: are the clocks right?");
        if (spec.Nonce.Length is < NonceBytesMin or > NonceBytesMax) return new LaunchRefusal(spec, $"its nonce has {spec.Nonce.Length} bytes");
        if (!_nonces.TryAdd(spec.Nonce.Span, spec.ExpiresMs, now - tolerance)) return new LaunchRefusal(spec, "it was sent before", IsReplay: true);
        if (isHeld) return null;
        return _launched.TryAdd(spec.Key.ToByteArray(), spec.ExpiresMs, now - tolerance) ? null : new LaunchRefusal(spec, "this attempt of the step ran here already", IsReplay: true);
    }

    public void Dispose() => _signer?.Dispose();
}

/// <param name="Spec">What it claims to be, when it could be read at all.</param>
/// <param name="IsReplay">The step may well be running: the refusal is logged and not reported as its end.</param>
internal sealed record LaunchRefusal(LaunchSpec? Spec, string Why, bool IsReplay = false);
