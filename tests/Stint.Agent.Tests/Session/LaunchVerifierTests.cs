using System.Security.Cryptography;
using Google.Protobuf;
using Stint.Agent.Session;
using Stint.Protocol.Agents;
using SignedLaunch = Stint.Protocol.Agents.Launch;

namespace Stint.Agent.Tests.Session;

public sealed class LaunchVerifierTests : IDisposable
{
    private readonly Cluster _cluster = new();
    private readonly LaunchVerifier _verifier = new("n1", "test", TimeProvider.System);

    public LaunchVerifierTests() => _verifier.Trust(_cluster.Signing.ExportSubjectPublicKeyInfo());

    public void Dispose()
    {
        _verifier.Dispose();
        _cluster.Dispose();
    }

    private string? Why(SignedLaunch launch, bool held = false) => _verifier.TryVerify(launch, _ => held, out _, out var refusal) ? null : refusal.Why;

    private string? Why(Action<LaunchSpec> change)
    {
        var spec = Specs.Valid(1);
        change(spec);
        return Why(_cluster.Sign(spec));
    }

    [Fact]
    public void A_launch_as_the_server_signed_it_is_taken() => Assert.Null(Why(_cluster.Sign(Specs.Valid(1))));

    [Fact]
    public void Every_flipped_bit_of_launch_or_signature_is_refused()
    {
        var launch = _cluster.Sign(Specs.Valid(1));
        var random = new Random(7);
        for (var i = 0; i < launch.Spec.Length; i++)
        {
            var bytes = launch.Spec.ToByteArray();
            bytes[i] ^= (byte)(1 << random.Next(8));
            Assert.NotNull(Why(new SignedLaunch { Spec = ByteString.CopyFrom(bytes), Signature = launch.Signature }));
        }
        for (var i = 0; i < launch.Signature.Length; i++)
        {
            var bytes = launch.Signature.ToByteArray();
            bytes[i] ^= (byte)(1 << random.Next(8));
            Assert.NotNull(Why(new SignedLaunch { Spec = launch.Spec, Signature = ByteString.CopyFrom(bytes) }));
        }
        Assert.Null(Why(launch));
    }

    [Fact]
    public void Truncated_extended_empty_and_foreign_signatures_are_refused()
    {
        var launch = _cluster.Sign(Specs.Valid(1));
        foreach (var spec in new[] { launch.Spec.ToByteArray()[..^1], [.. launch.Spec, 0], [] })
            Assert.NotNull(Why(new SignedLaunch { Spec = ByteString.CopyFrom(spec), Signature = launch.Signature }));
        foreach (var signature in new[] { launch.Signature.ToByteArray()[..^1], [.. launch.Signature, 0], [], new byte[64] })
            Assert.NotNull(Why(new SignedLaunch { Spec = launch.Spec, Signature = ByteString.CopyFrom(signature) }));
        using var other = new Cluster();
        Assert.NotNull(Why(other.Sign(Specs.Valid(1))));
        Assert.Null(Why(launch));
    }

    [Fact]
    public void Node_cluster_and_nonce_must_fit()
    {
        Assert.Equal("it is signed for node 'n2', this is 'n1'", Why(s => s.Node = "n2"));
        Assert.Equal("it is signed for cluster 'prod', this is 'test'", Why(s => s.Cluster = "prod"));
        Assert.Equal("its nonce has 0 bytes", Why(s => s.Nonce = ByteString.Empty));
        Assert.Equal("a launch without a step", Why(s => s.Key = null));
    }

    [Theory]
    [InlineData(-9, true)]
    [InlineData(-11, false)]
    [InlineData(60, true)]
    [InlineData(72, false)]
    public void Expiry_has_ten_minutes_of_tolerance_for_the_clocks(int minutesLeft, bool taken) =>
        Assert.Equal(taken, Why(s => s.ExpiresMs = DateTimeOffset.UtcNow.AddMinutes(minutesLeft).ToUnixTimeMilliseconds()) is null);

    [Fact]
    public void A_replay_is_refused_and_a_step_that_ran_is_not_run_again()
    {
        var launch = _cluster.Sign(Specs.Valid(1));
        Assert.Null(Why(launch));
        Assert.Equal("it was sent before", Why(launch));
        Assert.Equal("this attempt of the step ran here already", Why(_cluster.Sign(Specs.Valid(1))));
        Assert.Null(Why(_cluster.Sign(Specs.Valid(1)), held: true));
        Assert.Null(Why(s => s.Key.Attempt = 2));
    }

    [Fact]
    public void Nothing_is_taken_before_the_signing_key_is_known()
    {
        using var fresh = new LaunchVerifier("n1", "test", TimeProvider.System);
        Assert.False(fresh.TryVerify(_cluster.Sign(Specs.Valid(1)), _ => false, out _, out _));
        Assert.ThrowsAny<CryptographicException>(() => fresh.Trust([1, 2, 3]));
    }

    [Fact]
    public void A_full_window_forgets_the_oldest_and_refuses_everything_as_old()
    {
        var window = new NonceWindow(100);
        for (var i = 0; i < 1000; i++) Assert.True(window.TryAdd(BitConverter.GetBytes(i), 1000 + i, 0));
        Assert.Equal(100, window.Count);
        for (var i = 0; i < 1000; i++) Assert.False(window.TryAdd(BitConverter.GetBytes(i), 1000 + i, 0));
        Assert.True(window.TryAdd(BitConverter.GetBytes(5000), 5000, 4000));
        Assert.Equal(1, window.Count);
    }
}
