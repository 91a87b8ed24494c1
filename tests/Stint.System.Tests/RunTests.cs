using System.Diagnostics;

namespace Stint.SystemTests;

/// <summary>The README's first command, as a newcomer runs it, and again over a cluster that is up.</summary>
public sealed class RunTests
{
    private const string Demo = "stint-t-demo";

    [Fact]
    public async Task Run_brings_up_a_cluster_whose_example_jobs_end_as_shown_and_may_be_run_again()
    {
        var root = Installation.Root();
        var home = Directory.CreateTempSubdirectory("stint-test-run-").FullName;
        File.SetUnixFileMode(home, (UnixFileMode)0b111_101_101);
        var before = Directory.GetDirectories("/var/tmp", "stint-*").ToHashSet(StringComparer.Ordinal);
        try
        {
            for (var round = 0; round < 2; round++)
            {
                var (exit, said) = await ShellAsync(root, home, "./run");
                Assert.True(exit == 0, said);
                Assert.Matches(@"== output of job \d+\n\S", said);
                Assert.Equal(1, Lines(said, "OUT_OF_ME"));
                Assert.True(Lines(said, "COMPLETED") >= 2, said);
                Assert.DoesNotContain("\r", said, StringComparison.Ordinal);
            }
        }
        finally
        {
            var (down, said) = await ShellAsync(root, home, Path.Combine(TestCluster.Bin, "stint"), "down");
            await ShellAsync(root, home, "userdel", "-f", "-r", Demo);
            Directory.Delete(home, recursive: true);
            foreach (var copy in Directory.GetDirectories("/var/tmp", "stint-*").Where(d => !before.Contains(d) && Path.GetFileName(d).Length == "stint-".Length + 8)) Directory.Delete(copy, recursive: true);
            Assert.True(down == 0, said);
        }
    }

    /// <summary>The rows of sacct's table that show a state.</summary>
    private static int Lines(string said, string state) => said[said.LastIndexOf("== sacct", StringComparison.Ordinal)..].Split('\n').Count(l => l.Contains(state, StringComparison.Ordinal));

    private static async Task<(int Exit, string Said)> ShellAsync(string directory, string home, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("timeout", ["300", program, .. arguments]) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["STINT_HOME"] = home;
        start.Environment["STINT_DEMO_USER"] = Demo;
        start.Environment["STINT_LIB"] = null;
        // The daemons inherit these streams' other ends only if they do not close them; the shell's end is what is waited for.
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }
}
