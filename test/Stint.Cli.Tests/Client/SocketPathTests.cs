using Stint.Cli.Client;

namespace Stint.Cli.Tests.Client;

public sealed class SocketPathTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stint-path-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Binaries => Path.Combine(_folder, "lib");

    private static Dictionary<string, string> Env(params (string, string)[] variables) => variables.ToDictionary(v => v.Item1, v => v.Item2);

    [Fact]
    public void What_the_environment_says_is_not_searched_beyond()
    {
        Assert.Equal("/x/s.sock", SocketPath.Find(Env(("STINT_SOCKET", "/x/s.sock"), ("STINT_HOME", "/y")), Binaries));
        Assert.Equal("/y/run/stint.sock", SocketPath.Find(Env(("STINT_HOME", "/y")), Binaries));
    }

    [Fact]
    public void The_home_last_used_comes_before_the_one_beside_the_binaries()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "var", "run"));
        File.WriteAllText(Path.Combine(_folder, "var", "run", "stint.sock"), "");
        Assert.Equal(Path.Combine(_folder, "var", "run", "stint.sock"), SocketPath.Find(Env(), Binaries));
        string other = Path.Combine(_folder, "other");
        Directory.CreateDirectory(Path.Combine(other, "run"));
        File.WriteAllText(Path.Combine(other, "run", "stint.sock"), "");
        File.WriteAllText(Path.Combine(_folder, ".stint-home"), other + "\n");
        Assert.Equal(Path.Combine(other, "run", "stint.sock"), SocketPath.Find(Env(), Binaries));
        Assert.Equal(other, SocketPath.Home(Env(), Binaries));
    }

    [Fact]
    public void A_note_that_makes_no_sense_is_passed_over()
    {
        File.WriteAllText(Path.Combine(_folder, ".stint-home"), "relative/\0");
        Assert.Equal(Path.Combine(_folder, "var"), SocketPath.Home(Env(), Binaries));
    }
}
