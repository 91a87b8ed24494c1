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
        process.WaitForExit(Patience.Seconds(20));
    }
}

/// <summary>The users, and one cluster for all tests that do not kill it: started by the first test that asks for it.</summary>
public sealed class SharedCluster : IAsyncLifetime
{
    private readonly Users _users = new();
    // On a thread of its own: tests ask for it in the middle of what they do.
    private readonly Lazy<TestCluster> _cluster = new(static () => Task.Run(static () => TestCluster.StartAsync()).GetAwaiter().GetResult());

    public TestCluster Cluster => _cluster.Value;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        try { if (_cluster.IsValueCreated) await _cluster.Value.DisposeAsync(); }
        finally { _users.Dispose(); }
    }
}

[CollectionDefinition("cluster")]
public sealed class ClusterCollection : ICollectionFixture<SharedCluster>;
