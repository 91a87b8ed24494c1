using System.Diagnostics;

namespace Stint.SystemTests;

/// <summary><c>stint simulate</c> as it is installed: one program becomes the other, with the same streams and the same exit code.</summary>
public sealed class SimulateTests
{
    [Theory]
    [InlineData(0, "POLICY", "", "synthetic:200", "--processors", "64", "--policy", "easy")]
    [InlineData(2, "", "stint simulate: no trace given", "--processors", "64")]
    [InlineData(1, "", "nowhere.swf", "/nowhere.swf", "--processors", "64")]
    public async Task Its_words_streams_and_exit_code_are_those_of_the_program_beside_it(int exit, string output, string error, params string[] words)
    {
        var start = new ProcessStartInfo(Path.Combine(Installation.Bin(), "stint"), ["simulate", .. words]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var program = Process.Start(start)!;
        var (printed, complained) = (program.StandardOutput.ReadToEndAsync(), program.StandardError.ReadToEndAsync());
        await program.WaitForExitAsync().WaitAsync(Patience.Seconds(60));
        Assert.Equal(exit, program.ExitCode);
        Assert.StartsWith(output, await printed, StringComparison.Ordinal);
        Assert.Contains(error, await complained, StringComparison.Ordinal);
    }
}
