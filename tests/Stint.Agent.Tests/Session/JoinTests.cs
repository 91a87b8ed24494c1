using Stint.Agent.Session;

namespace Stint.Agent.Tests.Session;

public sealed class JoinTests
{
    [Fact]
    public async Task A_token_gets_a_certificate_and_later_starts_need_none()
    {
        using var cluster = new Cluster();
        await using var server = new FakeServer(cluster);
        var identity = await Join.RunAsync(server.Address, cluster.Folder, cluster.Folder, "n1", "good", cluster.Fingerprint.ToLowerInvariant(), CancellationToken.None);
        Assert.Equal(("n1", "test", true), (identity.Node, identity.Cluster, identity.Certificate.HasPrivateKey));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(cluster.Folder, "node.key")));
        Assert.Equal(identity.Certificate.Thumbprint, NodeIdentity.Load(cluster.Folder, "n1")!.Certificate.Thumbprint);
        Assert.Equal(["GET /api/v1/ca HTTP/1.1", "POST /api/v1/join HTTP/1.1"], server.Requests);
    }

    [Fact]
    public async Task A_refused_token_is_told_in_the_servers_words()
    {
        using var cluster = new Cluster();
        await using var server = new FakeServer(cluster);
        var refused = await Assert.ThrowsAsync<JoinException>(() => Join.RunAsync(server.Address, cluster.Folder, cluster.Folder, "n1", "used", cluster.Fingerprint, CancellationToken.None));
        Assert.EndsWith("refused node n1: this token was used already. Ask for a new one with stint token", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsNoConnection);
        Assert.Null(NodeIdentity.Load(cluster.Folder, "n1"));
    }

    [Fact]
    public async Task A_server_of_another_cluster_never_sees_the_token()
    {
        using var cluster = new Cluster();
        using var other = new Cluster("other");
        await using var impostor = new FakeServer(other);
        var refused = await Assert.ThrowsAsync<JoinException>(() => Join.RunAsync(impostor.Address, cluster.Folder, cluster.Folder, "n1", "good", cluster.Fingerprint, CancellationToken.None));
        Assert.True(refused.Message.Contains("no certificate authority with the fingerprint", StringComparison.Ordinal), refused.ToString());
        Assert.DoesNotContain(impostor.Requests, r => r.Contains("join", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_impostor_that_copies_the_ca_certificate_still_never_sees_the_token()
    {
        using var cluster = new Cluster();
        using var other = new Cluster("other");
        await using var impostor = new FakeServer(other);
        Directory.CreateDirectory(Path.Combine(cluster.Folder, "server"));
        await File.WriteAllTextAsync(Path.Combine(cluster.Folder, "server", "ca.pem"), cluster.Ca.ExportCertificatePem());
        await Assert.ThrowsAsync<JoinException>(() => Join.RunAsync(impostor.Address, cluster.Folder, cluster.Folder, "n1", "good", cluster.Fingerprint, CancellationToken.None));
        Assert.Empty(impostor.Requests);
    }

    [Fact]
    public async Task A_server_that_is_not_there_may_be_asked_again()
    {
        using var cluster = new Cluster();
        var closed = new FakeServer(cluster);
        var address = closed.Address;
        await closed.DisposeAsync();
        Assert.True((await Assert.ThrowsAsync<JoinException>(() => Join.RunAsync(address, cluster.Folder, cluster.Folder, "n1", "good", cluster.Fingerprint, CancellationToken.None))).IsNoConnection);
    }

    [Fact]
    public void A_broken_identity_is_told_with_its_folder()
    {
        using var cluster = new Cluster();
        File.WriteAllText(Path.Combine(cluster.Folder, "node.pem"), "nothing");
        Assert.Contains(cluster.Folder, Assert.Throws<JoinException>(() => NodeIdentity.Load(cluster.Folder, "n1")).Message, StringComparison.Ordinal);
    }
}
