using Xunit.Abstractions;

namespace Stint.Simulation.Faults;

/// <summary>What a run came to: into the test's own output, and for ./test into the file that STINT_MEASURED names.</summary>
internal static class Figures
{
    private static readonly Lock Gate = new();

    public static void Say(ITestOutputHelper output, string line)
    {
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("STINT_MEASURED") is not { Length: > 0 } file) return;
        lock (Gate) File.AppendAllText(file, line + "\n");
    }
}
