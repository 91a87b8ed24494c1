using System.Diagnostics;
using Stint.Cli.Admin;

namespace Stint.Cli.Tests.Admin;

public class CompletionTests
{
    [Theory]
    [InlineData("bash", "stint.bash")]
    [InlineData("zsh", "_stint")]
    [InlineData("fish", "stint.fish")]
    public void The_files_in_the_repository_are_what_the_command_prints(string shell, string file)
    {
        string path = Path.Combine(Repository(), "completions", file);
        Assert.True(File.Exists(path) && File.ReadAllText(path) == Completion.Script(shell), $"run: stint completion {shell} > completions/{file}");
    }

    [Fact]
    public void Every_verb_and_every_command_is_completed()
    {
        foreach (string shell in (string[])["bash", "zsh", "fish"])
        {
            string script = Completion.Script(shell)!;
            Assert.All(Verbs.All, verb => Assert.Contains(verb.Name, script, StringComparison.Ordinal));
            Assert.All(Completion.Commands, command => Assert.Contains(command.Name, script, StringComparison.Ordinal));
        }
        Assert.Null(Completion.Script("tcsh"));
    }

    [Theory]
    [InlineData("stint ex", "explain")]
    [InlineData("stint nodes --j", "--json")]
    [InlineData("squeue --sta", "--start --states=")]
    [InlineData("stint sbatch --mem-per-c", "--mem-per-cpu=")]
    [InlineData("scontrol rel", "release")]
    [InlineData("stint completion z", "zsh")]
    public void Bash_completes(string typed, string expected)
    {
        string[] words = typed.Split(' ');
        string program = $"{Completion.Script("bash")}\ncompopt() {{ :; }}\nCOMP_WORDS=({string.Join(' ', words.Select(word => $"'{word}'"))}); COMP_CWORD={words.Length - 1}; _stint; echo \"${{COMPREPLY[*]}}\"";
        using var bash = Process.Start(new ProcessStartInfo("bash", ["--norc", "-c", program]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = bash.StandardOutput.ReadToEnd().TrimEnd();
        Assert.Equal((expected, ""), (output, bash.StandardError.ReadToEnd()));
    }

    private static string Repository()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Stint.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests do not run inside the repository");
    }
}
