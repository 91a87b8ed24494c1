namespace Stint.Agent.Tests;

public sealed class AgentOptionsTests
{
    private static readonly string[] Needed = ["--home", "/h", "--node", "n1", "--server", "https://127.0.0.1:6820"];

    [Fact]
    public void Options_are_read_in_both_forms()
    {
        var options = AgentOptions.Parse([.. Needed, "--token=abc", "--ca-fingerprint", string.Concat(Enumerable.Repeat("AB:", 32)).TrimEnd(':'), "--cgroup-root", "stint-test-1", "--declare", "cpus=4", "--console"]);
        Assert.Equal(("/h/agent-n1/spool", "abc", 64, "stint-test-1", 4u, true), (options.Spool, options.Token, options.Fingerprint!.Length, options.CgroupRoot, options.Declared!.Cpus, options.Console));
        Assert.Equal("https://127.0.0.1:6820", options.Server.ToString());
    }

    [Theory]
    [InlineData("--bogus", "unknown option --bogus")]
    [InlineData("--console=yes", "unknown option --console=yes")]
    [InlineData("--node=../up", "--node: a name of at most 64")]
    [InlineData("--node=", "--node is needed")]
    [InlineData("--server=http://127.0.0.1:1", "--server http://127.0.0.1:1: an address like")]
    [InlineData("--server=nonsense", "--server nonsense: an address like")]
    [InlineData("--cgroup-root=../x", "--cgroup-root ../x: a name")]
    [InlineData("--cgroup-root=/a/../b", "--cgroup-root /a/../b: a name")]
    [InlineData("--ca-fingerprint=abc", "--ca-fingerprint: 64 hexadecimal digits")]
    [InlineData("--declare=cpus=x", "--declare: 'cpus=x'")]
    [InlineData("--token", "--token needs a value")]
    public void What_is_wrong_is_told_with_the_option(string argument, string told) =>
        Assert.StartsWith(told, Assert.Throws<FormatException>(() => AgentOptions.Parse([.. Needed, argument])).Message, StringComparison.Ordinal);
}
