using System.Diagnostics;

namespace Stint.SystemTests;

/// <summary>Two real unprivileged users with a shared supplementary group, made for the tests and removed after them.</summary>
public sealed class Users : IDisposable
{
    public const string Alice = "stint-t-alice", Bob = "stint-t-bob", Team = "stint-t-team";

    public Users()
    {
        Remove();
        Command("groupadd", "--system", Team);
        foreach (var user in (string[])[Alice, Bob]) Command("useradd", "--system", "--user-group", "--no-create-home", "--groups", Team, "--shell", "/bin/bash", user);
    }

    public void Dispose() => Remove();

    private static void Remove()
    {
        foreach (var user in (string[])[Alice, Bob]) Command("userdel", "--force", user);
        Command("groupdel", Team);
    }

    private static void Command(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.WaitForExit(20_000);
    }
}

/// <summary>One cluster for all tests that do not kill it.</summary>
public sealed class SharedCluster : IAsyncLifetime
{
    private readonly Users _users = new();
    public TestCluster Cluster { get; private set; } = null!;
    public async Task InitializeAsync() => Cluster = await TestCluster.StartAsync();
    public async Task DisposeAsync()
    {
        try { await Cluster.DisposeAsync(); }
        finally { _users.Dispose(); }
    }
}

[CollectionDefinition("cluster")]
public sealed class ClusterCollection : ICollectionFixture<SharedCluster>;
