using Stint.Agent.Cgroups;
using Stint.Agent.Kernel;
using Stint.Agent.Launch;
using Stint.Agent.Tests.Cgroups;

namespace Stint.Agent.Tests.Launch;

public sealed class SelfTestTests : IDisposable
{
    private readonly string _home = $"/tmp/stint-test-self-{Environment.ProcessId}-{Guid.NewGuid():N}";

    public SelfTestTests()
    {
        Directory.CreateDirectory(_home);
        File.SetUnixFileMode(_home, (UnixFileMode)0b111_001_001);
    }

    public void Dispose() => Directory.Delete(_home, recursive: true);

    private Task<string?> Run(TestTree tree) =>
        SelfTest.RunAsync(_home + "/self-test", World.Shepherd, tree.Tree, TimeProvider.System, _ => { }, CancellationToken.None);

    [RootFact]
    public async Task A_healthy_node_passes_and_nothing_is_left_of_it()
    {
        using var tree = new TestTree();
        Assert.Null(await Run(tree));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_home));
        Assert.True(tree.Tree.IsJobGone(SelfTest.Job, SelfTest.Nobody));
    }

    [RootFact]
    public async Task A_limit_that_the_kernel_refuses_fails_it_with_file_and_errno()
    {
        using var tree = new TestTree(new FailingFiles { OnWrite = (file, _) => file.EndsWith(TestTree.Here("memory.limit_in_bytes"), StringComparison.Ordinal) ? Errno.Busy : 0 });
        var failed = await Assert.ThrowsAsync<IOException>(() => Run(tree));
        Assert.Contains(TestTree.Here("memory.limit_in_bytes") + ": EBUSY (16)", failed.Message, StringComparison.Ordinal);
    }

    [RootFact]
    public async Task A_limit_that_reads_back_differently_fails_it()
    {
        using var tree = new TestTree(new FailingFiles { OnRead = file => file.EndsWith("/pids.max", StringComparison.Ordinal) ? "max" : null });
        Assert.Contains("pids.max reads back max", (await Assert.ThrowsAsync<IOException>(() => Run(tree))).Message, StringComparison.Ordinal);
    }

    [RootFact]
    public async Task A_home_that_users_cannot_pass_is_a_warning()
    {
        using var tree = new TestTree();
        File.SetUnixFileMode(_home, (UnixFileMode)0b111_000_000);
        Assert.Contains("a user's script does not run from", await Run(tree), StringComparison.Ordinal);
    }
}
